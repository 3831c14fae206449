/* The page of one galaxy. */
const SLIDERS = [
  ["brightness", "Brightness", -1, 1.3], ["softening", "Contrast", -1, 1],
  ["saturation", "Colour", 0, 2], ["smoothing", "Smoothing", 0.3, 5],
];

class GalaxyPage {
  constructor(app) {
    this.app = app;
    this.row = null;
    this.view = "colour";
    this.values = { brightness: 0, softening: 0, saturation: 1, smoothing: 1.5 };
    this.box = h("div", { class: "veil", hidden: true });
    this.box.addEventListener("click", (event) => event.target === this.box && this.close());
    this.redraw = throttled(120, () => this.askPicture());
  }

  shown() { return { view: this.view, ...this.factors() }; }

  factors() {
    const v = this.values;
    return {
      brightness: 10 ** v.brightness, softening: 10 ** -v.softening,
      saturation: v.saturation, smoothing: v.smoothing,
    };
  }

  askPicture() {
    if (this.row === null) return;
    this.app.ask({ do: "picture", row: this.row, view: this.view, slot: "page", ...this.factors() });
  }

  close() {
    this.box.hidden = true;
    this.row = null;
  }

  show(told) {
    const app = this.app, g = told.galaxy;
    const again = this.row === g.row && !this.box.hidden;
    this.row = g.row;
    this.told = told;
    this.picture = h("img", { alt: `${g.id}, ${title(this.view)}` });
    app.pictures.small(g.row, this.view === "faint" ? "faint" : "colour", (uri) => { if (!this.picture.src) this.picture.src = uri; });
    this.frame = h("figure", { class: "main" }, this.picture);
    this.strip = h("div", { class: "strip" });
    for (const view of app.setup.views) {
      const image = h("img", { alt: "" });
      const button = h("button", { type: "button", "data-view": view, title: title(view), onclick: () => this.choose(view) },
        image, h("span", { text: title(view) }));
      app.pictures.small(g.row, view, (uri) => { image.src = uri; });
      this.strip.append(button);
    }
    this.sliders = h("div", { class: "sliders" });
    for (const [name, words, low, high] of SLIDERS) {
      const slider = h("input", { type: "range", min: low, max: high, step: 0.05, "data-slider": name, "aria-label": words });
      slider.value = this.values[name];
      slider.addEventListener("input", () => { this.values[name] = Number(slider.value); this.redraw(); });
      this.sliders.append(h("label", { "data-of": name }, h("span", { text: words }), slider));
    }
    this.sliders.append(h("button", { type: "button", class: "plain", text: "Reset", onclick: () => {
      this.values = { brightness: 0, softening: 0, saturation: 1, smoothing: 1.5 };
      for (const one of this.sliders.querySelectorAll("input")) one.value = this.values[one.dataset.slider];
      this.askPicture();
    } }));
    this.votes = h("div", { class: "votes" });
    this.notes = h("div", { class: "notes" });
    const sheet = h("div", { class: "sheet", role: "dialog", "aria-modal": "true", "aria-label": g.id },
      h("header", {},
        h("h2", { text: g.id }),
        h("button", { type: "button", class: "plain", text: "←", title: "Previous", onclick: () => this.step(-1) }),
        h("button", { type: "button", class: "plain", text: "→", title: "Next", onclick: () => this.step(1) }),
        h("button", { type: "button", class: "plain", "data-does": "close", text: "✕", title: "Close (Esc)", onclick: () => this.close() })),
      h("div", { class: "spread" },
        h("div", { class: "looks" }, this.frame, this.strip, this.sliders),
        h("div", { class: "told" },
          h("div", { class: "facts" }, this.chances(g), this.position(g, told.links), this.measures(g)),
          h("div", { class: "people" }, h("h3", { text: "Labels" }), this.votes, h("h3", { text: "Notes" }), this.notes, h("div", { class: "place" }, this.onMap(g), this.deeds(g))),
          h("div", { class: "near" }, h("h3", { text: `Most alike${told.neighbours.length ? "" : ": none"}` }), this.neighbours(told)))));
    this.box.replaceChildren(sheet);
    this.box.hidden = false;
    this.said(told);
    this.choose(app.setup.views.includes(this.view) ? this.view : "colour");
    if (!again) sheet.scrollTop = 0;
  }

  choose(view) {
    this.view = view;
    this.frame.classList.toggle("light", view === "faint" || view === "residual");
    for (const one of this.strip.children) one.classList.toggle("on", one.dataset.view === view);
    const useful = {
      faint: ["brightness", "smoothing"], residual: ["brightness"], colour: ["brightness", "softening", "saturation"],
    }[view] || ["brightness", "softening"];
    for (const one of this.sliders.querySelectorAll("[data-of]")) one.hidden = !useful.includes(one.dataset.of);
    this.askPicture();
  }

  drawn(told) {
    if (told.row === this.row && told.view === this.view) this.picture.src = told.picture;
  }

  step(by) {
    const gallery = this.app.gallery;
    const k = gallery.cards.findIndex((card) => card.row === this.row);
    gallery.focusOn((k < 0 ? gallery.focus : k) + by);
    const next = gallery.current();
    if (next && next.row !== this.row) this.app.open(next.row);
  }

  chances(g) {
    const bars = [["all models", g.p], ...Object.entries(g.models)].filter((one) => one[1] !== null);
    return h("section", { "data-part": "probability" }, h("h3", { text: "Probability" }),
      bars.length ? bars.map(([name, p]) => h("div", { class: "bar" }, h("span", { text: name }),
        h("i", {}, h("b", { style: `--p:${p}` })), h("output", { text: chance(p) })))
        : h("p", { class: "small", text: "No model has scored this table." }));
  }

