/* The gallery: sorting and filtering. Galaxies are list items that move or hide. */
const items = Array.from(document.querySelectorAll("#grid > li"));

function sortValue(key, k) {
  const value = key === "disagreement"
    ? -Math.max(...spread(k)) + Math.min(...spread(k))
    : G[key][k];
  const missing = value === null || value === undefined || Number.isNaN(value);
  if (missing) return Infinity;
  return key.startsWith("p") ? -value : value;
}
const spread = (k) => models.map((model) => G["p:" + model][k]);

function arrange() {
  const grid = $("grid");
  const key = $("sort") ? $("sort").value : "rank";
  const least = $("least") ? Number($("least").value) : 0;
  const text = $("text") ? $("text").value.trim().toLowerCase() : "";
  const truth = $("truth") ? $("truth").value : "";
  const hide = $("hide") && $("hide").checked;
  let shown = 0;
  for (const item of items) {
    const k = Number(item.dataset.k);
    const where = `${G.id[k]} ${G.tile[k]} ${G.source[k]}`.toLowerCase();
    const fits = (least === 0 || (G.p[k] !== null && G.p[k] >= least))
      && (!text || where.includes(text))
      && (!truth || String(G.label[k]) === truth)
      && !(hide && G.flags[k] & data.hideable);
    item.hidden = !fits;
    shown += fits;
  }
  items.sort((a, b) => {
    const i = Number(a.dataset.k), j = Number(b.dataset.k);
    const u = sortValue(key, i), v = sortValue(key, j);
    return u === v ? i - j : u < v ? -1 : 1;
  });
  grid.append(...items);
  if ($("least")) $("least-value").textContent = least.toFixed(2);
  $("shown").textContent = shown === items.length ? "" : `${shown} of ${items.length} shown`;
  $("none").hidden = shown > 0;
}

if (items.length) {
  for (const id of ["sort", "least", "hide", "text", "truth"]) {
    if ($(id)) $(id).addEventListener("input", arrange);
  }
  $("reset").addEventListener("click", () => {
    $("least").value = 0;
    for (const id of ["text", "truth"]) if ($(id)) $(id).value = "";
    if ($("hide")) $("hide").checked = false;
    arrange();
  });
  $("grid").addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (item) openGalaxy(Number(item.dataset.k));
  });
}
