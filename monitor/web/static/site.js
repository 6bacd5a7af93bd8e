// Keys that work on every page. Pages work without this file; nothing here is needed to read or to send a form.
(() => {
  "use strict";
  const typing = (node) => node instanceof HTMLElement && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));
  let went = 0;
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "/") {
      const field = document.getElementById("q") || document.getElementById("find");
      if (field) { event.preventDefault(); field.focus(); field.select(); }
    } else if (event.key === "?" && !document.getElementById("keys")) {
      event.preventDefault();
      location.assign("/help");
    } else if (event.key === "g") {
      went = Date.now();
      event.stopImmediatePropagation();
    } else if (went && Date.now() - went < 1500) {
      went = 0;
      for (const link of document.querySelectorAll("nav [data-go]")) {
        if (link.dataset.go === event.key) { event.preventDefault(); event.stopImmediatePropagation(); location.assign(link.href); return; }
      }
    }
  }, true);
  for (const field of document.querySelectorAll("[data-select]")) field.addEventListener("focus", () => field.select());
  // a form is sent once: a second click while the first is on its way does nothing
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent && Date.now() - Number(form.dataset.sent) < 3000) event.preventDefault();
    else if (form.method === "post") form.dataset.sent = String(Date.now());
  });
})();
