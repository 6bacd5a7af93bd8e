// Keys and actions of the queue and of a conversation. Without these files every form still works.
(() => {
  "use strict";
  const Desk = window.Desk;
  const { $, words } = Desk;
  const LEAVES = { dismiss: 1, snooze: 1, "hand-over": 1 }; // after these the next item is taken up

  const current = () => (Desk.alone ? Desk.pane.cid : Desk.list.here || Desk.pane.cid);
  const seen = (cid) => { const row = Desk.list.row(cid); return Desk.pane.cid === cid ? Desk.pane.talk().dataset.last : row ? row.dataset.seen : ""; };
  const sheet = () => document.querySelector("dialog[open]");

  /** Take up the next item that waits; an open conversation gives way to it. */
  Desk.next = async (cid, focus) => {
    const row = Desk.list.after(cid);
    if (!row) { if (Desk.pane.cid) await Desk.pane.reload(true); Desk.list.select(cid, true); return; }
    Desk.list.select(row.dataset.cid, true);
    if (Desk.pane.cid && !Desk.pane.narrow()) await Desk.pane.open(row.dataset.cid);
    else if (Desk.root.dataset.step !== "list") Desk.pane.back();
    if (focus) Desk.list.select(row.dataset.cid, true);
  };

  /** Do something with a conversation and show what came of it; who was first is told where it was lost. */
  const act = async (name, cid, values, address) => {
    Desk.calm();
    try {
      const told = await Desk.post(address || `/conversation/${cid}/${name}.json`, values);
      Desk.toast(told.notice || "", name !== "outgoing");
      if (told.news) Desk.problem(told.news, way(cid));
      if (LEAVES[name] && !Desk.alone) {
        if (name !== "hand-over") Desk.list.finish(cid, told.state);
        await Desk.next(cid);
      } else if (Desk.pane.cid === cid) await Desk.pane.reload(name === "outgoing");
      await Desk.list.poll();
    } catch (error) {
      Desk.failed(error, Desk.alone ? null : way(cid));
      if (Desk.pane.cid === cid) await Desk.pane.reload();
      else if (error.code === "changed" || error.code === "answered") await Desk.pane.open(cid);
      await Desk.list.poll();
    }
  };
  const way = (cid) => (Desk.pane.cid === cid ? null : { words: words.open, href: `/conversation/${cid}`, go: () => Desk.pane.open(cid, "talk") });

  const undo = async () => {
    Desk.calm();
    try {
      const told = await Desk.post("/queue/undo.json");
      const cid = String(told.cid);
      if ($("undo")) $("undo").remove();
      Desk.toast(told.notice);
      await Desk.list.poll();
      if (!Desk.alone && !Desk.list.row(cid)) await Desk.list.refresh();
      if (!Desk.alone) Desk.list.select(cid, true);
      if (Desk.pane.cid === cid) await Desk.pane.reload(); else if (Desk.pane.cid && !Desk.pane.narrow()) await Desk.pane.open(cid);
    } catch (error) { Desk.failed(error); }
  };

  /** Open one of the sheets for the chosen item. */
  const ask = (name) => {
    const box = $(name), cid = current();
    if (!box) return;
    if (name !== "keys" && !cid) { Desk.say(words.none); Desk.toast(words.none); return; }
    box.dataset.cid = cid || "";
    const row = Desk.list.row(cid);
    box.querySelector(".about").textContent = name === "keys" ? "" : row ? `${row.querySelector(".by").textContent} ${row.querySelector(".text").textContent}` : Desk.pane.talk().dataset.who;
    for (const field of box.querySelectorAll("input")) field.value = "";
    box.showModal();
  };

  const submitted = (form, button) => {
    const values = Object.fromEntries(new FormData(form).entries());
    if (button && button.name) values[button.name] = button.value;
    const box = form.closest("dialog");
    const cid = box ? box.dataset.cid : Desk.pane.cid, name = form.dataset.do;
    if (box) {
      const note = box.querySelector('[name="note"]');
      if (note) values.note = note.value;
      values.seen = seen(cid);
      if (name === "label" || name === "need") values.post = Desk.pane.cid === cid ? Desk.pane.talk().dataset.post : Desk.list.row(cid).dataset.post;
      box.close();
      act(name, cid, values);
    } else act(name, cid, values, `${form.getAttribute("action")}.json`);
  };

  const claim = () => {
    const cid = current();
    if (!cid) { Desk.toast(words.none); return; }
    act("claim", cid, { seen: seen(cid), anyway: Desk.pane.cid === cid && !/^(open|snoozed)$/.test(Desk.pane.talk().dataset.state) });
  };
  const reply = async () => {
    const cid = current();
    if (!cid) { Desk.toast(words.none); return; }
    if (Desk.pane.cid !== cid) await Desk.pane.open(cid, "reply"); else { Desk.pane.step("talk"); if ($("reply")) $("reply").focus(); }
  };
  let following = 0;
  const move = (step) => {
    if (Desk.alone) { window.scrollBy(0, step * 120); return; }
    const row = Desk.list.move(step);
    clearTimeout(following);
    if (row && Desk.pane.cid && !Desk.pane.narrow()) following = setTimeout(() => Desk.pane.open(row.dataset.cid), 150);
  };
  const keys = {
    j: () => move(1), k: () => move(-1), r: reply, a: claim, u: undo, s: () => ask("snooze"), d: () => ask("dismiss"), h: () => ask("hand"), c: () => ask("correct"),
    n: () => { if (!Desk.alone) Desk.list.refresh(); }, "?": () => ask("keys"), Escape: () => { if (!$("problem").hidden) Desk.calm(); else Desk.pane.back(); },
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === $("reply")) { event.preventDefault(); if ($("composer").querySelector("button.main")) Desk.write.send(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || Desk.typing(event.target)) return;
    const box = sheet();
    if (box) {
      const button = [...box.querySelectorAll("form button")].find((one) => one.firstElementChild && one.firstElementChild.textContent === event.key);
      if (button) { event.preventDefault(); button.form.requestSubmit(button); }
      return;
    }
    if (event.key === "Enter" && event.target === document.body && Desk.list.here) { event.preventDefault(); Desk.pane.open(Desk.list.here, "talk"); return; }
    if (Object.hasOwn(keys, event.key)) { event.preventDefault(); keys[event.key](); }
  });

  const pressed = {
    act: (node) => (node.dataset.act === "reply" ? reply() : ask(node.dataset.act)),
    close: (node) => node.closest("dialog").close(),
    hide: () => Desk.calm(),
    step: (node) => Desk.pane.step(node.dataset.step),
    use: (node) => Desk.write.insert(node.closest("details").querySelector(".answer").textContent.trim()),
  };
  document.addEventListener("click", (event) => {
    const node = event.target.closest("button, a");
    if (!node || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (node.id === "toast-undo") { undo(); return; }
    const cid = node.dataset.open || (node.matches(".items a.open") ? node.closest("li").dataset.cid : null);
    if (cid) { event.preventDefault(); Desk.pane.open(cid, "talk"); return; }
    if (node.matches("a.back") && !Desk.alone) { event.preventDefault(); Desk.pane.back(); return; }
    for (const [name, go] of Object.entries(pressed)) if (name in node.dataset) { go(node); return; }
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id === "undo") { event.preventDefault(); undo(); return; }
    if (form.id === "composer" && !(event.submitter && event.submitter.hasAttribute("formaction"))) { event.preventDefault(); Desk.write.send(); return; }
    if (form.id === "composer") { event.preventDefault(); Desk.write.changed(); Desk.write.keep(); return; }
    if (form.id === "saved-form") {
      event.preventDefault();
      const saved = $("saved").value;
      Desk.read(`/conversation/${Desk.pane.cid}/filled.json?saved=${saved}`, "application/json").then((answer) => answer.json()).then((told) => Desk.write.insert(told.text, told.saved)).catch(Desk.failed);
      return;
    }
    if (form.dataset.do) { event.preventDefault(); event.stopImmediatePropagation(); submitted(form, event.submitter); }
  }, true);

  if ($("brand")) $("brand").addEventListener("change", () => $("brand-form").submit());
  if ($("undo")) setTimeout(() => { if ($("undo")) $("undo").remove(); }, Math.max(1, Number($("undo").dataset.left)) * 1000);
  const start = location.hash.startsWith("#c") ? location.hash.slice(2) : Desk.pane.cid;
  if (!Desk.alone) { Desk.list.select(start && Desk.list.row(start) ? start : null, Boolean(start)); if (Desk.pane.cid) history.replaceState({ cid: Desk.pane.cid }, "", location.href); }
  Desk.pane.end();
  Desk.pane.beat();
  if (location.hash === "#reply" && $("reply")) $("reply").focus();
})();
