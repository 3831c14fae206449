/* The large view of one galaxy. */
let current = -1;

/** Galaxies in the order of the gallery as it is now shown; elsewhere by rank. */
function sequence() {
  const shown = items.filter((item) => !item.hidden).map((item) => Number(item.dataset.k));
  return shown.includes(current) ? shown : [...Array(galaxyCount).keys()].sort((a, b) => G.rank[a] - G.rank[b]);
}

function step(by) {
  const order = sequence();
  openGalaxy(order[(order.indexOf(current) + by + order.length) % order.length]);
}

function bigPicture(box, k, view) {
  box.replaceChildren();
  if (k < items.length) {
    const source = document.querySelector(`#grid > li[data-k="${k}"] img.${view}`);
    const image = el("img", { alt: source.alt });
    image.src = source.src;
    box.append(image);
    const scale = overlay(k);
    if (scale) box.append(scale);
  } else if (data.columns) {
    box.append(thumbCanvas(k, 320, view));
  }
}

/** Scale bar, and the arrows of north and east where the direction is known. */
function overlay(k) {
  const field = G.scale[k] * data.size;
  if (!field) return null;
  const lengths = [10, 20, 5, 30, 60, 2, 120, 1, 300, 600];
  const length = lengths.find((arcsec) => arcsec / field > 0.08 && arcsec / field < 0.42);
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 100 100");
  svg.setAttribute("class", "overlay");
  const under = document.createElementNS(space, "g"), above = document.createElementNS(space, "g");
  under.setAttribute("class", "under");
  svg.append(under, above);
  const add = (tag, attributes, text) => {
    for (const group of [under, above]) {
      const part = document.createElementNS(space, tag);
      for (const [name, value] of Object.entries(attributes)) part.setAttribute(name, value);
      if (text) part.textContent = text;
      group.append(part);
    }
  };
  if (length) {
    const wide = (100 * length) / field;
    add("path", { d: `M5 94v1.6h${wide.toFixed(2)}v-1.6` });
    add("text", { x: 5 + wide / 2, y: 92.6, "text-anchor": "middle" }, `${length}″`);
  }
  const arms = [["N", G.north[k]], ["E", G.east[k]]].filter(([, degrees]) => degrees !== null)
    .map(([name, degrees]) => [name, -Math.sin((degrees * Math.PI) / 180), -Math.cos((degrees * Math.PI) / 180)]);
  if (arms.length === 2) {
    // The corner of the cross stands so that its arms stay within the lower right of the picture.
    const x = 88 - 4.5 * (arms[0][1] + arms[1][1]), y = 88 - 4.5 * (arms[0][2] + arms[1][2]);
    for (const [name, dx, dy] of arms) {
      add("path", { d: `M${x.toFixed(2)} ${y.toFixed(2)}l${(9 * dx).toFixed(2)} ${(9 * dy).toFixed(2)}` });
      add("text", { x: x + 11.2 * dx, y: y + 11.2 * dy + 1.1, "text-anchor": "middle" }, name);
    }
  }
  return svg;
}

function copyButton(text) {
  const button = el("button", { type: "button", class: "plain" }, "Copy");
  button.addEventListener("click", async () => {
    button.textContent = (await copy(text)) ? "Copied" : "Press Ctrl-C";
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  });
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el("textarea", {});
    area.value = text;
    $("dialog").append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function chanceLine(name, p) {
  return el("div", { class: "chance-line" }, el("span", {}, name),
    el("span", { class: "meter", "--p": p ?? 0 }, el("i")), el("b", {}, chance(p)));
}

function openGalaxy(k) {
  current = k;
  $("dialog-title").replaceChildren(el("small", {}, String(G.rank[k])), G.id[k]);
  bigPicture($("big-colour"), k, "colour");
  bigPicture($("big-faint"), k, "faint");
  $("only-small").hidden = k < items.length;
  $("chances").replaceChildren(chanceLine(models.length > 1 ? "all models" : "interacting", G.p[k]),
    ...(models.length > 1 ? models.map((model) => chanceLine(model, G["p:" + model][k])) : []));
  if (G.label && G.label[k] !== null) {
    $("chances").append(el("div", { class: "line" }, `Known to be ${G.label[k] ? "interacting" : "not interacting"}.`));
  }
  $("where-box").hidden = !G.sky[k];
  if (G.sky[k]) {
    const degrees = `${G.ra[k].toFixed(6)} ${G.dec[k] < 0 ? "" : "+"}${G.dec[k].toFixed(6)}`;
    $("where").replaceChildren(
      el("div", { class: "line" }, G.sky[k], copyButton(G.sky[k].replace("−", "-"))),
      el("div", { class: "line" }, degrees.replace("-", "−"), copyButton(degrees)));
  }
  const mags = data.bands.filter((band) => (G["m:" + band] || [])[k] != null).map((band) => {
    const error = (G["e:" + band] || [])[k];
    return el("span", {}, el("i", {}, band), two(G["m:" + band][k]),
      error == null ? "" : el("small", {}, error < 0.01 ? " ± <0.01" : ` ± ${two(error)}`));
  });
  if (G.radius[k] != null) mags.push(el("span", {}, el("i", {}, "half-light radius"), `${G.radius[k].toFixed(1)}″`));
  $("mags-box").hidden = mags.length === 0;
  $("mags").replaceChildren(...mags);
  $("from").replaceChildren(...[...new Set([G.source[k], G.tile[k]])].filter(Boolean)
    .map((text) => el("div", { class: "line" }, text)));
  const flags = data.flags.filter(([bit]) => G.flags[k] & bit);
  $("flags").replaceChildren(...(flags.length
    ? flags.map(([, words, meaning]) => el("div", { class: "flag" }, words, el("small", {}, meaning)))
    : [el("div", { class: "line" }, "none")]));
  const kin = data.kin[k] || [];
  $("kin-box").hidden = kin.length === 0;
  $("kin-title").textContent = k < items.length ? "Nearest neighbours: most alike of all galaxies, nearest first"
    : "Nearest neighbours among the galaxies pictured here, nearest first";
  $("kin").replaceChildren(...kin.map((other) => {
    const label = `${G.id[other]}, probability ${chance(G.p[other])}`;
    const button = el("button", { type: "button", title: label, "aria-label": label }, thumbCanvas(other, 116),
      el("b", {}, chance(G.p[other])), el("span", {}, G.id[other]));
    button.addEventListener("click", () => openGalaxy(other));
    return button;
  }));
  if (!$("dialog").open) $("dialog").showModal();
  $("dialog").scrollTop = 0;
}

if ($("dialog")) {
  $("before").addEventListener("click", () => step(-1));
  $("after").addEventListener("click", () => step(1));
  $("close").addEventListener("click", () => $("dialog").close());
  $("dialog").addEventListener("close", () => {
    const card = document.querySelector(`#grid > li[data-k="${current}"]:not([hidden]) .card`);
    if (card && !card.contains(document.activeElement)) card.focus();
  });
  $("dialog").addEventListener("click", (event) => { if (event.target === $("dialog")) $("dialog").close(); });
  $("dialog").addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  listeners.push(() => { if ($("dialog").open) openGalaxy(current); });
}
