// Signs one call to the gateway in the browser. The key is read from a file the person chooses, used here and forgotten;
// the portal sees the signed call only. SM3: GB/T 32905.
(() => {
  "use strict";
  const rotate = (x, n) => (x << (n % 32)) | (x >>> ((32 - (n % 32)) % 32));
  const word = (x) => x >>> 0;

  function compress(state, block) {
    const w = new Array(68);
    for (let j = 0; j < 16; j += 1) w[j] = block.getUint32(4 * j);
    for (let j = 16; j < 68; j += 1) {
      const x = w[j - 16] ^ w[j - 9] ^ rotate(w[j - 3], 15);
      w[j] = word(x ^ rotate(x, 15) ^ rotate(x, 23) ^ rotate(w[j - 13], 7) ^ w[j - 6]);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let j = 0; j < 64; j += 1) {
      const early = j < 16;
      const turned = rotate(a, 12);
      const first = rotate(word(turned + e + rotate(early ? 0x79cc4519 : 0x7a879d8a, j)), 7);
      const ff = early ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
      const gg = early ? e ^ f ^ g : (e & f) | (~e & g);
      const one = word(ff + d + (first ^ turned) + word(w[j] ^ w[j + 4]));
      const two = word(gg + h + first + w[j]);
      d = c; c = rotate(b, 9); b = a; a = one;
      h = g; g = rotate(f, 19); f = e; e = two ^ rotate(two, 9) ^ rotate(two, 17);
    }
    return [a, b, c, d, e, f, g, h].map((x, i) => word(x ^ state[i]));
  }

  function sm3(bytes) {
    const padded = new Uint8Array(((bytes.length + 8) >> 6) * 64 + 64);
    padded.set(bytes);
    padded[bytes.length] = 0x80;
    const view = new DataView(padded.buffer);
    view.setUint32(padded.length - 8, Math.floor(bytes.length / 0x20000000));
    view.setUint32(padded.length - 4, word(bytes.length << 3));
    let state = [0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e];
    for (let at = 0; at < padded.length; at += 64) state = compress(state, new DataView(padded.buffer, at, 64));
    const out = new DataView(new ArrayBuffer(32));
    state.forEach((x, i) => out.setUint32(4 * i, x));
    return new Uint8Array(out.buffer);
  }

  const joined = (a, b) => { const all = new Uint8Array(a.length + b.length); all.set(a); all.set(b, a.length); return all; };
  function hmac(key, message) {
    const block = new Uint8Array(64);
    block.set(key.length > 64 ? sm3(key) : key);
    return sm3(joined(block.map((x) => x ^ 0x5c), sm3(joined(block.map((x) => x ^ 0x36), message))));
  }
  const hex = (bytes) => Array.from(bytes, (x) => x.toString(16).padStart(2, "0")).join("");
  const unhex = (text) => Uint8Array.from(text.match(/../g) || [], (two) => parseInt(two, 16));
  const utf8 = (text) => new TextEncoder().encode(text);

  function signed(call, key, now, nonce) {
    const headers = { system: call.system, key: key.id, time: now, nonce, operator: call.operator, case: encodeURIComponent(call.case).replace(/%2F/g, "/"), purpose: call.purpose };
    const query = call.query.split("&").sort().join("&");
    const lines = ["JIANGYUAN-SM3-1", call.method, call.path, query, hex(sm3(utf8(call.body))), ...Object.values(headers)];
    const sent = {};
    Object.entries({ ...headers, signature: hex(hmac(key.secret, utf8(lines.join("\n")))) }).forEach(([name, value]) => { if (value) sent[`X-Jiangyuan-${name}`] = value; });
    return sent;
  }

  // A key file is JSON with key_id and secret, or two words in a text: the key's number and the secret.
  function keyOf(text) {
    let id = "", secret = "";
    try { const said = JSON.parse(text); id = said.key_id || said.key || ""; secret = said.secret || ""; } catch {
      id = (text.match(/[0-9a-f]{8}-[0-9a-f-]{27}/i) || [""])[0];
      secret = (text.replace(id, "").match(/\b[0-9a-f]{64,128}\b/i) || [""])[0];
    }
    return /^[0-9a-f-]{36}$/i.test(id) && /^([0-9a-f]{2}){16,64}$/i.test(secret) ? { id, secret: unhex(secret) } : null;
  }

  if (typeof document === "undefined") { globalThis.jiangyuanTry = { sm3, hmac, hex, signed, keyOf, utf8, unhex }; return; }
  const form = document.querySelector("form[data-try]");
  if (!form) return;
  form.hidden = false;
  const told = document.getElementById("jy-try-told");
  const line = (title, value) => {
    const row = document.createElement("div"), dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = title; dd.append(value); row.append(dt, dd);
    return row;
  };
  const code = (value) => { const pre = document.createElement("pre"); pre.className = "jy-pre"; pre.textContent = value; return pre; };
  const say = (tone, title, rows) => {
    const notice = document.createElement("div"), bold = document.createElement("b"), list = document.createElement("dl");
    notice.className = `jy-notice jy-${tone}`; bold.textContent = title; notice.append(bold);
    list.className = "jy-definitions"; list.append(...rows);
    told.replaceChildren(notice, list);
  };

  function callOf() {
    const data = form.dataset, verb = form.elements.verb.value, said = {};
    const call = { system: data.system, purpose: data.purpose, operator: data.operator, case: form.elements.case.value.trim(), verb, path: data.path + verb, query: "", body: "", method: verb === "rows" ? "GET" : "POST" };
    const subject = form.elements.subject.value.trim();
    if (verb === "match") { said.subject = subject; call.body = JSON.stringify(said); return call; }
    const asked = [["limit", "10"]];
    if (subject) asked.unshift([data.subject, subject]);
    call.query = asked.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
    return call;
  }

  async function send() {
    const file = form.elements.key.files[0];
    const key = file ? keyOf(await file.slice(0, 8192).text()) : null;
    if (!key) { say("warn", form.dataset.textKey, []); return; }
    const call = callOf();
    const nonce = hex(crypto.getRandomValues(new Uint8Array(16)));
    const headers = signed(call, key, new Date().toISOString(), nonce);
    key.secret.fill(0);
    const shown = `${call.method} ${call.path}${call.query ? `?${call.query}` : ""}\n${Object.entries(headers).map((pair) => pair.join(": ")).join("\n")}${call.body ? `\n\n${call.body}` : ""}`;
    const answer = await fetch(form.dataset.try, {
      method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": document.body.dataset.csrf, Accept: "application/json" },
      body: JSON.stringify({ verb: call.verb, query: call.query, body: call.body, headers }),
    });
    const given = await answer.json().catch(() => ({}));
    const result = answer.ok ? given : { status: answer.status, answer: given };
    const refused = result.status !== 200;
    const rows = [line(form.dataset.textSent, code(shown)), line(form.dataset.textAnswer, code(JSON.stringify(result.answer, null, 2)))];
    if (result.milliseconds !== undefined) rows.push(line(form.dataset.textTime, `${result.milliseconds} ms`));
    if (result.receipt) {
      const link = document.createElement("a");
      link.href = result.receipt; link.textContent = form.dataset.textReceipt;
      rows.push(line(form.dataset.textTrace, link));
    }
    const why = result.answer || {};
    say(refused ? "warn" : "good", refused ? [why.message, why.mend, why.article].filter(Boolean).join(" ") || form.dataset.textRefused : form.dataset.textDone, rows);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    send().catch(() => say("warn", document.body.dataset.textFailed, [])).finally(() => { button.disabled = false; told.focus(); });
  });
})();
