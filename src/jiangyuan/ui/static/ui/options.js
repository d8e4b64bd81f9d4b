// A choice among very many: what is typed is looked for on the platform, and the name chosen is what is sent.
// Without this file the name is typed in full, and the platform resolves it all the same.
(() => {
  "use strict";
  const PAUSE = 200;
  let numbers = 0;

  const enhance = (input) => {
    if (input.dataset.picking || input.disabled) return;
    input.dataset.picking = "1";
    const texts = document.body.dataset;
    const box = document.createElement("div");
    const list = document.createElement("ul");
    const note = document.createElement("p");
    list.id = `jy-options-${++numbers}`;
    list.setAttribute("role", "listbox");
    if (input.labels?.[0]) list.setAttribute("aria-label", input.labels[0].firstChild.textContent);
    list.className = "jy-picker-list";
    list.hidden = true;
    note.className = "visually-hidden";
    note.setAttribute("role", "status");
    box.className = "jy-picker";
    input.classList.add("jy-picker-input");
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) input.setAttribute(name, value);
    input.before(box);
    box.append(input, list, note);

    let shown = [];
    let at = -1;
    let timer = 0;
    let asking = null;
    const close = () => {
      clearTimeout(timer);
      asking?.abort();
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const mark = (place) => {
      at = place;
      shown.forEach((_, index) => list.children[index].setAttribute("aria-selected", String(index === at)));
      input.setAttribute("aria-activedescendant", list.children[at].id);
      list.children[at].scrollIntoView({ block: "nearest" });
    };
    const draw = (found) => {
      shown = found.options;
      at = -1;
      input.removeAttribute("aria-activedescendant");
      list.replaceChildren(...shown.map((text, index) => {
        const node = document.createElement("li");
        node.id = `${list.id}-${index}`;
        node.setAttribute("role", "option");
        node.setAttribute("aria-selected", "false");
        node.textContent = text;
        return node;
      }));
      const several = (found.more ? texts.textPickMany : texts.textPickFound) || "";
      const told = shown.length ? several.replace("{n}", String(shown.length)) : texts.textPickNone || "";
      if (found.more || !shown.length) {
        const rest = document.createElement("li");
        rest.className = "jy-picker-rest";
        rest.setAttribute("role", "presentation");
        rest.textContent = told;
        list.append(rest);
      }
      note.textContent = told;
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
    };
    const ask = async (words) => {
      asking?.abort();
      const mine = asking = new AbortController();
      try {
        const address = `${input.dataset.options}?${new URLSearchParams({ q: words.slice(0, 120) })}`;
        const answer = await fetch(address, { signal: mine.signal, credentials: "same-origin", headers: { "Accept": "application/json" } });
        if (answer.ok && document.activeElement === input) draw(await answer.json());
      } catch { /* what is typed is resolved when it is sent */ }
    };
    const choose = (text) => {
      input.value = text;
      input.dispatchEvent(new Event("change", { bubbles: true }));
      input.closest("form")?.dispatchEvent(new Event("input", { bubbles: true }));
      close();
    };

    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => ask(input.value), PAUSE); });
    input.addEventListener("click", () => { if (list.hidden) { input.select(); ask(""); } });
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) { ask(""); return; }
        const step = event.key === "ArrowDown" ? 1 : -1;
        if (shown.length) mark(at < 0 && step < 0 ? shown.length - 1 : (at + step + shown.length) % shown.length);
      } else if (event.key === "Enter" && !list.hidden) {
        event.preventDefault();
        if (at >= 0) choose(shown[at]);
        else if (shown.length === 1) choose(shown[0]);
      } else if (event.key === "Escape" && !list.hidden) {
        event.stopPropagation();
        close();
      }
    });
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const place = [...list.children].indexOf(event.target.closest("[role=option]"));
      if (place >= 0 && shown[place] !== undefined) { choose(shown[place]); input.focus(); }
    });
    input.addEventListener("blur", close);
  };

  const begin = (root) => root.querySelectorAll("input[data-options]").forEach(enhance);
  document.addEventListener("htmx:afterSwap", (event) => begin(event.target));
  begin(document);
})();
