// The search box on top as a combobox: suggestions while typing, recent searches of this window. Without it the box is a plain search.
(() => {
  "use strict";
  const form = document.querySelector("form[data-suggest]"), input = form?.querySelector("input[type=search]");
  const KEPT = "jy-recent", MOST = 6, PAUSE = 120;
  // Nobody is signed in: what the last one searched for is nobody's business.
  if (!document.querySelector(".jy-account")) { try { sessionStorage.removeItem(KEPT); } catch { /* kept nowhere */ } return; }
  if (!form || !input) return;
  const recent = () => { try { return JSON.parse(sessionStorage.getItem(KEPT)) || []; } catch { return []; } };
  const keep = (words) => {
    const text = words.trim();
    if (!text) return;
    try { sessionStorage.setItem(KEPT, JSON.stringify([text, ...recent().filter((one) => one !== text)].slice(0, MOST))); } catch { /* kept nowhere */ }
  };
  const list = document.createElement("div");
  list.id = "jy-suggestions"; list.className = "jy-suggestions"; list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0]?.textContent || "");
  form.append(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) input.setAttribute(name, value);

  const say = (words) => { const status = document.getElementById("jy-status"); if (status) status.textContent = words; };
  const options = () => [...list.querySelectorAll("[role=option]")];
  let at = -1, timer = 0, running = null, asked = "";
  const close = () => { list.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const choose = (next) => {
    const all = options();
    if (!all.length) return;
    all[at]?.setAttribute("aria-selected", "false");
    at = (next + all.length + 1) % (all.length + 1);
    if (at === all.length) { at = -1; input.removeAttribute("aria-activedescendant"); return; }
    all[at].setAttribute("aria-selected", "true");
    all[at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", all[at].id);
  };
  const open = () => {
    const all = options();
    all.forEach((one, n) => { one.id = `jy-suggestion-${n}`; });
    at = -1;
    input.removeAttribute("aria-activedescendant");
    list.hidden = !all.length;
    input.setAttribute("aria-expanded", String(Boolean(all.length)));
    say(all.length ? `${all.length} ${form.dataset.textFound}` : form.dataset.textNone);
  };
  const showRecent = () => {
    const kept = recent();
    list.replaceChildren();
    if (kept.length) {
      const group = document.createElement("div"), title = document.createElement("div");
      group.setAttribute("role", "group"); group.setAttribute("aria-label", form.dataset.textRecent);
      title.className = "jy-suggest-title"; title.textContent = form.dataset.textRecent; title.setAttribute("aria-hidden", "true");
      group.append(title, ...kept.map((words) => {
        const link = document.createElement("a");
        link.setAttribute("role", "option"); link.setAttribute("aria-selected", "false"); link.tabIndex = -1;
        link.href = `/search?${new URLSearchParams({ q: words })}`; link.textContent = words;
        return link;
      }));
      list.append(group);
    }
    open();
  };
  const ask = async () => {
    const words = input.value.trim();
    if (!words) { showRecent(); return; }
    running?.abort();
    running = new AbortController();
    asked = words;
    try {
      const answer = await fetch(`${form.dataset.suggest}?${new URLSearchParams({ q: words })}`, { headers: { "HX-Request": "true" }, signal: running.signal });
      if (!answer.ok || asked !== input.value.trim()) return;
      list.innerHTML = await answer.text();
      if (document.activeElement === input) open();
    } catch { /* the box goes on as a plain search */ }
  };

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, PAUSE); });
  input.addEventListener("focus", () => { if (!input.value.trim()) showRecent(); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) { ask(); return; }
      const all = options().length;
      choose(event.key === "ArrowDown" ? at + 1 : at < 0 ? all - 1 : at - 1 < 0 ? all : at - 1);
    } else if (event.key === "Enter" && at >= 0 && !list.hidden) {
      event.preventDefault();
      const chosen = options()[at];
      keep(input.value);
      location.assign(chosen.href);
    } else if (event.key === "Escape") {
      if (!list.hidden) { event.preventDefault(); event.stopPropagation(); close(); } else input.blur();
    } else if (event.key === "Tab") close();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", () => keep(input.value));
  form.addEventListener("submit", () => { keep(input.value); close(); });
  document.addEventListener("click", (event) => { if (!form.contains(event.target)) close(); });
  document.addEventListener("submit", (event) => { if (/logout/.test(event.target.action || "")) { try { sessionStorage.removeItem(KEPT); } catch { /* kept nowhere */ } } });

  // On a wide screen the facets stand open; on a narrow one they wait. They may come after the page.
  const wide = matchMedia("(min-width: 769px)");
  const openFacets = () => { if (wide.matches) document.querySelectorAll("details[data-wide-open]").forEach((one) => { one.open = true; }); };
  openFacets();
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "jy-facets") return;
    event.target.removeAttribute("aria-busy");
    openFacets();
  });
})();
