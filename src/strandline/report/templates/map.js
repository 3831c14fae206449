/* The map: stamps where there is room for them, points elsewhere. Positions are never moved. */
function startMap() {
  const canvas = $("sky"), box = $("mapbox"), tip = $("tip");
  const context = canvas.getContext("2d");
  const M = data.map;
  let width = 0, height = 0, zoom = 1, middle = [0.5, M.height / 2];
  let placed = [], hovered = -1;

  /** Pixels per unit across and up; the map may be stretched somewhat to fill its frame. */
  function fit() {
    const across = width - 90, down = (height - 90) / Math.max(M.height, 1e-6);
    const unit = Math.min(across, down);
    return [Math.min(across, unit * 1.7) * zoom, Math.min(down, unit * 1.7) * zoom];
  }
  const toX = (x) => width / 2 + (x - middle[0]) * fit()[0];
  const toY = (y) => height / 2 - (y - middle[1]) * fit()[1];
  const side = () => Math.min(72, (width < 640 ? 40 : 52) * Math.pow(zoom, 0.2));

  /** Take galaxies in their given order; each gets a picture unless it would touch an earlier one. */
  function layout() {
    const size = side(), cells = new Map();
    placed = [];
    for (const k of M.order) {
      const x = toX(M.x[k]), y = toY(M.y[k]);
      if (x < -size || y < -size || x > width + size || y > height + size) continue;
      const cx = Math.floor(x / size), cy = Math.floor(y / size);
      let free = true;
      for (let i = cx - 1; free && i <= cx + 1; i++) {
        for (let j = cy - 1; free && j <= cy + 1; j++) {
          free = !(cells.get(`${i},${j}`) || []).some((other) => Math.hypot(other.x - x, other.y - y) < size);
        }
      }
      const here = { k, x, y, pictured: free };
      placed.push(here);
      if (free) {
        const name = `${cx},${cy}`;
        if (!cells.has(name)) cells.set(name, []);
        cells.get(name).push(here);
      }
    }
  }

  function circle(x, y, radius) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }

  function point(x, y, p, radius) {
    context.fillStyle = colourOf(p, 0.75);
    circle(x, y, radius);
    context.fill();
  }

  function draw() {
    const faint = root.dataset.view === "faint", size = side(), reach = size / 2 - 1.5;
    const scale = Math.min(window.devicePixelRatio || 1, 2);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.fillStyle = faint ? "#fff" : "#070910";
    context.fillRect(0, 0, width, height);
    for (let n = 0; n < M.points.x.length; n++) {
      point(toX(M.points.x[n]), toY(M.points.y[n]), M.points.p[n], 1.4);
    }
    for (const here of placed) if (!here.pictured) point(here.x, here.y, G.p[here.k], 1.9);
    context.imageSmoothingQuality = "high";
    for (const here of placed) {
      if (!here.pictured) continue;
      context.save();
      circle(here.x, here.y, reach);
      context.fillStyle = faint ? "#fff" : "#000";
      context.fill();
      context.clip();
      thumb(context, here.k, here.x - size / 2, here.y - size / 2, size);
      context.restore();
      const p = G.p[here.k] ?? 0;
      context.strokeStyle = colourOf(G.p[here.k], 0.35 + 0.6 * p);
      context.lineWidth = 1 + p;
      circle(here.x, here.y, reach);
      context.stroke();
    }
    const marked = placed.find((here) => here.k === hovered);
    if (marked) {
      context.strokeStyle = faint ? "#16181d" : "#fff";
      context.lineWidth = 2;
      circle(marked.x, marked.y, marked.pictured ? reach + 2 : 6);
      context.stroke();
    }
  }

  function resize() {
    width = canvas.clientWidth;
    height = canvas.clientHeight;
    const scale = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = width * scale;
    canvas.height = height * scale;
    layout();
    draw();
  }

  function setZoom(value, x = width / 2, y = height / 2) {
    const before = [(x - width / 2) / fit()[0], (y - height / 2) / fit()[1]];
    zoom = Math.min(Math.max(value, 1), 40);
    const after = [(x - width / 2) / fit()[0], (y - height / 2) / fit()[1]];
    middle = zoom === 1 ? [0.5, M.height / 2] : [middle[0] + before[0] - after[0], middle[1] - before[1] + after[1]];
    box.classList.toggle("panned", zoom > 1);
    layout();
    if (!anyInSight()) {
      const away = (k) => Math.hypot(toX(M.x[k]) - x, toY(M.y[k]) - y);
      const nearest = M.order.reduce((best, k) => (away(k) < away(best) ? k : best));
      middle = [M.x[nearest], M.y[nearest]];
      layout();
    }
    draw();
  }

  const anyInSight = () => placed.some(({ x, y }) => x > 0 && y > 0 && x < width && y < height);

  function move(dx, dy) {
    const before = middle;
    middle = [middle[0] - dx / fit()[0], middle[1] + dy / fit()[1]];
    middle[0] = Math.min(Math.max(middle[0], 0), 1);
    middle[1] = Math.min(Math.max(middle[1], 0), M.height);
    layout();
    if (!anyInSight()) {
      middle = before;
      layout();
    }
    draw();
  }

  /** The galaxy under the pointer: a picture that holds it, else the nearest point within reach. */
  function find(x, y) {
    const half = side() / 2;
    let best = -1, least = 14;
    for (const here of placed) {
      const away = Math.hypot(here.x - x, here.y - y);
      if (here.pictured && away < half) return here.k;
      if (away < least) { best = here.k; least = away; }
    }
    return best;
  }

  function hover(x, y) {
    const found = find(x, y);
    if (found !== hovered) { hovered = found; draw(); }
    tip.hidden = found < 0;
    canvas.style.cursor = found < 0 ? "" : "pointer";
    if (found < 0) return;
    if (tip.dataset.k !== String(found) || tip.dataset.view !== root.dataset.view) {
      tip.dataset.k = String(found);
      tip.dataset.view = root.dataset.view;
      tip.replaceChildren(thumbCanvas(found, 134), el("b", {}, chance(G.p[found])),
        ` · rank ${G.rank[found].toLocaleString("en")}`, el("span", {}, G.id[found]));
    }
    tip.style.left = `${Math.min(Math.max(x + 18, 4), width - 158)}px`;
    tip.style.top = `${y + 215 > height ? Math.max(y - 205, 4) : y + 18}px`;
  }

  let held = null;
  const at = (event) => {
    const frame = canvas.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  };
  canvas.addEventListener("pointerdown", (event) => { held = { from: at(event), last: at(event), moved: false }; });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = at(event);
    if (held && event.buttons) {
      if (Math.hypot(x - held.from[0], y - held.from[1]) > 5) held.moved = true;
      if (held.moved && zoom > 1) { tip.hidden = true; move(x - held.last[0], y - held.last[1]); }
      held.last = [x, y];
    } else hover(x, y);
  });
  canvas.addEventListener("pointerup", (event) => {
    const clicked = held && !held.moved ? find(...at(event)) : -1;
    held = null;
    if (clicked >= 0) openGalaxy(clicked);
  });
  canvas.addEventListener("pointerleave", () => { hovered = -1; tip.hidden = true; draw(); });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    setZoom(zoom * Math.exp(-event.deltaY * 0.01), ...at(event));
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => setZoom(zoom * 2, ...at(event)));
  canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (event.key === "+" || event.key === "=") setZoom(zoom * 1.6);
    else if (event.key === "-") setZoom(zoom / 1.6);
    else if (moves[event.key] && zoom > 1) move(...moves[event.key]);
    else return;
    event.preventDefault();
  });
  box.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => {
    setZoom({ in: zoom * 1.8, out: zoom / 1.8, all: 1 }[button.dataset.zoom]);
  }));
  listeners.push(draw);
  new ResizeObserver(resize).observe(canvas);
  Promise.all([$("sheet-colour").decode(), $("sheet-faint").decode()]).then(resize, resize);
}
if (data.map) startMap();
