// Lists: narrowing without leaving the page, moving between rows by keyboard, choosing several rows.
// Everything here works without it, by links, forms and buttons.
(() => {
  "use strict";
  const typing = (node) => node instanceof HTMLElement && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName) && node.type !== "checkbox");
  const list = () => document.getElementById("jy-list");

  // --- choosing rows ---
  const chosen = () => [...document.querySelectorAll('input[name="_row"]')].filter((box) => box.checked);
  const count = () => {
    const bar = document.getElementById("jy-batch");
    if (!bar) return;
    const boxes = [...document.querySelectorAll('input[name="_row"]')], picked = chosen();
    const common = picked.map((box) => box.dataset.acts.split(" ")).reduce((a, b) => a.filter((act) => b.includes(act)), picked.length ? picked[0].dataset.acts.split(" ") : []);
    const buttons = [...bar.querySelectorAll('button[name="_act"]')];
    buttons.forEach((button) => { button.hidden = picked.length > 0 && !common.includes(button.value); button.disabled = !picked.length; });
    const words = bar.querySelector(".jy-batch-count");
    words.textContent = !picked.length ? words.dataset.none : words.dataset.chosen.replace("{n}", picked.length) + (common.length ? "" : `，${words.dataset.mixed}`);
    bar.classList.toggle("jy-chosen", picked.length > 0);
    boxes.forEach((box) => box.closest("tr").classList.toggle("jy-picked", box.checked));
    const all = document.querySelector("input[data-all]");
    if (all) { all.checked = boxes.length > 0 && picked.length === boxes.length; all.indeterminate = picked.length > 0 && picked.length < boxes.length; }
  };
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("input[data-all]")) document.querySelectorAll('input[name="_row"]').forEach((one) => { one.checked = box.checked; });
    if (box.matches('input[data-all], input[name="_row"]')) count();
    if (box.matches("select[data-apply]")) box.form.requestSubmit();
  });

  // --- facets: applied when the picker closes; many choices are looked for by words ---
  const state = (picker) => [...picker.querySelectorAll("input:checked")].map((box) => box.value).join("\n");
  document.addEventListener("toggle", (event) => {
    const picker = event.target;
    if (!picker.matches?.("details.jy-pop")) return;
    if (picker.open) {
      document.querySelectorAll("details.jy-pop[open]").forEach((other) => { if (other !== picker) other.open = false; });
      picker.dataset.was = state(picker);
      const find = picker.querySelector("input[data-find], .jy-pop-body input:not([type=hidden])");
      if (find && picker.matches(":focus-within")) find.focus();
    } else if (picker.matches(".jy-facet") && "was" in picker.dataset && picker.dataset.was !== state(picker)) {
      picker.dataset.was = state(picker);
      picker.closest("form").requestSubmit();
    }
  }, true);
  document.addEventListener("input", (event) => {
    const find = event.target;
    if (!find.matches("input[data-find]")) return;
    const words = find.value.trim().toLowerCase();
    let shown = 0;
    find.closest("details").querySelectorAll("label.form-check").forEach((label) => {
      label.hidden = words !== "" && !label.textContent.toLowerCase().includes(words);
      if (!label.hidden) shown += 1;
    });
    find.closest("details").querySelector("[data-none]").hidden = shown > 0;
  });
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.jy-pop[open]").forEach((pop) => { if (!pop.contains(event.target)) pop.open = false; });
  });

  // --- j and k between rows, x chooses, Enter follows the link that has the focus ---
  const move = (step) => {
    const rows = [...document.querySelectorAll("#jy-list .jy-table tbody tr")];
    if (!rows.length) return;
    const here = rows.findIndex((row) => row.contains(document.activeElement));
    const row = rows[Math.max(0, Math.min(rows.length - 1, here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step))];
    let place = row.querySelector("td:not(.jy-pick) a[href]") || row.querySelector("input, a[href], button");
    if (!place) { row.tabIndex = -1; place = row; }
    place.focus();
    row.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !list()) return;
    if (event.key === "Escape") {
      const pop = document.activeElement?.closest?.("details.jy-pop[open]");
      if (pop) { pop.open = false; pop.querySelector("summary").focus(); }
      return;
    }
    if (typing(event.target) || event.target.closest?.("details.jy-pop[open]")) return;
    if (event.key === "j" || event.key === "k") { event.preventDefault(); move(event.key === "j" ? 1 : -1); }
    if (event.key === "x") {
      const box = document.activeElement?.closest?.("tr")?.querySelector('input[name="_row"]');
      if (box) { event.preventDefault(); box.checked = !box.checked; count(); }
    }
  });

  // --- after htmx changed the list: say how many there are now; a refusal is a page of its own ---
  const ready = () => {
    document.querySelectorAll("#jy-list [data-find][hidden], #jy-list input[data-all][hidden]").forEach((node) => { node.hidden = false; });
    count();
  };
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id === "jy-list" && event.detail.xhr.status >= 400) {
      event.detail.shouldSwap = false;
      location.assign(event.detail.pathInfo.finalRequestPath || location.href);
    }
  });
  document.addEventListener("htmx:afterSettle", () => {
    const region = list(), status = document.getElementById("jy-status");
    ready();
    if (region && status && region.dataset.said !== "1") { region.dataset.said = "1"; status.textContent = region.dataset.count; }
  });
  ready();
})();
