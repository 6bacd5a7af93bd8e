// The conversation and why it is here: opened beside the list, kept fresh, and who else is looking.
(() => {
  "use strict";
  const Desk = window.Desk;
  const { $, words } = Desk;
  const BEAT = 8000; // milliseconds between two signs that one is still here
  let asked = 0, loading = null;

  const talk = () => { const box = $("talk"); return box && box.dataset.cid ? box : null; };
  const cid = () => (talk() ? talk().dataset.cid : null);
  const narrow = () => matchMedia("(max-width: 49.99rem)").matches;
  const step = (name) => { Desk.root.dataset.step = name; };

  const parsed = async (number) => {
    const html = await (await Desk.read(`/conversation/${number}/panes`, "text/html")).text();
    return new DOMParser().parseFromString(html, "text/html");
  };

  const leave = (number) => {
    if (number && talk() && talk().dataset.work === "1") fetch(`/conversation/${number}/leave.json`, { method: "POST", keepalive: true }).catch(() => {});
  };

  const note = (number) => {
    if (Desk.alone) return;
    const address = `/queue?${Desk.list.query({ open: number })}#c${number}`;
    if (narrow() && (!history.state || history.state.cid !== number)) history.pushState({ cid: number }, "", address);
    else history.replaceState({ cid: number }, "", address);
  };

  /** Open a conversation beside the list; ``focus`` is "talk", "reply" or nothing, where the list keeps it. */
  const open = async (number, focus) => {
    const mine = (asked += 1);
    if (Desk.alone) { location.assign(`/conversation/${number}`); return; }
    Desk.write.flush();
    if (cid() && cid() !== String(number)) leave(cid());
    Desk.list.select(number);
    try {
      loading = parsed(number);
      const found = await loading;
      if (mine !== asked) return;
      $("panes").replaceChildren(found.getElementById("talk"), found.getElementById("reasons"));
      const row = Desk.list.row(number);
      if (row) row.dataset.seen = talk().dataset.last;
      step("talk");
      note(String(number));
      end();
      if (focus === "reply" && $("reply")) $("reply").focus();
      else if (focus) { talk().focus({ preventScroll: true }); Desk.say(talk().dataset.who); }
      beat();
    } catch (error) { if (mine === asked) Desk.failed(error); } finally { loading = null; }
  };

  const end = () => { const box = $("thread"); const last = box && (box.querySelector(".pressing") || box.lastElementChild); if (last && !narrow()) box.scrollTop = box.scrollHeight; };

  /** Show the conversation as it is now; what is being written stays as it is, new posts are marked and told. */
  const reload = async (whole) => {
    const number = cid(), mine = asked;
    if (!number) return;
    const before = new Set([...document.querySelectorAll("#thread > li")].map((post) => post.dataset.id));
    try {
      const found = await parsed(number);
      if (mine !== asked || cid() !== number) return;
      const made = found.getElementById("talk"), field = $("reply");
      const busy = !whole && field && (field.value.trim() || document.activeElement === field);
      for (const id of ["talk-head", "thread", "outgoing"]) $(id).replaceWith(made.querySelector(`#${id}`));
      if (!busy && $("composer-box")) $("composer-box").replaceWith(made.querySelector("#composer-box"));
      Object.assign(talk().dataset, { last: made.dataset.last, state: made.dataset.state, post: made.dataset.post });
      $("reasons").replaceWith(found.getElementById("reasons"));
      const news = [...document.querySelectorAll("#thread > li")].filter((post) => !before.has(post.dataset.id));
      for (const post of news) post.classList.add("fresh-post");
      if (news.length) { Desk.say(words.news); end(); }
    } catch (error) { Desk.failed(error); }
  };

  /** What the list heard of the open conversation: where it says something else than the pane, the pane is brought up to date. */
  const heard = (told) => {
    const box = talk();
    if (!box) return;
    const row = told.rows[box.dataset.cid];
    const moved = row ? row.seen !== box.dataset.last || (row.part === "snoozed") !== (box.dataset.state === "snoozed") : box.dataset.state in { open: 1, claimed: 1 };
    if (moved || document.querySelector("#outgoing :is(.unknown, .sending, .ready)")) reload();
  };

  /** Say that one is here, and whether one writes; hear who else is, and whether the conversation has moved on. */
  const beat = async () => {
    const box = talk();
    if (!box || box.dataset.work !== "1" || document.hidden) return;
    const number = box.dataset.cid;
    try {
      const told = await Desk.post(`/conversation/${number}/look.json`, { typing: Desk.write.busy() });
      Desk.reached(true);
      if (cid() !== number) return;
      const boxes = told.others.map((text) => { const one = document.createElement("span"); one.className = "tag"; one.textContent = text; return one; });
      $("others").replaceChildren(...boxes);
      if ((told.standing.last_post || "") !== talk().dataset.last || told.standing.state !== talk().dataset.state || document.querySelector("#outgoing :is(.unknown, .sending, .ready)")) await reload();
    } catch (error) {
      if (error instanceof Desk.Refusal) { if (error.status === 401) Desk.failed(error); } else Desk.reached(false);
    }
  };

  /** Go back from a step to the list. */
  const back = () => {
    if (Desk.alone) { location.assign(`/queue#c${cid()}`); return; }
    if (Desk.root.dataset.step === "why") { step("talk"); return; }
    if (!narrow()) return;
    Desk.write.flush();
    step("list");
    history.replaceState(null, "", `/queue?${Desk.list.query()}`);
    Desk.list.select(Desk.list.here, true);
  };

  window.addEventListener("popstate", (event) => { if (event.state && event.state.cid) open(event.state.cid); else if (!Desk.alone) step("list"); });
  window.addEventListener("pagehide", () => leave(cid()));
  setInterval(beat, BEAT);
  Desk.pane = { open, reload, heard, beat, back, step, narrow, end, talk, get cid() { return cid(); }, get loading() { return loading; } };
})();
