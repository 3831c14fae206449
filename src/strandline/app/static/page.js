/* The page: its parts put together, keys, and what the server tells. */
const TABS = [
  ["ranking", "All"], ["selection", "Selection"], ["queue", "To label"], ["head", "Learned"],
  ["unexpected", "Unexpected"], ["labelled", "Labelled"], ["disputed", "Disputed"],
];
const KEYS = [
  ["Y / N / U", "yes, no, unsure in the class that is asked about; goes on to the next"],
  ["letter of a class", "yes in that class (with Shift: no); stays"],
  ["Z", "take the last vote back"], ["← → ↑ ↓", "move"], ["Enter", "open"], ["Esc", "close"],
  ["Space", "colour or faint light"], ["O", "grid or one by one"], ["X", "pick, for similar ones or a new class"],
  ["D / L", "in The unexpected: dull, or worth a look"], ["?", "these keys"],
];
const LARGEST_BYTES = 8_000_000;

class App {
  constructor(model, child) {
    this.model = model;
    this.picked = new Set();
    this.classes = [];
    this.mode = "grid";
    this.pictures = new Pictures((message) => this.ask(message));
    this.gallery = new Gallery(this);
    this.single = new Single(this);
    this.galaxy = new GalaxyPage(this);
    this.voting = new Voting(this);
    this.sky = new SkyMap(this, child);
    this.build();
    this.keyed = (event) => this.key(event);
    window.addEventListener("keydown", this.keyed, true); // before a notebook, to which x means cut
    model.on("msg:custom", (event) => this.hear(event.data ?? event));
    this.ask({ do: "ready" });
  }

  ask(message) { this.model.send_msg(message); }

  close() {
    window.removeEventListener("keydown", this.keyed, true);
    clearInterval(this.voting.timer);
    this.sky.close();
  }

  build() {
    this.tabs = h("nav", {}, TABS.map(([kind, text]) => h("button", { type: "button", "data-kind": kind, text, onclick: () => this.list(kind) })));
    this.name = h("input", { class: "person", "aria-label": "Your name", title: "Your name stands beside your votes", maxlength: 200, spellcheck: "false" });
    this.name.addEventListener("change", () => this.ask({ do: "person", name: this.name.value }));
    this.brand = h("span", { class: "where" });
    this.heading = h("h1", {});
    this.noting = h("p", { class: "note" });
    this.number = h("span", { class: "number" });
    this.sort = h("select", { "aria-label": "Sort by", onchange: () => this.list("ranking") });
    this.rising = h("button", { type: "button", class: "plain", text: "↓", title: "Largest first", onclick: () => {
      const up = this.rising.textContent === "↓";
      this.rising.textContent = up ? "↑" : "↓";
      this.rising.title = up ? "Smallest first" : "Largest first";
      this.list("ranking");
    } });
    this.sorting = h("label", { class: "sorting" }, "Sort ", this.sort, this.rising);
    this.looks = this.toggle([["colour", "Colour"], ["faint", "Faint light"]], (view) => this.setView(view));
    this.modes = this.toggle([["grid", "Grid"], ["single", "One by one"]], (mode) => this.setMode(mode));
    this.size = h("input", { type: "range", min: 90, max: 300, value: 150, "aria-label": "Size of pictures", oninput: () => this.box.style.setProperty("--card", `${this.size.value}px`) });
    this.out = h("select", { class: "save", "aria-label": "Save the list", onchange: () => this.save() });
    this.file = h("input", { type: "file", hidden: true, accept: "image/jpeg,image/png,image/webp,.fits,.fit", onchange: () => this.drop(this.file.files[0]) });
    this.asking = h("span", { class: "asking" });
    this.others = h("span", { class: "others" });
    this.state = h("span", { class: "state" });
    this.classbar = h("div", { class: "classbar" }, this.asking, this.others,
      h("button", { type: "button", class: "plain", text: "+ class", title: "A class of your own", onclick: () => this.define() }),
      h("span", { class: "fill" }), this.state,
      h("button", { type: "button", class: "plain", "data-does": "undo", text: "Undo (Z)", onclick: () => this.ask({ do: "undo" }) }),
      h("button", { type: "button", class: "plain", text: "?", title: "Keys", onclick: () => this.help() }));
    this.learning = h("div", { class: "learning" });
    this.basket = h("div", { class: "basket", hidden: true });
    this.toasts = h("div", { class: "toasts", "aria-live": "polite" });
    this.dropping = h("div", { class: "dropping", hidden: true }, h("p", { text: "Drop a picture: what in the table is like it?" }));
    this.sky.box.append(this.learning);
    this.box = h("div", { class: "app", "data-mode": "grid" },
      h("header", { class: "mast" }, h("b", { class: "brand", text: "Strandline" }), this.brand, this.tabs, this.name),
      h("main", {}, this.sky.box,
        h("section", { class: "work" },
          h("div", { class: "listhead" },
            this.heading,
            h("div", { class: "tools" }, this.number, this.sorting, this.looks, this.modes,
              h("label", { class: "sizing" }, this.size),
              h("button", { type: "button", class: "plain", text: "Picture…", title: "Search by a picture of yours; or drop it anywhere", onclick: () => this.file.click() }), this.file,
              this.out),
            this.noting),
          this.classbar, this.gallery.box, this.single.box, this.basket)),
      this.galaxy.box, this.dropping, this.toasts);
    this.box.addEventListener("dragover", (event) => { event.preventDefault(); this.dropping.hidden = false; });
    this.dropping.addEventListener("dragleave", () => { this.dropping.hidden = true; });
    this.box.addEventListener("drop", (event) => { event.preventDefault(); this.dropping.hidden = true; this.drop(event.dataTransfer.files[0]); });
  }

