// Actions on their way to the server: kept here until it has them, through its end and the page's.

export class Outbox {
  /** `send(events)` resolves to the server's answer, throws {fatal} for one that bars the way. */
  constructor(key, send, onChange) {
    this.key = key;
    this.send = send;
    this.onChange = onChange;
    this.waiting = [];
    this.flushing = null;
    try {
      this.waiting = JSON.parse(localStorage.getItem(key) ?? "[]");
    } catch {
      // What cannot be read here was sent, or is lost with the browser's storage.
    }
  }

  add(event) {
    this.waiting.push(event);
    this.store();
    return this.flush();
  }

  /** Send until nothing waits, again and again; resolves to the last answer. */
  flush() {
    this.flushing ??= this.run().finally(() => {
      this.flushing = null;
    });
    return this.flushing;
  }

  async run() {
    let answer = null;
    while (this.waiting.length) {
      const batch = this.waiting.slice(0, 100);
      try {
        answer = await this.send(batch);
      } catch (error) {
        if (error.fatal) throw error;
        this.onChange(this.waiting.length, true);
        await new Promise((later) => setTimeout(later, 700));
        continue;
      }
      this.waiting = this.waiting.slice(batch.length);
      this.store();
    }
    return answer;
  }

  store() {
    try {
      localStorage.setItem(this.key, JSON.stringify(this.waiting));
    } catch {
      // Without storage of the browser's, what waits is kept by the page alone.
    }
    this.onChange(this.waiting.length, false);
  }
}
