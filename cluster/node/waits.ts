const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** What has lasted so long was well. */
const WELL_MS = 60_000;

/** How long to wait before something is started again: twice as long each time, until it has lasted a minute. */
export class Waits {
  #nextMs = FIRST_MS;

  /** @param lastedMs how long it ran this time */
  afterLife(lastedMs: number): number {
    const waitMs = lastedMs >= WELL_MS ? FIRST_MS : this.#nextMs;
    this.#nextMs = Math.min(waitMs * 2, LONGEST_MS);
    return waitMs;
  }
}
