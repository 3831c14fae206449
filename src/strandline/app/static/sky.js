/* Around the map: what it is coloured by, how selections add up, and the stamp under the pointer. */
class SkyMap {
  constructor(app, child) {
    this.app = app;
    this.mode = "new";
    this.by = h("select", { "aria-label": "Colour of the map", onchange: () => app.ask({ do: "colour", by: this.by.value }) });
    this.scale = h("span", { class: "scale" }, h("span", {}), h("i", {}), h("span", {}));
    this.modes = h("span", { class: "switch" }, [["new", "New"], ["add", "Add"], ["remove", "Remove"]].map(([value, text]) =>
      h("button", { type: "button", "data-mode": value, class: value === "new" ? "on" : "", text, title: "What the next lasso or box does", onclick: () => {
        this.mode = value;
        for (const one of this.modes.children) one.classList.toggle("on", one.dataset.mode === value);
      } })));
    this.image = h("img", { alt: "" });
    this.name = h("b", {});
    this.facts = h("span", {});
    this.tip = h("div", { class: "tip", hidden: true }, this.image, this.name, this.facts);
    this.holder = h("div", { class: "mapbox" }, child, this.tip);
    this.box = h("section", { class: "side" },
      h("div", { class: "mapbar" }, this.by, this.scale,
        h("span", { class: "fill" }), this.modes,
        h("button", { type: "button", class: "plain", text: "Clear", onclick: () => app.ask({ do: "deselect" }) })),
      this.holder);
    this.hover = throttled(70, (told) => app.ask(told));
    this.viewed = debounced(110, (told) => app.ask(told));
    this.heard = (event) => this.hear(event.detail);
  }

  setup(setup) {
    const option = (value, text) => h("option", { value, text: text || value });
    this.by.replaceChildren(
      h("optgroup", { label: "By" }, setup.numeric.slice(0, 2).map((name) => option(name)), option("label", "labels of people"), option("head", "what was learned")),
      h("optgroup", { label: "Columns" }, setup.numeric.slice(2).map((name) => option(name))));
    this.by.value = setup.colour;
    window.addEventListener(setup.channel, this.heard);
    this.channel = setup.channel;
  }

  coloured(told) {
    this.by.value = told.by;
    const [low, , high] = this.scale.children;
    const words = (v) => (Math.abs(v) >= 100 ? v.toFixed(0) : v.toFixed(2));
    low.textContent = words(told.low);
    high.textContent = words(told.high);
  }

  hear(told) {
    if (told.what === "view") {
      if (!(told.width > 1)) return;
      this.view = told;
      this.tip.hidden = true;
      this.viewed({ do: "view", x0: told.x0, x1: told.x1, y0: told.y0, y1: told.y1, width: Math.round(told.width), height: Math.round(told.height) });
    } else if (told.what === "mousemove") {
      this.at = told;
      this.hover({ do: "hover", x: told.x, y: told.y, within: this.reach(34) });
    } else if (told.what === "mouseleave") {
      this.at = null;
      this.tip.hidden = true;
    } else if (told.what === "tap") {
      this.app.ask({ do: "tap", x: told.x, y: told.y, within: this.reach(34) });
    } else if (told.what === "select") {
      this.tip.hidden = true;
      this.app.ask({ do: "select", x: told.x, y: told.y, mode: this.mode });
    }
  }

  /* So many pixels of the screen in units of the map. */
  reach(px) {
    const v = this.view;
    return v ? px * Math.max((v.x1 - v.x0) / v.width, (v.y1 - v.y0) / v.height) : 0.5;
  }

  hovered(card) {
    if (!card || !this.at) { this.tip.hidden = true; return; }
    this.image.src = card.picture;
    this.name.textContent = card.id;
    this.facts.textContent = [card.p === null ? "" : `probability ${chance(card.p)}`, card.mag === null ? "" : `${card.mag.toFixed(1)} mag`].filter(Boolean).join(" · ");
    this.tip.hidden = false;
    const box = this.holder.getBoundingClientRect();
    const right = this.at.sx > box.width - 190, low = this.at.sy > box.height - 220;
    this.tip.style.left = `${this.at.sx + (right ? -182 : 18)}px`;
    this.tip.style.top = `${Math.max(4, this.at.sy + (low ? -210 : 14))}px`;
  }

  close() { if (this.channel) window.removeEventListener(this.channel, this.heard); }
}
