// What happens while a page is open: the bell counts, a toast says it politely, parts that show work are asked for again.
(() => {
  "use strict";
  const body = document.body;
  if (!("EventSource" in window) || !document.querySelector(".jy-bell")) return;
  let source = null, last = "", lost = false;
  const watched = () => [...new Set([...document.querySelectorAll("[data-live-about]")].flatMap((node) => node.dataset.liveAbout.split(" ")))].filter(Boolean).slice(0, 50);

  const count = (n) => {
    const bell = document.querySelector(".jy-bell");
    let mark = bell.querySelector(".jy-count");
    if (!n) { mark?.remove(); } else {
      if (!mark) { mark = document.createElement("span"); mark.className = "jy-count"; bell.append(mark); }
      mark.textContent = n;
    }
    bell.setAttribute("aria-label", (body.dataset.textUnread || "").replace("%n", n));
  };

  // A toast stays until it is closed or a while has passed; whoever points at it or tabs into it keeps it.
  const toast = (said) => {
    let place = document.getElementById("jy-toasts");
    if (!place) { place = document.createElement("div"); place.id = "jy-toasts"; place.className = "jy-toasts"; place.setAttribute("role", "status"); place.setAttribute("aria-live", "polite"); body.append(place); }
    while (place.children.length > 2) place.firstElementChild.remove();
    const box = document.createElement("div");
    box.className = `jy-toast jy-${said.tone}`;
    const link = document.createElement("a");
    link.href = said.url;
    const title = document.createElement("b"), text = document.createElement("span");
    title.textContent = said.title;
    text.textContent = said.text;
    link.append(title, text);
    const close = document.createElement("button");
    close.type = "button";
    close.className = "jy-toast-close";
    close.setAttribute("aria-label", body.dataset.textClose || "");
    close.textContent = "×";
    close.addEventListener("click", () => box.remove());
    box.append(link, close);
    place.append(box);
    let timer = setTimeout(() => box.remove(), 12000);
    box.addEventListener("pointerenter", () => clearTimeout(timer));
    box.addEventListener("focusin", () => clearTimeout(timer));
    box.addEventListener("pointerleave", () => { timer = setTimeout(() => box.remove(), 4000); });
  };

  // A part is asked for again by htmx, soon after and once for many; never while somebody types in it.
  const pending = new Set();
  let timer = 0;
  const renew = (event) => {
    pending.add(event);
    clearTimeout(timer);
    timer = setTimeout(() => {
      for (const name of pending) {
        document.querySelectorAll(`[data-live~="${name}"]`).forEach((node) => {
          const active = document.activeElement;
          if (node.contains(active) && /^(INPUT|TEXTAREA|SELECT)$/.test(active.tagName)) return;
          window.htmx?.trigger(node, "jy-live");
        });
      }
      pending.clear();
    }, 250);
  };

  const close = () => { source?.close(); source = null; };
  const open = () => {
    if (source || document.hidden) return;
    const query = new URLSearchParams(watched().map((one) => ["about", one]));
    if (last) query.set("since", last);
    source = new EventSource(`/live?${query}`);
    const on = (name, act) => source.addEventListener(name, (event) => { if (event.lastEventId) last = event.lastEventId; act(JSON.parse(event.data)); });
    on("hello", (said) => { count(said.unread); if (lost) { lost = false; renew("work"); renew("changed"); } });
    on("notice", (said) => { count(said.unread); toast(said); renew("work"); renew("notice"); });
    on("work", () => renew("work"));
    on("changed", () => renew("changed"));
    on("again", () => { renew("work"); renew("changed"); renew("notice"); });
    on("ended", close);
    source.addEventListener("error", () => { lost = true; });
  };
  // A page that nobody looks at keeps no connection; it comes back with what was missed.
  document.addEventListener("visibilitychange", () => { if (document.hidden) { close(); lost = true; } else open(); });
  window.addEventListener("pagehide", close);
  open();
})();
