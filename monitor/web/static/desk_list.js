// The list: moving in it, what became of its rows, and what is new. Rows never move by themselves; "n" brings the new ones.
(() => {
  "use strict";
  const Desk = window.Desk;
  const { $, words } = Desk;
  const EVERY = 5000; // milliseconds between two looks for changes while the page is seen
  let here = null, version = "", running = null;

  const all = () => [...document.querySelectorAll(".items > li")];
  const row = (cid) => (cid ? $(`c${cid}`) : null);
  const query = (more) => {
    const given = new URLSearchParams(location.search);
    const kept = new URLSearchParams();
    for (const name of ["brand", "limit", "show"]) if (given.get(name)) kept.set(name, given.get(name));
    for (const [name, value] of Object.entries(more || {})) kept.set(name, value);
    return kept.toString();
  };

  /** Choose a row (by the conversation's number, or none); only the chosen one is a stop of the Tab key. */
  const select = (cid, focus) => {
    here = cid ? String(cid) : null;
    const chosen = row(here);
    for (const one of all()) {
      const link = one.querySelector("a.open");
      one.classList.toggle("here", one === chosen);
      link.tabIndex = one === chosen || (!chosen && one === all()[0]) ? 0 : -1;
      if (one === chosen) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
    }
    if (!chosen) return;
    if (focus) chosen.querySelector("a.open").focus({ preventScroll: true });
    chosen.scrollIntoView({ block: "nearest" });
  };

  /** Move up or down; at an end it is told and nothing moves. */
  const move = (step) => {
    const rows = all();
    if (!rows.length) return null;
    const at = rows.findIndex((one) => one.dataset.cid === here);
    const to = at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step;
    if (to < 0 || to >= rows.length) { Desk.say(step > 0 ? words.gone : words.first); return null; }
    select(rows[to].dataset.cid, true);
    return rows[to];
  };

  /** Return the next row that still waits: below this one, else above. */
  const after = (cid) => {
    const rows = all();
    const at = rows.findIndex((one) => one.dataset.cid === String(cid));
    const open = (one) => !one.classList.contains("done") && one.dataset.cid !== String(cid);
    return rows.slice(at + 1).find(open) || rows.slice(0, Math.max(0, at)).reverse().find(open) || null;
  };

  /** Leave a row in its place and say what became of it. */
  const finish = (cid, said) => {
    const one = row(cid);
    if (!one) return;
    one.classList.add("done");
    one.querySelector(".left").textContent = said;
  };

  const write = (one, told) => {
    const settled = told.part === "snoozed" && one.parentElement.dataset.part !== "snoozed";
    one.classList.toggle("done", settled);
    one.classList.toggle("late", told.tone === "late");
    one.classList.toggle("soon", told.tone === "soon");
    one.querySelector(".left").textContent = settled ? told.fate : told.left;
    const tags = [...told.tags];
    if (told.seen && told.seen !== one.dataset.seen) tags.unshift(words.newpost);
    const boxes = tags.map((text) => { const box = document.createElement("span"); const inner = document.createElement("bdi"); box.className = "tag"; inner.textContent = text; box.append(inner); return box; });
    one.querySelector(".tags").replaceChildren(...boxes);
  };

  const apply = (told) => {
    version = told.version;
    $("top").innerHTML = told.top;
    let gone = 0;
    for (const one of all()) {
      const cid = one.dataset.cid;
      if (told.rows[cid]) write(one, told.rows[cid]);
      else if (told.gone[cid]) { gone += 1; finish(cid, told.gone[cid]); }
    }
    const fresh = told.order.filter((cid) => !row(cid)).length;
    if (fresh && !all().some((one) => !one.classList.contains("done"))) { refresh(); return; } // nothing is there that could move
    const banner = $("fresh");
    const text = fresh ? words.new.replace("#", String(fresh)) : words.changed;
    const news = !banner.hidden && banner.firstElementChild.textContent === text;
    banner.firstElementChild.textContent = text;
    banner.hidden = !fresh && !gone;
    if (fresh && !news) Desk.say(text);
  };

  /** Ask what has changed; two at once are one. */
  const poll = () => {
    if (Desk.alone) return Promise.resolve();
    running = running || (async () => {
      try {
        const shown = all().map((one) => one.dataset.cid).join(",");
        const answer = await Desk.read(`/queue/changes.json?${query({ since: version, shown })}`, "application/json");
        Desk.reached(true);
        if (answer.status === 304) return;
        const told = await answer.json();
        apply(told);
        Desk.pane.heard(told);
      } catch (error) {
        if (error instanceof Desk.Refusal) Desk.failed(error); else Desk.reached(false);
      } finally { running = null; }
    })();
    return running;
  };

  /** Bring the list as it is now; the chosen item stays chosen, or the one in its place. */
  const refresh = async () => {
    const place = all().findIndex((one) => one.dataset.cid === here);
    try {
      const html = await (await Desk.read(`/queue/list?${query()}`, "text/html")).text();
      const made = new DOMParser().parseFromString(html, "text/html").getElementById("items");
      $("items").replaceWith(made);
      version = made.dataset.version;
      $("fresh").hidden = true;
      const kept = row(here) || (here && all()[Math.min(place, all().length - 1)]);
      select(kept ? kept.dataset.cid : null, Boolean(kept) && !Desk.typing(document.activeElement));
    } catch (error) { Desk.failed(error); }
  };

  if (!Desk.alone) {
    version = $("items").dataset.version;
    $("fresh").querySelector("button").addEventListener("click", refresh);
    setInterval(() => { if (!document.hidden) poll(); }, EVERY);
    for (const name of ["focus", "online"]) window.addEventListener(name, poll);
  }
  Desk.list = { all, row, select, move, after, finish, poll, refresh, query, get here() { return here; } };
})();
