/* Pictures by view and row: asked for in batches, kept, and fetched before they are needed. */
const KEPT = 3000;

class Pictures {
  constructor(ask) {
    this.ask = ask;
    this.kept = new Map();
    this.wanted = new Map();
    this.onceThere = new Map();
    this.flush = debounced(15, () => {
      for (const [view, rows] of this.wanted) {
        const all = Array.from(rows);
        for (let k = 0; k < all.length; k += 60) this.ask({ do: "cards", view, rows: all.slice(k, k + 60) });
      }
      this.wanted.clear();
    });
  }

  get(key) { return this.kept.get(key); }

  keep(key, uri) {
    this.kept.delete(key);
    this.kept.set(key, uri);
    while (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
    for (const action of this.onceThere.get(key) || []) action(uri);
    this.onceThere.delete(key);
  }

  small(row, view, action) {
    const key = `${view}|${row}`;
    const found = this.kept.get(key);
    if (found) { action(found); return; }
    if (this.wait(key, action)) return;
    if (!this.wanted.has(view)) this.wanted.set(view, new Set());
    this.wanted.get(view).add(row);
    this.flush();
  }

  large(row, view, action) {
    const key = `large|${view}|${row}`;
    const found = this.kept.get(key);
    if (found) { action(found); return; }
    if (!this.wait(key, action)) this.ask({ do: "picture", row, view, slot: key });
  }

  /* Note what to do once a picture comes; true if it has been asked for already. */
  wait(key, action) {
    const waiting = this.onceThere.get(key);
    if (waiting) { waiting.push(action); return true; }
    this.onceThere.set(key, [action]);
    return false;
  }
}
