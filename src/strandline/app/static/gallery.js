/* The list that is shown: cards that are drawn as they come into view, and keys that move among them. */
class Gallery {
  constructor(app) {
    this.app = app;
    this.cards = [];
    this.focus = 0;
    this.view = "colour";
    this.loading = false;
    this.grid = h("div", { class: "grid", role: "listbox", "aria-label": "Galaxies" });
    this.nothing = h("p", { class: "nothing", hidden: true });
    this.end = h("div", { class: "end" });
    this.box = h("div", { class: "scroll" }, this.grid, this.nothing, this.end);
    this.watch = new IntersectionObserver((seen) => {
      for (const one of seen) if (one.isIntersecting) this.draw(one.target);
    }, { root: this.box, rootMargin: "900px" });
    new IntersectionObserver((seen) => seen[0].isIntersecting && this.more(), {
      root: this.box, rootMargin: "1400px",
    }).observe(this.end);
    this.grid.addEventListener("mousemove", (event) => {
      const card = event.target.closest(".card");
      if (card && Number(card.dataset.k) !== this.focus) this.focusOn(Number(card.dataset.k), false);
    });
    this.grid.addEventListener("click", (event) => {
      const card = event.target.closest(".card");
      if (!card) return;
      const row = Number(card.dataset.row);
      const does = event.target.closest("[data-does]")?.dataset.does;
      if (does === "pick" || event.shiftKey || event.ctrlKey || event.metaKey) app.pick(row);
      else if (does === "alike") app.ask({ do: "alike", row });
      else if (does === "dull" || does === "look") app.mark(row, does === "look");
      else app.open(row);
    });
  }

  show(told) {
    this.told = told;
    this.cards = told.cards;
    this.focus = 0;
    this.loading = false;
    this.watch.disconnect();
    this.grid.replaceChildren(...this.cards.map((card) => this.element(card)));
    this.box.scrollTop = 0;
    this.nothing.hidden = told.total > 0;
    this.nothing.textContent = {
      selection: "Draw a lasso or a box on the map: what is inside appears here.",
      disputed: "Nobody disagrees yet. When several people label, their differences appear here.",
      labelled: "Nothing is labelled yet in this class.",
    }[told.kind] || "There is nothing to show.";
    this.focusOn(0, false);
  }

  append(told) {
    this.loading = false;
    if (told.start !== this.cards.length) return;
    this.cards.push(...told.cards);
    this.grid.append(...told.cards.map((card) => this.element(card)));
    this.app.single.refresh();
  }

  more() {
    if (this.loading || !this.told || this.cards.length >= this.told.total) return;
    this.loading = true;
    this.app.ask({ do: "more", start: this.cards.length, count: 60 });
  }

  element(card) {
    const marks = this.told.kind === "unexpected";
    const made = h("div", {
      class: "card", role: "option", tabindex: -1, "data-row": card.row, "data-k": card.k,
      title: `${card.id}${card.flags.length ? " · " + card.flags.join(", ") : ""}`,
    },
      h("span", { class: "picture" }, h("img", { alt: "", draggable: "false" }),
        h("span", { class: "picker", "data-does": "pick", title: "Pick (X)" }),
        card.alike ? h("span", { class: "alike", "data-does": "alike", title: "Nearly the same: show them", text: `×${card.alike}` }) : null,
        h("span", { class: "said" })),
      h("span", { class: "caption" },
        h("b", { text: card.score !== undefined && this.told.score !== "probability" ? this.number(card.score) : chance(card.p) }),
        h("span", { class: "mag", text: card.mag === null ? "" : `${card.mag.toFixed(1)} mag` })),
      card.p === null ? null : h("span", { class: "meter" }, h("i", { style: `--p:${card.p}` })),
      marks ? h("span", { class: "marks" },
        h("button", { type: "button", "data-does": "dull", text: "dull" }),
        h("button", { type: "button", "data-does": "look", text: "look" })) : null);
    this.badge(made, card);
    made.classList.toggle("picked", this.app.picked.has(card.row));
    this.watch.observe(made);
    return made;
  }

  number(score) {
    return Math.abs(score) >= 100 ? score.toFixed(0) : Math.abs(score) >= 10 ? score.toFixed(1) : score.toFixed(2);
  }

  draw(element) {
    const row = Number(element.dataset.row), view = this.view;
    this.app.pictures.small(row, view, (uri) => {
      if (this.view === view) element.querySelector("img").src = uri;
    });
  }

  setView(view) {
    this.view = view;
    this.grid.dataset.view = view;
    for (const element of this.grid.children) {
      const box = element.getBoundingClientRect();
      if (box.bottom > -900 && box.top < innerHeight + 900) this.draw(element);
      else { this.watch.unobserve(element); this.watch.observe(element); }
    }
  }

  badge(element, card) {
    const said = element.querySelector(".said");
    said.replaceChildren(...Object.entries(card.mine).map(([name, value]) =>
      h("i", { class: value, text: value === "yes" ? name : value === "no" ? `not ${name}` : `${name}?` })));
  }

  find(row) { return this.grid.querySelector(`[data-row="${row}"]`); }

  update(row, mine) {
    for (const card of this.cards) if (card.row === row) card.mine = { ...mine };
    for (const element of this.grid.querySelectorAll(`[data-row="${row}"]`)) {
      this.badge(element, this.cards[Number(element.dataset.k)] || { mine });
    }
  }

  focusOn(k, scroll = true) {
    this.grid.querySelector(".card.here")?.classList.remove("here");
    this.focus = Math.max(0, Math.min(k, this.cards.length - 1));
    const element = this.grid.children[this.focus];
    if (!element) return;
    element.classList.add("here");
    if (scroll) element.scrollIntoView({ block: "nearest" });
    if (this.focus > this.cards.length - 20) this.more();
  }

  move(step) { this.focusOn(this.focus + step); this.app.single.refresh(); }

  columns() {
    const [first] = this.grid.children;
    if (!first) return 1;
    return Math.max(1, Math.round(this.grid.clientWidth / (first.getBoundingClientRect().width + 10)));
  }

  current() { return this.cards[this.focus]; }
}
