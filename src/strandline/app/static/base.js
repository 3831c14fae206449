/* Small things that all parts use. Text of others only ever becomes text, never markup. */
const SVG = "http://www.w3.org/2000/svg";

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name === "text") element.textContent = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function s(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

const count = (n, one) => `${n.toLocaleString("en")} ${n === 1 ? one : one === "galaxy" ? "galaxies" : one + "s"}`;
const chance = (p) => (p === null || p === undefined ? "–" : p >= 0.995 ? "> 0.99" : p < 0.005 ? "< 0.01" : p.toFixed(2));
const title = (view) => ({ colour: "Colour", faint: "Faint light", residual: "Residual" }[view] || view.replace("band:", ""));

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function debounced(wait_ms, action) {
  let timer = 0;
  return (...told) => { clearTimeout(timer); timer = setTimeout(() => action(...told), wait_ms); };
}

function throttled(wait_ms, action) {
  let last = 0, timer = 0, latest = null;
  return (...told) => {
    latest = told;
    const wait = last + wait_ms - performance.now();
    clearTimeout(timer);
    if (wait <= 0) { last = performance.now(); action(...latest); }
    else timer = setTimeout(() => { last = performance.now(); action(...latest); }, wait);
  };
}

function saveFile(name, base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const link = h("a", { href: URL.createObjectURL(new Blob([bytes])), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function copyText(text) {
  try { await navigator.clipboard.writeText(text); return true; } catch { /* not a secure context */ }
  const box = h("textarea", { class: "unseen" });
  box.value = text;
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  return done;
}