  toggle(choices, action) {
    const made = h("span", { class: "switch" }, choices.map(([value, text], k) =>
      h("button", { type: "button", "data-value": value, class: k ? "" : "on", text, onclick: () => action(value) })));
    return made;
  }

  press(group, value) { for (const one of group.children) one.classList.toggle("on", one.dataset.value === value); }

  hear(told) {
    const does = {
      setup: () => this.start(told), list: () => this.showList(told), more: () => this.gallery.append(told),
      pictures: () => { for (const [row, uri] of Object.entries(told.pictures)) this.pictures.keep(`${told.view}|${row}`, uri); },
      picture: () => (told.slot === "page" ? this.galaxy.drawn(told) : this.pictures.keep(told.slot, told.picture)),
      galaxy: () => this.galaxy.show(told), hover: () => this.sky.hovered(told.card), tapped: () => this.open(told.row),
      colour: () => this.sky.coloured(told), classes: () => this.setClasses(told), progress: () => this.progress(told),
      stored: () => { this.voting.stored(told.key); this.said(told.row, told.mine); this.galaxy.said(told); },
      said: () => this.galaxy.said(told), undone: () => this.undone(told), marked: () => this.marked(told),
      person: () => this.setPerson(told.name), file: () => { saveFile(told.name, told.content); this.toast(`Saved ${told.name}.`); },
      done: () => this.toast(told.text, told.code), trouble: () => { this.toast(told.text, null, true); if (told.of) this.voting.refused(told.of); },
    }[told.tell];
    if (does) does();
  }

  start(setup) {
    this.setup = setup;
    this.brand.textContent = `${setup.title} · ${count(setup.count, "galaxy")}`;
    this.sort.replaceChildren(...setup.numeric.map((name) => h("option", { value: name, text: name })));
    this.out.replaceChildren(h("option", { value: "", text: "Save…" }),
      ...setup.forms.map((form) => h("option", { value: form, text: { csv: "CSV", fits: "FITS", votable: "VOTable", parquet: "Parquet", ds9: "DS9 regions" }[form] || form })),
      ...(setup.samp ? [h("option", { value: "samp", text: "Send by SAMP" })] : []));
    this.name.disabled = setup.known;
    this.sky.setup(setup);
    this.setPerson(setup.person);
    this.setClasses(setup);
    let kept = null;
    try { kept = localStorage.getItem("strandline-person"); } catch { /* no storage */ }
    if (kept && !setup.known && kept !== setup.person) this.ask({ do: "person", name: kept });
    this.box.dataset.ready = "yes";
  }

