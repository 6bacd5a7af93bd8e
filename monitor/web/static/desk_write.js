// The composer: the draft is kept while one types, with its length in the network's counting; sending, and what became of it.
(() => {
  "use strict";
  const Desk = window.Desk;
  const { $, words } = Desk;
  const PAUSE = 500; // milliseconds without a key after which the draft is kept
  let typed = 0, timer = 0, unkept = null, sending = false;

  const values = () => Object.fromEntries(new FormData($("composer")).entries());

  /** Keep the draft now, and show its length and what is odd about it. */
  const keep = async (more) => {
    clearTimeout(timer);
    if (!unkept) return;
    const { number, text, saved } = unkept;
    unkept = null;
    const shown = () => $("reply") && Desk.pane.cid === number && $("reply").value.trimStart() === text.trimStart();
    try {
      const told = await Desk.post(`/conversation/${number}/draft.json`, { text, saved }, more);
      if (!shown()) return;
      $("kept").textContent = told.notice;
      const p = told.prepared;
      if (!p) return;
      const longest = p.permit.longest;
      $("length").textContent = longest ? `${p.length.toLocaleString("en")} / ${longest.toLocaleString("en")}` : p.length.toLocaleString("en");
      $("length").classList.toggle("over", Boolean(longest) && p.length > longest);
      $("warnings").replaceChildren(...p.warnings.map((one) => { const line = document.createElement("li"); line.textContent = one.message; return line; }));
    } catch (error) {
      unkept = unkept || { number, text, saved };
      if (shown()) $("kept").textContent = words.unkept.replace("#", error instanceof Desk.Refusal ? `${error.message} ` : "");
    }
  };

  /** Note that the text has changed. */
  const changed = () => {
    typed = Date.now();
    $("kept").textContent = "";
    const given = values();
    unkept = { number: Desk.pane.cid, text: given.text, saved: given.saved ? Number(given.saved) : null };
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE);
  };

  /** Keep what is not kept yet, for the page or the conversation goes away. */
  const flush = () => keep({ keepalive: true });

  /** Put a text where one writes: it takes the place of nothing, and follows what is there. */
  const insert = (text, saved) => {
    const field = $("reply");
    if (!field) return;
    const before = field.value.trim();
    field.value = before ? `${field.value.trimEnd()}\n${text}` : text;
    $("composer").elements.saved.value = saved || "";
    field.focus();
    changed();
  };

  /** Send once: the key of the form makes a second press the same send. */
  const send = async () => {
    const number = Desk.pane.cid, given = values();
    if (sending || !given.text.trim()) return;
    sending = true;
    clearTimeout(timer);
    unkept = null;
    Desk.calm();
    try {
      const body = { text: given.text, key: given.key, seen: given.seen, saved: given.saved ? Number(given.saved) : null };
      const told = await Desk.post(`/conversation/${number}/send.json`, body);
      const one = told.outgoing, lost = one.state === "draft" && !one.asked_at;
      if (Desk.pane.cid !== number) { Desk.toast(one.message); return; }
      if (lost || one.state === "unknown" || one.state === "needs_human") { await Desk.pane.reload(true); Desk.problem(one.message); await Desk.list.poll(); return; }
      Desk.toast(one.message);
      if (one.state === "sent") Desk.list.finish(number, one.message);
      if (Desk.alone) await Desk.pane.reload(true); else await Desk.next(number, true);
      await Desk.list.poll();
    } catch (error) {
      if (!(error instanceof Desk.Refusal)) { Desk.problem(words.unsent); return; }
      Desk.failed(error);
      if (error.code === "changed" || error.code === "answered") {
        await Desk.pane.reload();
        if (Desk.pane.cid === number && $("composer")) $("composer").elements.seen.value = Desk.pane.talk().dataset.last; // it is on the screen now
      }
    } finally { sending = false; }
  };

  document.addEventListener("input", (event) => { if (event.target === $("reply")) changed(); });
  window.addEventListener("pagehide", flush);
  window.addEventListener("beforeunload", (event) => { if (unkept && $("kept") && $("kept").textContent) event.preventDefault(); });
  Desk.write = { changed, keep, flush, insert, send, busy: () => Date.now() - typed < 8000 };
})();
