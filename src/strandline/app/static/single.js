/* One by one: a large picture in colour and one of faint light; the next ones are fetched ahead. */
const AHEAD = 6;

class Single {
  constructor(app) {
    this.app = app;
    this.colour = h("img", { alt: "in colour" });
    this.faint = h("img", { alt: "faint light, inverted" });
    this.words = h("div", { class: "words" });
    this.said = h("div", { class: "said" });
    this.box = h("div", { class: "single", hidden: true },
      h("div", { class: "pair" },
        h("figure", {}, this.colour), h("figure", { class: "light" }, this.faint)),
      h("div", { class: "under" }, this.words, this.said));
    this.box.querySelector(".pair").addEventListener("click", () => {
      const card = app.gallery.current();
      if (card) app.open(card.row);
    });
  }

  refresh() {
    if (this.box.hidden) return;
    const gallery = this.app.gallery, card = gallery.current();
    if (!card) return;
    for (const [view, image] of [["colour", this.colour], ["faint", this.faint]]) {
      this.app.pictures.large(card.row, view, (uri) => {
        if (gallery.current()?.row === card.row) image.src = uri;
      });
    }
    this.words.replaceChildren(
      h("b", { text: card.id }),
      h("span", { text: `${(card.k + 1).toLocaleString("en")} of ${gallery.told.total.toLocaleString("en")}` }),
      h("span", { text: card.p === null ? "" : `probability ${chance(card.p)}` }),
      h("span", { text: card.mag === null ? "" : `${card.mag.toFixed(2)} mag` }),
      h("span", { class: "flags", text: card.flags.join(", ") }));
    this.said.replaceChildren(...Object.entries(card.mine).map(([name, value]) =>
      h("i", { class: value, text: value === "yes" ? name : value === "no" ? `not ${name}` : `${name}?` })));
    for (const next of gallery.cards.slice(gallery.focus + 1, gallery.focus + 1 + AHEAD)) {
      for (const view of ["colour", "faint"]) this.app.pictures.large(next.row, view, (uri) => { new Image().src = uri; });
    }
  }
}
