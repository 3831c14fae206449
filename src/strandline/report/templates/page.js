const data = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
const $ = (id) => document.getElementById(id);
const G = data.galaxies;
const galaxyCount = G.id.length;
const models = data.models;

/** Make an element with text and attributes; never from markup. */
function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("--")) made.style.setProperty(name, value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

const two = (value) => (value === null || value === undefined ? "–" : value.toFixed(2));

/** A probability; none is shown as certain. */
function chance(p) {
  if (p === null || p === undefined) return "–";
  return p >= 0.995 ? "> 0.99" : p < 0.005 ? "< 0.01" : p.toFixed(2);
}

/** Draw galaxy k's small picture; both sheets have `columns` cells in a row. */
function thumb(context, k, x, y, side, view = root.dataset.view) {
  const sheet = $(view === "faint" ? "sheet-faint" : "sheet-colour");
  const cell = data.cell;
  const sx = (k % data.columns) * cell, sy = Math.floor(k / data.columns) * cell;
  context.drawImage(sheet, sx, sy, cell, cell, x, y, side, side);
}

function thumbCanvas(k, side, view) {
  const scale = Math.min(window.devicePixelRatio || 1, 2);
  const canvas = el("canvas", { width: side * scale, height: side * scale });
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  thumb(context, k, 0, 0, side * scale, view);
  return canvas;
}

/** Colour of a probability on the map, from blue to amber. */
const ramp = [[63, 95, 143], [94, 147, 168], [169, 185, 143], [233, 178, 92], [255, 143, 63]];
function colourOf(p, alpha = 1) {
  if (p === null || p === undefined) return `rgba(120,130,150,${alpha})`;
  const at = Math.min(Math.max(p, 0), 1) * (ramp.length - 1);
  const low = Math.min(Math.floor(at), ramp.length - 2), part = at - low;
  const mixed = ramp[low].map((value, c) => Math.round(value + part * (ramp[low + 1][c] - value)));
  return `rgba(${mixed.join(",")},${alpha})`;
}

const listeners = [];
function setView(view) {
  root.dataset.view = view;
  for (const call of listeners) call();
}
document.querySelectorAll("input[name=view]").forEach((input) =>
  input.addEventListener("change", () => setView(input.value)));
document.querySelectorAll("input[name=field]").forEach((input) =>
  input.addEventListener("change", () => { root.dataset.field = input.value; }));
