// Asking the monitor and telling the person: what a request said, what went wrong, what can be taken back.
window.Desk = {};
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const words = $("words").dataset;
  let fails = 0, toasting = 0, lost = "";

  class Refusal extends Error {
    constructor(told, status) { super(told.message || String(status)); this.status = status; this.code = told.code || ""; this.who = told.who || ""; }
  }

  const answered = async (answer) => {
    if (answer.status === 401) throw new Refusal({ message: words.signin, code: "signed_out" }, 401);
    if (answer.ok || answer.status === 304) return answer;
    let told = {};
    try { told = (await answer.json()).error || {}; } catch { /* a page in between that is not ours */ }
    throw new Refusal(told, answer.status);
  };

  /** Change something; returns what the monitor says. Throws a Refusal, or a TypeError where it could not be reached. */
  const post = async (address, values, more) => {
    const headers = { "content-type": "application/json", accept: "application/json" };
    const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(values || {}), ...more });
    return (await answered(answer)).json();
  };
  const read = async (address, accept) => answered(await fetch(address, { headers: { accept } }));

  /** Tell it to who listens: the line is emptied first, so that the same words are told again. */
  const say = (text) => { const line = $("said"); line.textContent = ""; requestAnimationFrame(() => { line.textContent = text; }); };

  /** Show what went wrong until it is put away, with a way on: words and what they do. */
  const problem = (text, way) => {
    $("problem-text").textContent = text;
    const link = $("problem-way");
    link.hidden = !way;
    if (way) { link.textContent = way.words; link.href = way.href; link.onclick = way.go ? (event) => { event.preventDefault(); calm(); way.go(); } : null; }
    $("problem").hidden = !text;
  };
  const calm = () => { lost = ""; problem(""); };

  /** Show what was done; for ten seconds it can be taken back. */
  const toast = (text, undo) => {
    clearInterval(toasting);
    $("toast-text").textContent = text;
    $("toast").hidden = !text;
    const button = $("toast-undo");
    button.hidden = !undo;
    let left = 10;
    const tell = () => { button.textContent = `${words.undo} (u) ${words.seconds.replace("#", String(left))}`; };
    tell();
    toasting = setInterval(() => { left -= 1; tell(); if (left <= 0) toast(""); }, 1000);
    if (!text) clearInterval(toasting);
    if (text) say(text);
  };

  /** Note whether the monitor was reached: twice in vain, and the page says that it may be out of date. */
  const reached = (fine) => {
    fails = fine ? 0 : fails + 1;
    if (fine && lost) calm();
    if (fails === 2) { lost = new Date().toTimeString().slice(0, 5); problem(words.offline.replace("#", lost)); }
  };

  /** Show an error of any kind. */
  const failed = (error, way) => {
    if (error instanceof Refusal) problem(error.message, error.status === 401 ? { words: "→", href: "/sign-in" } : way);
    else problem(words.offline.replace("#", new Date().toTimeString().slice(0, 5)));
  };

  const typing = (node) => node instanceof HTMLElement && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));
  Object.assign(window.Desk, { $, words, Refusal, post, read, say, problem, calm, toast, reached, failed, typing, root: $("desk"), alone: document.body.dataset.page !== "queue" });
  document.documentElement.classList.add("scripted");
})();