  setPerson(name) {
    this.person = name;
    this.name.value = name;
    try { localStorage.setItem("strandline-person", name); } catch { /* no storage */ }
  }

  setClasses(told) {
    this.classes = told.classes;
    this.label_class = told.class;
    const now = this.classes.find((one) => one.name === told.class);
    const choose = h("select", { class: "choose", "aria-label": "Class that is asked about", onchange: () => this.ask({ do: "class", name: choose.value }) },
      this.classes.map((one) => h("option", { value: one.name, text: one.name, title: one.description })));
    choose.value = told.class;
    const key = (letter, value, text) => h("button", { type: "button", class: `answer ${value}`, "data-value": value, onclick: () => this.answer(value) }, h("kbd", { text: letter }), text);
    this.asking.replaceChildren("Is it ", choose, "? ", key("Y", "yes", "yes"), key("N", "no", "no"), key("U", "unsure", "unsure"));
    choose.title = now?.description || "";
    this.others.replaceChildren(...this.classes.filter((one) => one.key && one.name !== told.class).map((one) =>
      h("button", { type: "button", class: "tag", title: one.description, onclick: () => { const card = this.gallery.current(); if (card) this.vote(card.row, one.name, "yes", false); } }, h("kbd", { text: one.key }), one.name)));
    if (this.galaxy.row !== null && this.galaxy.told) this.galaxy.said(this.galaxy.told);
  }

  list(kind) { this.ask({ do: "list", kind, by: this.sort.value || "probability", rising: this.rising.textContent === "↑" }); }

  showList(told) {
    this.gallery.show(told);
    this.heading.textContent = told.title;
    this.noting.textContent = told.note;
    this.number.textContent = count(told.total, "galaxy");
    this.sorting.hidden = told.kind !== "ranking";
    if (told.kind === "ranking" && told.score) this.sort.value = told.score;
    for (const tab of this.tabs.children) tab.classList.toggle("on", tab.dataset.kind === told.kind);
    this.single.refresh();
  }

  setView(view) { this.gallery.setView(view); this.press(this.looks, view); }

  setMode(mode) {
    this.mode = mode;
    this.box.dataset.mode = mode;
    this.gallery.box.hidden = mode !== "grid";
    this.single.box.hidden = mode !== "single";
    this.press(this.modes, mode);
    this.single.refresh();
    if (mode === "grid") this.gallery.focusOn(this.gallery.focus);
  }

  open(row) { this.ask({ do: "open", row }); }

  answer(value) {
    const row = this.galaxy.row ?? this.gallery.current()?.row;
    if (row !== undefined && row !== null) this.vote(row, this.label_class, value, true);
  }

  vote(row, name, value, goOn) {
    this.voting.cast(row, name, value);
    if (!goOn) return;
    if (this.galaxy.row !== null) this.galaxy.step(1);
    else this.gallery.move(1);
  }

  said(row, mine) { this.gallery.update(row, mine || {}); this.single.refresh(); }

  pendingChanged(n) {
    this.state.textContent = n ? `${n} not stored yet` : "all stored";
    this.state.classList.toggle("late", n > 0);
  }

  undone(told) {
    if (told.row !== null) {
      this.said(told.row, told.mine);
      this.galaxy.said(told);
      const k = this.gallery.cards.findIndex((card) => card.row === told.row);
      if (k >= 0 && this.galaxy.row === null) { this.gallery.focusOn(k); this.single.refresh(); }
    }
    this.toast(`Taken back: ${told.class} of ${told.id}.`);
  }

  mark(row, interesting) { this.ask({ do: "mark", row, interesting, key: newKey() }); }

  marked(told) {
    const card = this.gallery.find(told.row);
    card?.classList.toggle("dull", !told.interesting);
    card?.classList.toggle("look", told.interesting);
    this.marks = (this.marks || 0) + 1;
    if (this.gallery.told.kind === "unexpected" && this.marks % 10 === 0) this.list("unexpected");
  }

