// Keys, live counts and presence of the queue and of a conversation. Without this file every form still works.
(() => {
  "use strict";
  const page = document.body.dataset.page;
  const $ = (id) => document.getElementById(id);
  const typing = (node) => node instanceof HTMLElement && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));
  const say = (text) => { const line = $("said"); line.textContent = text; line.hidden = !text; };
  const post = async (address, values) => {
    const answer = await fetch(address, { method: "POST", headers: { "content-type": "application/json", accept: "application/json" }, body: JSON.stringify(values) });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error ? body.error.message : String(answer.status));
    return body;
  };
  const rows = [...document.querySelectorAll(".items > li")];
  const acts = $("acts");
  let at = rows.findIndex((row) => "#" + row.id === location.hash);
  const mark = () => rows.forEach((row, i) => { row.classList.toggle("here", i === at); });
  const go = (place) => {
    if (!rows.length) return;
    at = Math.max(0, Math.min(rows.length - 1, place));
    mark();
    rows[at].querySelector("a.open").focus({ preventScroll: true });
    rows[at].scrollIntoView({ block: "nearest" });
  };
  mark();
  const here = () => (page === "queue" ? (rows[at] ? rows[at].dataset.cid : null) : $("conversation").dataset.cid);
  const open = (id) => {
    const cid = here();
    const fold = $(id);
    if (!cid) return;
    if (!fold) { if (page === "queue") location.assign(`/conversation/${cid}#${id}`); return; }
    if (page === "queue") { acts.hidden = false; fold.querySelector("form").action = `/conversation/${cid}/${id}`; }
    for (const other of acts.querySelectorAll("details")) other.open = other === fold;
    (fold.querySelector("select") || fold.querySelector("button")).focus();
  };
  const close = () => { if (acts) { for (const fold of acts.querySelectorAll("details")) fold.open = false; if (page === "queue") acts.hidden = true; } };
  const claim = async (form, row) => {
    say("");
    try {
      await post(form.getAttribute("action") + ".json", {});
      location.hash = row.id;
      location.reload();
    } catch (error) { say(error.message); }
  };
  for (const row of rows) {
    const form = row.querySelector("form.claim");
    if (form) form.addEventListener("submit", (event) => { event.preventDefault(); event.stopImmediatePropagation(); claim(form, row); });
  }
  const keys = {
    j: () => go(at + 1),
    k: () => go(at - 1),
    a: () => { const form = page === "queue" ? rows[at] && rows[at].querySelector("form.claim") : document.querySelector("form.claim"); if (form) form.requestSubmit(); },
    r: () => { if (page === "queue") { if (here()) location.assign(`/conversation/${here()}#reply`); } else if ($("reply")) $("reply").focus(); },
    s: () => open("snooze"),
    d: () => open("dismiss"),
    h: () => open("hand"),
    c: () => open("correct"),
    u: () => { const form = $("undo"); if (form) form.requestSubmit(); },
    n: () => { if ($("fresh") && !$("fresh").hidden) location.reload(); },
    Escape: close,
  };
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === $("reply")) { event.preventDefault(); const send = document.querySelector("#composer button.main"); if (send) $("composer").requestSubmit(send); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const fold = acts && acts.querySelector("details[open]");
    if (fold && /^[1-9]$/.test(event.key)) {
      const button = fold.querySelectorAll("form button:has(kbd)")[Number(event.key) - 1];
      if (button) { event.preventDefault(); button.form.requestSubmit(button); }
      return;
    }
    if (event.key === "Enter" && page === "queue" && rows[at] && document.activeElement === document.body) { location.assign(rows[at].querySelector("a.open").href); return; }
    if (Object.hasOwn(keys, event.key)) { event.preventDefault(); keys[event.key](); }
  });
  const undo = $("undo");
  if (undo) setTimeout(() => undo.remove(), Math.max(1, Number(undo.dataset.left)) * 1000);

  if (page === "queue") {
    const shown = new Set(rows.map((row) => row.dataset.cid));
    const button = $("fresh").querySelector("button");
    button.addEventListener("click", () => location.reload());
    setInterval(async () => {
      if (document.hidden) return;
      try {
        const answer = await fetch("/queue" + ".json" + location.search);
        if (!answer.ok) return;
        const found = (await answer.json()).parts.flatMap((part) => part.items).map((item) => String(item.conversation));
        const fresh = found.filter((cid) => !shown.has(cid)).length;
        const gone = [...shown].some((cid) => !found.includes(cid));
        button.textContent = fresh ? button.dataset.text.replace("#", String(fresh)) : button.dataset.gone;
        $("fresh").hidden = !fresh && !gone;
      } catch { /* the next round tries again; nothing on the page depends on it */ }
    }, 15000);
    return;
  }
  const cid = $("conversation").dataset.cid;
  if ($("conversation").dataset.work !== "1") return;
  const field = $("reply");
  let typed = 0;
  const beat = async () => {
    if (document.hidden) return;
    try {
      const told = await post(`/conversation/${cid}/look.json`, { typing: Date.now() - typed < 8000 });
      $("others").textContent = told.others.join(" · ");
      if ((told.standing.last_post || "") !== $("conversation").dataset.last) say($("conversation").dataset.changed);
    } catch (error) { say(error.message); }
  };
  beat();
  setInterval(beat, 8000);
  if (location.hash.length > 1 && acts && acts.querySelector(`details${location.hash}`)) open(location.hash.slice(1));
  if (!field) return;
  if (location.hash === "#reply") field.focus();
  let timer = 0;
  const keep = async () => {
    try {
      const text = field.value;
      const told = await post(`/conversation/${cid}/draft.json`, { text });
      if (field.value !== text) return;
      $("kept").textContent = told.notice;
      const p = told.prepared;
      if (!p) return;
      $("length").textContent = p.permit.longest ? `${p.length} / ${p.permit.longest}` : String(p.length);
      $("warnings").replaceChildren(...p.warnings.map((one) => { const line = document.createElement("li"); line.textContent = one.message; return line; }));
    } catch (error) { $("kept").textContent = error.message; }
  };
  field.addEventListener("input", () => { typed = Date.now(); $("kept").textContent = ""; clearTimeout(timer); timer = setTimeout(keep, 800); });
  $("composer").addEventListener("submit", () => clearTimeout(timer));
})();
