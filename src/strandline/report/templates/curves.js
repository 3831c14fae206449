/* Confusion at a chosen threshold, and its rings on the ROC curves. */
function showThreshold() {
  const value = Number($("threshold").value), step = Math.round(value * 100);
  $("threshold-value").textContent = value.toFixed(2);
  document.querySelectorAll("[data-confusion]").forEach((box) => {
    const counts = data.counts[box.dataset.confusion];
    const positives = counts.true[0], negatives = counts.false[0];
    const tp = counts.true[step], fp = counts.false[step];
    const cells = { tp: [tp, positives], fn: [positives - tp, positives], fp: [fp, negatives], tn: [negatives - fp, negatives] };
    for (const [name, [number, all]] of Object.entries(cells)) {
      const cell = box.querySelector(`[data-cell=${name}]`);
      cell.querySelector("b").textContent = number;
      cell.style.setProperty("--w", number / all);
    }
    const ring = document.querySelector(`.now[data-model="${box.dataset.confusion}"]`);
    const [x0, x1, y0, y1] = data.roc;
    ring.setAttribute("cx", x0 + (fp / negatives) * (x1 - x0));
    ring.setAttribute("cy", y0 + (tp / positives) * (y1 - y0));
  });
}
if ($("threshold")) $("threshold").addEventListener("input", showThreshold);
