// Forms: what is typed is kept while one types, characters are counted, leaving with unsaved content warns.
// Everything works without this file, only less comfortably.
(() => {
  "use strict";
  const PAUSE = 1500;
  const MOST_WAIT = 15000;
  const csrf = () => document.body.dataset.csrf || "";
  const states = new WeakMap();
  const changed = new Set();

  const tell = (form, name, words) => {
    const place = form.querySelector("[data-draft-state]");
    if (!place) return;
    place.hidden = false;
    place.dataset.state = name;
    place.textContent = words || place.dataset[name] || "";
  };

  const content = (form) => {
    const data = new FormData(form);
    form.querySelectorAll("input[type=password], input[type=file]").forEach((node) => data.delete(node.name));
    return new URLSearchParams([...data].filter(([, value]) => typeof value === "string"));
  };

  const keep = async (form, last = false) => {
    const state = states.get(form);
    if (!state || !form.elements._mark || state.sending) return;
    clearTimeout(state.timer);
    state.since = 0;
    const round = state.round;
    state.sending = true;
    try {
      const answer = await fetch("/drafts/", {
        method: "POST", body: content(form), keepalive: last, credentials: "same-origin",
        headers: { "X-CSRFToken": csrf(), "Accept": "application/json" },
      });
      if (answer.ok) {
        const said = await answer.json();
        if (round === state.round) changed.delete(form);
        tell(form, "saved", said.said);
      } else {
        tell(form, answer.status === 401 || answer.status === 403 ? "textExpired" : "textFailed");
      }
    } catch {
      tell(form, "textFailed");
    }
    state.sending = false;
    if (round !== state.round) later(form);
  };

  const later = (form) => {
    const state = states.get(form) || { round: 0, timer: 0, since: 0, sending: false };
    states.set(form, state);
    clearTimeout(state.timer);
    state.since = state.since || Date.now();
    state.timer = setTimeout(() => keep(form), Math.max(0, Math.min(PAUSE, MOST_WAIT - (Date.now() - state.since))));
  };

  const count = (node) => {
    const place = document.querySelector(`[data-count="${CSS.escape(node.id)}"]`);
    if (!place) return;
    const left = Number(place.dataset.limit) - [...node.value.replace(/\r\n?/g, "\n")].length;
    place.textContent = (left < 0 ? place.dataset.textOver : place.dataset.textLeft).replace("{n}", Math.abs(left).toLocaleString());
    place.classList.toggle("jy-over", left < 0);
  };

  const touched = (event) => {
    const form = event.target.closest("form[data-guard]");
    if (!form) return;
    changed.add(form);
    if (event.target.id) count(event.target);
    if (!form.elements._mark) return;
    later(form);
    states.get(form).round += 1;
    tell(form, "textUnsaved");
  };
  document.addEventListener("input", touched);
  document.addEventListener("change", (event) => { if (event.target.matches("select, input[type=checkbox], input[type=radio]")) touched(event); });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-guard]")) return;
    changed.delete(form);
    const state = states.get(form);
    if (state) clearTimeout(state.timer);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") changed.forEach((form) => { if (form.isConnected) keep(form, true); });
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...changed].some((form) => form.isConnected)) event.preventDefault();
  });
  // An identifier is judged when its field is left; what was typed goes to the platform in the body and is not kept.
  const judge = async (node) => {
    const text = node.value.trim();
    const id = `${node.id}_check`;
    let place = document.getElementById(id);
    const clear = () => { if (place) place.textContent = ""; node.removeAttribute("aria-invalid"); };
    if (!text) { clear(); return; }
    try {
      const answer = await fetch("/check/identifier/", {
        method: "POST", credentials: "same-origin", body: new URLSearchParams({ kind: node.dataset.check, text }),
        headers: { "X-CSRFToken": csrf(), "Accept": "application/json" },
      });
      if (!answer.ok || node.value.trim() !== text) return;
      const said = await answer.json();
      if (!said.message) { clear(); return; }
      if (!place) {
        place = document.createElement("p");
        place.id = id;
        place.className = "jy-error";
        place.setAttribute("role", "status");
        node.before(place);
        node.setAttribute("aria-describedby", `${node.getAttribute("aria-describedby") || ""} ${id}`.trim());
      }
      place.textContent = `${said.message} ${said.mend}`;
      node.setAttribute("aria-invalid", "true");
    } catch { /* the form says the same when it is sent */ }
  };
  document.addEventListener("focusout", (event) => { if (event.target.matches?.("input[data-check]")) judge(event.target); });

  // The second value of a comparison is only shown where it is asked for.
  const span = (choice) => {
    const row = choice.closest(".jy-condition-row");
    const to = row.querySelector("[data-condition-to]");
    if (to) { to.hidden = choice.value !== "between"; to.querySelector(".jy-help")?.setAttribute("hidden", ""); }
    const value = row.querySelector("[name$='-value']");
    if (value) value.hidden = choice.value === "known" || choice.value === "unknown";
  };
  document.addEventListener("change", (event) => { if (event.target.matches("[data-condition-op]")) span(event.target); });
  document.querySelectorAll("[data-condition-op]").forEach(span);
  document.querySelectorAll("textarea").forEach(count);

  // A file is chosen in the words of the page; without this file the browser's own control stands there.
  const chosen = (box) => {
    const name = box.querySelector(".jy-file-name"), files = [...box.querySelector("input").files];
    name.textContent = files.map((file) => file.name).join(" ") || name.dataset.none;
  };
  document.querySelectorAll("[data-file]").forEach((box) => {
    box.querySelectorAll("[hidden]").forEach((node) => { node.hidden = false; });
    box.querySelector("input").addEventListener("change", () => chosen(box));
    chosen(box);
  });
})();
