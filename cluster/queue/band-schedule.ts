/**
 * Who goes next when several priorities wait: the highest, fifteen times of sixteen; the sixteenth time the one that
 * has not gone for longest. So whatever waits goes at least once in 160 times, however much of a higher priority comes.
 */
export const PRIORITIES = 10;

const TURNS = 16;

export class BandSchedule {
  readonly #last: number[] = Array.from({ length: PRIORITIES }, () => 0);
  #turn = 0;

  /** @param waits whether something waits in a priority. @returns whose turn it is; -1: nothing waits */
  next(waits: (priority: number) => boolean): number {
    const isForAll = (this.#turn + 1) % TURNS === 0;
    let next = -1;
    for (let priority = PRIORITIES - 1; priority >= 0; priority--) {
      if (!waits(priority)) continue;
      if (next === -1 || (isForAll && this.#last[priority]! < this.#last[next]!)) next = priority;
    }
    return next;
  }

  /** It has gone. */
  went(priority: number): void {
    this.#turn += 1;
    this.#last[priority] = this.#turn;
  }
}
