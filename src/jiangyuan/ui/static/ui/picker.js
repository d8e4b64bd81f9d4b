// A choice among many can be searched: a combobox over the plain select, which stays the field that is sent.
// Without this file the select works as ever.
(() => {
  "use strict";
  const SHOWN = 50;
  let numbers = 0;
  const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, "");

  const enhance = (select) => {
    if (select.dataset.picking || select.disabled) return;
    select.dataset.picking = "1";
    const texts = document.body.dataset;
    const options = [...select.options].filter((option) => option.value !== "").map((option) => ({ option, key: plain(option.text) }));
    const list = document.createElement("ul");
    const input = document.createElement("input");
    const box = document.createElement("div");
    const note = document.createElement("p");
    list.id = `jy-picker-${++numbers}`;
    list.setAttribute("role", "listbox");
    list.className = "jy-picker-list";
    list.hidden = true;
    input.type = "text";
    input.className = "form-control jy-picker-input";
    input.autocomplete = "off";
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    if (select.getAttribute("aria-describedby")) input.setAttribute("aria-describedby", select.getAttribute("aria-describedby"));
    if (select.getAttribute("aria-invalid")) input.setAttribute("aria-invalid", select.getAttribute("aria-invalid"));
    note.className = "visually-hidden";
    note.setAttribute("role", "status");
    box.className = "jy-picker";
    // the label and the links of the error summary lead to what one types into
    input.id = select.id;
    select.id = `${input.id}_options`;
    select.classList.add("visually-hidden");
    select.tabIndex = -1;
    select.setAttribute("aria-hidden", "true");
    select.before(box);
    box.append(input, list, note, select);

    let shown = [];
    let at = -1;
    const chosen = () => (select.value === "" ? "" : select.options[select.selectedIndex].text);
    const close = () => { list.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const mark = (place) => {
      at = place;
      [...list.children].forEach((node, index) => node.setAttribute("aria-selected", String(index === at)));
      const node = list.children[at];
      if (!node || !node.id) { input.removeAttribute("aria-activedescendant"); return; }
      input.setAttribute("aria-activedescendant", node.id);
      node.scrollIntoView({ block: "nearest" });
    };
    const open = (words) => {
      const key = plain(words);
      const found = options.filter((one) => one.key.includes(key));
      found.sort((one, other) => Number(other.key.startsWith(key)) - Number(one.key.startsWith(key)));
      shown = found.slice(0, SHOWN);
      list.replaceChildren(...shown.map((one, index) => {
        const node = document.createElement("li");
        node.id = `${list.id}-${index}`;
        node.setAttribute("role", "option");
        node.setAttribute("aria-selected", "false");
        node.textContent = one.option.text;
        return node;
      }));
      if (found.length > shown.length || !found.length) {
        const rest = document.createElement("li");
        rest.className = "jy-picker-rest";
        rest.setAttribute("role", "presentation");
        rest.textContent = (found.length ? texts.textPickMore : texts.textPickNone || "").replace("{n}", String(found.length));
        list.append(rest);
      }
      note.textContent = (found.length ? texts.textPickFound : texts.textPickNone || "").replace("{n}", String(found.length));
      list.hidden = false;
      at = -1;
      input.setAttribute("aria-expanded", "true");
    };
    const choose = (one) => {
      select.value = one.option.value;
      input.value = one.option.text;
      select.dispatchEvent(new Event("change", { bubbles: true }));
      close();
    };

    input.value = chosen();
    input.addEventListener("input", (event) => { event.stopPropagation(); open(input.value); });
    input.addEventListener("click", () => { if (list.hidden) { input.select(); open(""); } });
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) open("");
        if (shown.length) mark((at + (event.key === "ArrowDown" ? 1 : -1) + shown.length + (at < 0 && event.key === "ArrowUp" ? 1 : 0)) % shown.length);
      } else if (event.key === "Enter" && !list.hidden) {
        event.preventDefault();
        if (at >= 0) choose(shown[at]);
        else if (shown.length === 1) choose(shown[0]);
      } else if (event.key === "Escape" && !list.hidden) {
        event.stopPropagation();
        input.value = chosen();
        close();
      }
    });
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const place = [...list.children].indexOf(event.target.closest("[role=option]"));
      if (place >= 0 && shown[place]) { choose(shown[place]); input.focus(); }
    });
    input.addEventListener("blur", () => {
      const typed = plain(input.value);
      const exact = options.filter((one) => one.key === typed);
      if (!typed && select.value !== "") { select.value = ""; select.dispatchEvent(new Event("change", { bubbles: true })); }
      else if (exact.length === 1 && exact[0].option.value !== select.value) choose(exact[0]);
      else input.value = chosen();
      close();
    });
  };

  const begin = (root) => root.querySelectorAll("select[data-picker]").forEach(enhance);
  document.addEventListener("htmx:afterSwap", (event) => begin(event.target));
  begin(document);
})();