  pick(row) {
    if (this.picked.has(row)) this.picked.delete(row); else if (this.picked.size < 50) this.picked.add(row);
    for (const card of this.gallery.grid.querySelectorAll(`[data-row="${row}"]`)) card.classList.toggle("picked", this.picked.has(row));
    this.fillBasket();
  }

  fillBasket() {
    const rows = Array.from(this.picked);
    this.basket.hidden = !rows.length;
    if (!rows.length) return;
    const name = h("input", { placeholder: "name of a new class", maxlength: 60, "aria-label": "Name of a new class", "data-does": "classname" });
    this.basket.replaceChildren(
      h("b", { text: `${rows.length} picked` }),
      h("span", { class: "thumbs" }, rows.slice(-12).map((row) => {
        const image = h("img", { alt: "", title: "Unpick", onclick: () => this.pick(row) });
        this.pictures.small(row, "colour", (uri) => { image.src = uri; });
        return image;
      })),
      h("button", { type: "button", class: "plain", "data-does": "similar", text: "Similar to all", onclick: () => this.ask({ do: "similar", rows, together: "mean" }) }),
      rows.length > 1 ? h("button", { type: "button", class: "plain", text: "Similar to any", onclick: () => this.ask({ do: "similar", rows, together: "any" }) }) : null,
      h("form", { onsubmit: (event) => { event.preventDefault(); this.newClass(name.value, rows); } },
        name, h("button", { type: "submit", class: "plain", text: "Rank like these" })),
      h("button", { type: "button", class: "plain", text: "Clear", onclick: () => { for (const row of rows) this.pick(row); } }));
  }

  newClass(name, rows) {
    if (rows.length < 3) { this.toast("Pick three examples at least, five rather.", null, true); return; }
    this.ask({ do: "newclass", name, rows });
  }

  define() {
    const name = h("input", { placeholder: "fan", maxlength: 60 }), about = h("input", { placeholder: "what to look for", maxlength: 300 });
    const key = h("input", { placeholder: "k", maxlength: 1, size: 2 });
    this.dialog("A class of your own", h("form", { class: "form", onsubmit: (event) => {
      event.preventDefault();
      this.ask({ do: "define", name: name.value, description: about.value, key: key.value });
      this.shut();
    } }, h("label", {}, "Name", name), h("label", {}, "Description", about), h("label", {}, "Key", key), h("button", { type: "submit", class: "plain", text: "Define" })));
    name.focus();
  }

  help() { this.dialog("Keys", h("dl", { class: "keys" }, KEYS.flatMap(([key, text]) => [h("dt", {}, h("kbd", { text: key })), h("dd", { text })]))); }

  dialog(words, content) {
    this.shut();
    this.small = h("div", { class: "veil small" }, h("div", { class: "sheet", role: "dialog" }, h("header", {}, h("h2", { text: words }), h("button", { type: "button", class: "plain", text: "✕", onclick: () => this.shut() })), content));
    this.small.addEventListener("click", (event) => event.target === this.small && this.shut());
    this.box.append(this.small);
  }

  shut() { this.small?.remove(); this.small = null; }

  progress(told) {
    if (told.class !== this.label_class) return;
    const learned = told.learned && told.labels.length;
    this.learning.dataset.labels = told.labels?.length ? told.labels[told.labels.length - 1] : 0;
    this.learning.replaceChildren(
      h("div", { class: "head" }, h("h3", { text: `What is learned of ${told.class}` }),
        h("span", { class: "small", text: learned ? `${told.labels[told.labels.length - 1]} labels, ${told.examples[told.examples.length - 1]} yes · ${told.seconds.toFixed(1)} s` : `${count(told.count, "label")}; learns from 3 examples on` }),
        h("span", { class: "fill" }),
        h("button", { type: "button", class: "plain", "data-does": "retrain", text: "Learn", onclick: () => this.ask({ do: "retrain" }) }),
        learned ? h("button", { type: "button", class: "plain", "data-does": "savehead", text: "Save head", title: "For strandline classify --head", onclick: () => this.ask({ do: "savehead", name: told.class }) }) : null),
      learned ? h("div", { class: "figure" }, drawCurve(told), h("p", { class: "small", text: "Share of the class among the first 1, 5 and 10 % of the ranking, by cross-validation" })) : "");
  }

