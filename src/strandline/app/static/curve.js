/* How completeness, estimated by cross-validation, grows with labels. */
function drawCurve(told) {
  const width = 420, height = 132, left = 30, right = 66, top = 8, bottom = 20;
  const box = s("svg", { viewBox: `0 0 ${width} ${height}`, class: "curve", role: "img", "aria-label": "Completeness against labels" });
  const most = Math.max(...told.labels, 10);
  const x = (n) => left + (width - left - right) * n / most;
  const y = (v) => top + (height - top - bottom) * (1 - v);
  for (const v of [0, 0.5, 1]) {
    box.append(s("line", { x1: left, x2: width - right, y1: y(v), y2: y(v), class: "rule" }));
    box.append(s("text", { x: left - 6, y: y(v) + 3.5, class: "end" }, v === 0.5 ? "½" : v));
  }
  box.append(s("text", { x: left, y: height - 4 }, "0"));
  box.append(s("text", { x: width - right, y: height - 4, class: "end" }, `${most} labels`));
  told.inspected.forEach((share, k) => {
    const known = told.labels.map((n, j) => [n, told.completeness[j][k], told.error[j][k]]).filter((p) => p[1] !== null);
    if (!known.length) return;
    const line = known.map(([n, v], j) => `${j ? "L" : "M"}${x(n).toFixed(1)} ${y(v).toFixed(1)}`).join("");
    const up = known.map(([n, v, e]) => `${x(n).toFixed(1)} ${y(Math.min(1, v + e)).toFixed(1)}`);
    const down = known.map(([n, v, e]) => `${x(n).toFixed(1)} ${y(Math.max(0, v - e)).toFixed(1)}`).reverse();
    if (k === 1) box.append(s("path", { d: `M${up.join("L")}L${down.join("L")}Z`, class: "band" }));
    box.append(s("path", { d: line, class: `line k${k}` }));
    const [n, v] = known[known.length - 1];
    box.append(s("circle", { cx: x(n), cy: y(v), r: 2.6, class: `dot k${k}` }));
  });
  const ends = told.inspected.map((share, k) => {
    const known = told.labels.map((_, j) => told.completeness[j][k]).filter((v) => v !== null);
    return { share, k, v: known.length ? known[known.length - 1] : null };
  }).filter((one) => one.v !== null).sort((a, b) => b.v - a.v);
  let last = -Infinity;
  for (const one of ends) {
    const at = Math.max(y(one.v) + 3.5, last + 12);
    last = at;
    box.append(s("text", { x: width - right + 7, y: at, class: `name k${one.k}` }, `in ${Math.round(100 * one.share)} %`));
  }
  return box;
}
