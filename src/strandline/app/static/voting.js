/* Votes: sent at once, each with a key of its own, and again until the server says that it is stored. */
const AGAIN_MS = 4000;

class Voting {
  constructor(app) {
    this.app = app;
    this.pending = new Map();
    this.timer = setInterval(() => this.again(), 1000);
  }

  cast(row, name, value) {
    const app = this.app, key = newKey();
    const card = app.gallery.cards.find((one) => one.row === row);
    const before = card ? { ...card.mine } : {};
    const shown = { mode: app.mode, view: app.gallery.view, page: app.galaxy.row === row ? app.galaxy.shown() : null };
    const message = { do: "vote", row, label_class: name, value, key, shown };
    this.pending.set(key, { message, at: performance.now(), before });
    app.said(row, { ...before, [name]: value });
    app.ask(message);
    app.pendingChanged(this.pending.size);
  }

  stored(key) {
    this.pending.delete(key);
    this.app.pendingChanged(this.pending.size);
  }

  refused(key) {
    const vote = this.pending.get(key);
    if (!vote) return;
    this.pending.delete(key);
    this.app.said(vote.message.row, vote.before);
    this.app.pendingChanged(this.pending.size);
  }

  again() {
    for (const vote of this.pending.values()) {
      if (performance.now() - vote.at > AGAIN_MS) {
        vote.at = performance.now();
        this.app.ask(vote.message);
      }
    }
  }
}
