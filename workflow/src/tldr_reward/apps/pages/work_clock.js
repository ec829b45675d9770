// Seconds of work on a caption: pauses, idle time beyond a limit and hidden pages are left out.

export class WorkClock {
  /** `onIdle` is called when nobody moved for `idleSeconds`: the time up to then has counted. */
  constructor(idleSeconds, onIdle) {
    this.limit = idleSeconds * 1000;
    this.onIdle = onIdle;
    this.worked = 0;
    this.since = null;
    setInterval(() => this.check(), 250);
  }

  get running() {
    return this.since !== null;
  }

  get seconds() {
    const now = Math.min(performance.now(), this.moved + this.limit);
    return (this.worked + (this.running ? now - this.since : 0)) / 1000;
  }

  /** Start from so many seconds that were worked before. */
  start(seconds) {
    this.worked = seconds * 1000;
    this.since = this.moved = performance.now();
  }

  stop() {
    this.worked = this.seconds * 1000;
    this.since = null;
  }

  /** Somebody moved: a key, the mouse, a wheel. */
  move() {
    this.check();
    if (this.running) this.moved = performance.now();
  }

  check() {
    // Timers may sleep with the machine: what lies beyond the limit is left out however late.
    if (this.running && performance.now() - this.moved >= this.limit) {
      this.stop();
      this.onIdle();
    }
  }
}
