/** What is counted of one actor, or of all actors of one type. */
import { Histogram, type Distribution, type HistogramData } from "./histogram.ts";

/** What is counted of one actor, or of all actors of one type. */
export interface Measures {
  /** Calls of `receive`, for messages, questions, timers and piped results. */
  readonly handled: number;
  /** Failures, each of which its supervisor has decided about. */
  readonly failed: number;
  readonly restarts: number;
  /** Messages in the mailbox now. */
  readonly waiting: number;
  /** The most that ever were, in one mailbox. */
  readonly deepest: number;
  /** From a message's arrival in the mailbox to the beginning of its handling. */
  readonly waitMs: Distribution;
  /** How long `receive` took. */
  readonly handlingMs: Distribution;
}

/** As data, on its way between threads. */
export interface TallyData {
  readonly failed: number;
  readonly restarts: number;
  readonly waiting: number;
  readonly deepest: number;
  readonly waitMs: HistogramData;
  readonly handlingMs: HistogramData;
}

export class Tally implements Measures {
  failed = 0;
  restarts = 0;
  waiting = 0;
  deepest = 0;
  readonly waitMs: Histogram = new Histogram();
  readonly handlingMs: Histogram = new Histogram();

  static of(data: TallyData): Tally {
    const tally = new Tally();
    tally.add(data);
    return tally;
  }

  get handled(): number {
    return this.handlingMs.count;
  }

  get data(): TallyData {
    const { failed, restarts, waiting, deepest, waitMs, handlingMs } = this;
    return { failed, restarts, waiting, deepest, waitMs: waitMs.data, handlingMs: handlingMs.data };
  }

  add(other: TallyData): void {
    this.failed += other.failed;
    this.restarts += other.restarts;
    this.waiting += other.waiting;
    this.deepest = Math.max(this.deepest, other.deepest);
    this.waitMs.add(other.waitMs);
    this.handlingMs.add(other.handlingMs);
  }
}
