/** Counts the restarts of the last `withinMs` and says when there are too many. O(1) a restart. */
export class RestartWindow {
  readonly #maxRestarts: number;
  readonly #withinMs: number;
  /** Times of the newest restarts, at most `maxRestarts`; a ring once it is full. */
  readonly #times: number[] = [];
  #oldest = 0;
  #last = -Infinity;
  /** Restarts in a row with less than `withinMs` between them. */
  #streak = 0;

  constructor(maxRestarts: number, withinMs: number) {
    this.#maxRestarts = maxRestarts;
    this.#withinMs = withinMs;
  }

  /** @returns how many restarts in a row this one makes, or 0 when it is one too many. */
  record(now: number): number {
    if (!this.#admit(now)) return 0;
    this.#streak = now - this.#last < this.#withinMs ? this.#streak + 1 : 1;
    this.#last = now;
    return this.#streak;
  }

  #admit(now: number): boolean {
    if (this.#maxRestarts === Infinity) return true;
    if (this.#times.length < this.#maxRestarts) {
      this.#times.push(now);
      return true;
    }
    if (this.#maxRestarts === 0 || now - this.#times[this.#oldest]! < this.#withinMs) return false;
    this.#times[this.#oldest] = now;
    this.#oldest = (this.#oldest + 1) % this.#maxRestarts;
    return true;
  }
}