  save() {
    const form = this.out.value;
    this.out.value = "";
    if (form === "samp") this.ask({ do: "send" });
    else if (form) this.ask({ do: "save", form });
  }

  async drop(file) {
    if (!file) return;
    if (file.size > LARGEST_BYTES) { this.toast(`${file.name} has ${(file.size / 1e6).toFixed(1)} MB; at most 8 MB are taken.`, null, true); return; }
    const url = await new Promise((resolve, reject) => { const reader = new FileReader(); reader.onload = () => resolve(reader.result); reader.onerror = reject; reader.readAsDataURL(file); });
    this.file.value = "";
    this.toast(`Looking for what is like ${file.name}…`);
    this.ask({ do: "drop", name: file.name.slice(0, 200), content: url.slice(url.indexOf(",") + 1) });
  }

  toast(text, code, bad) {
    const made = h("div", { class: `toast${bad ? " bad" : ""}` }, h("span", { text }), code ? h("code", { text: code }) : null,
      h("button", { type: "button", text: "✕", "aria-label": "Close", onclick: () => made.remove() }));
    this.toasts.append(made);
    while (this.toasts.children.length > 4) this.toasts.firstChild.remove();
    setTimeout(() => made.remove(), code ? 30000 : bad ? 12000 : 4500);
  }

  key(event) {
    const target = event.composedPath()[0], inside = event.composedPath().includes(this.box);
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(target?.tagName) && target.type !== "range") {
      if (inside && this.embedded) event.stopPropagation();
      if (inside && event.key === "Escape") target.blur();
      return;
    }
    if (this.embedded && !inside && (target?.isContentEditable || !this.box.matches(":hover"))) return;
    if (!this.setup || event.altKey || ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() !== "z")) return;
    if (this.box.offsetParent === null && !this.box.getClientRects().length) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const card = this.gallery.current(), row = this.galaxy.row ?? card?.row;
    const paged = this.galaxy.row !== null, rows = this.mode === "grid" ? this.gallery.columns() : 1;
    const does = {
      y: () => this.answer("yes"), n: () => this.answer("no"), u: () => this.answer("unsure"),
      z: () => this.ask({ do: "undo" }), o: () => this.setMode(this.mode === "grid" ? "single" : "grid"),
      x: () => row !== undefined && this.pick(row), "?": () => this.help(),
      " ": () => (paged ? this.galaxy.choose(this.galaxy.view === "faint" ? "colour" : "faint") : this.setView(this.gallery.view === "faint" ? "colour" : "faint")),
      ArrowRight: () => (paged ? this.galaxy.step(1) : this.gallery.move(1)),
      ArrowLeft: () => (paged ? this.galaxy.step(-1) : this.gallery.move(-1)),
      ArrowDown: () => !paged && this.gallery.move(rows), ArrowUp: () => !paged && this.gallery.move(-rows),
      Enter: () => !paged && card && this.open(card.row),
      Escape: () => { if (this.small) this.shut(); else if (paged) this.galaxy.close(); },
    };
    if (this.gallery.told?.kind === "unexpected") {
      does.d = () => { this.mark(row, false); this.gallery.move(1); };
      does.l = () => { this.mark(row, true); this.gallery.move(1); };
    }
    const tagged = this.classes.find((one) => one.key && one.key.toLowerCase() === key);
    const action = does[key] || (tagged && row !== undefined ? () => this.vote(row, tagged.name, event.shiftKey ? "no" : "yes", false) : null);
    if (!action) return;
    if (target?.tagName === "BUTTON" && (key === " " || key === "Enter")) return;
    event.preventDefault();
    if (this.embedded) event.stopPropagation();
    action();
  }
}

export function render({ model, el }) {
  const app = new App(model, model.get_child("map"));
  app.embedded = model.height_px > 0; // in a notebook, beside other things that hear keys
  if (app.embedded) app.box.style.height = `${model.height_px}px`;
  model.on("remove", () => app.close());
  return app.box;
}
