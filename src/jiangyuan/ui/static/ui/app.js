// What a page cannot do with markup alone. Everything works without it, only less comfortably.
(() => {
  "use strict";
  const text = (name) => document.body.dataset[name] || "";
  const say = (words) => { const status = document.getElementById("jy-status"); if (status) status.textContent = words; };
  const typing = (node) => node instanceof HTMLElement && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));

  // Buttons that need this file are hidden until it is here.
  const reveal = (root) => root.querySelectorAll("[data-copy][hidden], [data-fold][hidden]").forEach((node) => { node.hidden = false; });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      document.querySelectorAll("details.jy-account[open]").forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
      if (location.hash === "#jy-nav") location.hash = "#jy-content";
      return;
    }
    if (typing(event.target)) return;
    if (event.key === "/") {
      const search = document.getElementById("jy-q");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
      return;
    }
    const link = event.key.length === 1 && document.querySelector(`a[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (link) { event.preventDefault(); link.click(); }
  });

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      navigator.clipboard?.writeText(copy.dataset.copy).then(() => {
        say(text("textCopied"));
        copy.classList.add("jy-copied");
        setTimeout(() => copy.classList.remove("jy-copied"), 1500);
      });
      return;
    }
    const fold = event.target.closest("[data-fold]");
    if (fold) {
      const narrow = document.documentElement.classList.toggle("jy-narrow");
      fold.setAttribute("aria-pressed", String(narrow));
      document.cookie = `jy_nav=${narrow ? "narrow" : ""};path=/;max-age=31536000;samesite=lax`;
      return;
    }
    // A folded navigation shows icons only: opening a room unfolds it first.
    const place = event.target.closest("summary.jy-place");
    if (place && document.documentElement.classList.contains("jy-narrow")) document.querySelector("[data-fold]")?.click();
    document.querySelectorAll("details.jy-account[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });

  // A form sent twice acts once by its number; the second click is spared all the same.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; }, 4000);
  });

  document.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-CSRFToken"] = text("csrf"); });
  // Refusals come as content: they are shown, not swallowed.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status >= 400 && event.detail.serverResponse) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  const lost = () => {
    const place = document.getElementById("jy-notices");
    if (!place) return;
    const notice = document.createElement("div");
    notice.className = "jy-notice jy-warn";
    notice.setAttribute("role", "alert");
    notice.textContent = text("textFailed");
    place.replaceChildren(notice);
  };
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);
  // Where one is stands in view, in tabs and in the navigation; a table that is wider than its card says so.
  const place = () => {
    document.querySelectorAll(".jy-tabs [aria-current], .jy-nav [aria-current=page]").forEach((here) => {
      const box = here.closest(".jy-tabs, .jy-nav"), edge = box.getBoundingClientRect(), mine = here.getBoundingClientRect();
      if (mine.right > edge.right || mine.left < edge.left) box.scrollLeft += mine.left - edge.left - (edge.width - mine.width) / 2;
      if (mine.bottom > edge.bottom || mine.top < edge.top) box.scrollTop += mine.top - edge.top - (edge.height - mine.height) / 2;
    });
  };
  const wide = () => document.querySelectorAll("[data-wide]").forEach((note) => {
    const box = note.previousElementSibling;
    note.hidden = box.scrollWidth <= box.clientWidth + 1;
  });
  document.addEventListener("htmx:afterSwap", (event) => { reveal(event.target); wide(); });
  window.addEventListener("resize", wide);

  // A long page begins folded where it would be many screens.
  if (matchMedia("(max-width: 767.98px)").matches) document.querySelectorAll("details[data-fold-part]").forEach((part) => { part.open = false; });

  reveal(document);
  place();
  wide();
  document.querySelector("[data-focus]")?.focus();
})();