  position(g, links) {
    if (g.ra === null) return h("section", {}, h("h3", { text: "From" }), h("p", { class: "small", text: g.source }));
    const copy = (text) => h("button", { type: "button", class: "copy", text, title: "Copy", onclick: async (event) => {
      const button = event.currentTarget;
      if (await copyText(text.replaceAll("−", "-"))) { button.classList.add("done"); setTimeout(() => button.classList.remove("done"), 900); }
    } });
    return h("section", { "data-part": "position" }, h("h3", { text: "Position (ICRS)" }),
      copy(`${g.ra.toFixed(6)} ${g.dec >= 0 ? "+" : ""}${g.dec.toFixed(6)}`), copy(g.sky),
      h("p", { class: "links" }, Object.entries(links).map(([name, url]) =>
        h("a", { href: url, target: "_blank", rel: "noopener noreferrer", text: name }))),
      h("p", { class: "small", text: `${g.source} · ${g.split || ""}` }));
  }

  measures(g) {
    const lines = Object.entries(g.mags).filter(([, m]) => m[0] !== null)
      .map(([band, [m, e]]) => [band, e === null ? m.toFixed(2) : `${m.toFixed(2)} ± ${e.toFixed(2)}`]);
    const more = [];
    if (g.radius !== null) more.push(["half-light radius", `${g.radius}″`]);
    if (g.novelty !== null) more.push(["novelty", g.novelty.toFixed(2)]);
    const pairs = (all) => h("dl", {}, all.flatMap(([name, value]) => [h("dt", { text: name }), h("dd", { text: value })]));
    return h("section", {}, lines.length ? h("h3", { text: "Magnitude (AB)" }) : null, lines.length ? pairs(lines) : null,
      more.length ? pairs(more) : null,
      g.flags.length ? h("p", { class: "flags" }, g.flags.map((flag) => h("span", { text: flag, title: this.app.setup.flags[flag] || "" }))) : null);
  }

  /* Where it lies: the whole map, small. */
  onMap(g) {
    const home = this.app.setup.home, [x, y] = g.place;
    if (x === null) return null;
    const left = 100 * (x - home.x0) / (home.x1 - home.x0), top = 100 * (home.y1 - y) / (home.y1 - home.y0);
    return h("section", {}, h("h3", { text: "On the map" }), h("div", { class: "where-map" },
      h("img", { alt: "the whole map", src: home.picture }), h("i", { style: `left:${left}%;top:${top}%` })));
  }

  deeds(g) {
    const app = this.app;
    return h("section", { class: "deeds" },
      h("button", { type: "button", "data-does": "similar", text: "Similar galaxies", onclick: () => { this.close(); app.ask({ do: "similar", rows: [g.row] }); } }),
      h("button", { type: "button", text: app.picked.has(g.row) ? "Unpick" : "Pick", onclick: (event) => { app.pick(g.row); event.currentTarget.textContent = app.picked.has(g.row) ? "Unpick" : "Pick"; } }),
      app.setup.samp && g.ra !== null ? h("button", { type: "button", text: "Point at it (SAMP)", onclick: () => app.ask({ do: "send", rows: [g.row], point: true }) }) : null);
  }

  neighbours(told) {
    return h("div", { class: "kin" }, told.neighbours.map((card, k) => {
      const image = h("img", { alt: "" });
      this.app.pictures.small(card.row, "colour", (uri) => { image.src = uri; });
      return h("button", { type: "button", title: card.id, "data-row": card.row, onclick: () => this.app.open(card.row) },
        image, h("span", { text: `${told.similarity[k].toFixed(2)}` }), h("span", { class: "mag", text: chance(card.p) }));
    }));
  }

  /* What people say of it, with one's own vote apart. */
  said(told) {
    if (told.row !== this.row) return;
    const app = this.app;
    this.votes.replaceChildren(...app.classes.map((one) => {
      const votes = told.votes[one.name] || {};
      const others = Object.entries(votes).filter(([person]) => person !== app.person);
      const differ = new Set(Object.values(votes)).size > 1;
      const mine = told.mine[one.name];
      const button = (value, text) => h("button", {
        type: "button", class: mine === value ? `on ${value}` : "", title: value, text,
        onclick: () => app.vote(this.row, one.name, value, false),
      });
      return h("div", { class: `vote${one.name === app.label_class ? " now" : ""}${differ ? " differ" : ""}`, "data-class": one.name },
        h("span", { class: "name", title: one.description }, one.name, one.key ? h("kbd", { text: one.key }) : null),
        h("span", { class: "three" }, button("yes", "yes"), button("no", "no"), button("unsure", "?")),
        h("span", { class: "others" }, others.map(([person, value]) => h("i", { class: value, text: person, title: `${person}: ${value}` })),
          differ ? h("em", { text: "disagreement" }) : null,
          others.length ? h("span", { class: "together", text: `together: ${told.together?.[one.name]}` }) : null));
    }));
    const area = h("textarea", { rows: 2, maxlength: 4000, placeholder: "What you see, for others too…", "aria-label": "Note" });
    this.notes.replaceChildren(
      ...told.notes.map((note) => h("div", { class: "note" }, h("p", { text: note.text }), h("span", { class: "small", text: `${note.person}, ${note.at} UTC` }))),
      h("form", { onsubmit: (event) => {
        event.preventDefault();
        if (area.value.trim()) app.ask({ do: "note", row: this.row, text: area.value, key: newKey() });
      } }, area, h("button", { type: "submit", class: "plain", text: "Write" })));
  }
}
