/**
 * What one life of an actor has ordered for itself: timers, piped results, a receive time-out, messages put
 * aside, and that messages wait. It ends with that life.
 */
import type { Cell } from "./cell.ts";
import { Notices, type Notice } from "./notices.ts";
import { ReceiveTimeout } from "./receive-timeout.ts";
import { Stash } from "./stash.ts";
import { ActorTimers } from "./timers.ts";

export class Orders {
  readonly #cell: Cell;
  readonly #notices = new Notices();
  #timers: ActorTimers | null = null;
  #stash: Stash | null = null;
  #receiveTimeout: ReceiveTimeout | null = null;
  /** Messages wait; what this life has ordered does not, save the stop after all that waits. */
  #held: boolean | "draining" = false;
  /**
   * Something was begun that is to come to its end before a stop after all that waits. Once that stop was asked for,
   * messages wait; they came too late for it.
   */
  #unsettled: boolean | "draining" | "drained" = false;

  constructor(cell: Cell) {
    this.#cell = cell;
  }

  // ---- what there is to do -------------------------------------------------------------------------

  /** @param waiting how many messages are in the mailbox. */
  ready(waiting: number): boolean {
    return this.#notices.size > 0 || this.stashReady || (waiting > 0 && !this.isHeld);
  }

  get isHeld(): boolean {
    return this.#held !== false || typeof this.#unsettled === "string";
  }

  get stashReady(): boolean {
    return this.#stash !== null && this.#stash.back > 0 && !this.isHeld;
  }

  get noticeReady(): boolean {
    return this.#notices.ready || (this.isHeld && this.#notices.size > 0);
  }

  /** Call it only when `stashReady`. */
  takeStashed(): unknown {
    return this.#stash!.shift();
  }

  /** Call it only when `noticeReady`. */
  takeNotice(): Notice {
    return this.#notices.shift();
  }

  messageTaken(): void {
    this.#notices.messageTaken();
    this.#receiveTimeout?.touch();
  }

  pipedTaken(): void {
    this.#receiveTimeout?.touch();
  }

  /** @returns whether nothing has come since it fired. */
  idleTaken(timeout: ReceiveTimeout): boolean {
    return this.#receiveTimeout === timeout && timeout.take();
  }

  // ---- what is ordered -----------------------------------------------------------------------------

  notice(notice: Notice): void {
    this.#notices.add(notice, this.#cell.waiting);
  }

  get timers(): ActorTimers {
    this.#timers ??= new ActorTimers(this.#cell.host.clock, (timer) =>
      this.#cell.notify({ kind: "timer", timer }),
    );
    return this.#timers;
  }

  receiveTimeout(idleMs: number, message: unknown): void {
    this.cancelReceiveTimeout();
    this.#receiveTimeout = new ReceiveTimeout(this.#cell.host.clock, idleMs, message, (timeout) =>
      this.#cell.notify({ kind: "idle", timeout }),
    );
  }

  cancelReceiveTimeout(): void {
    this.#receiveTimeout?.cancel();
    this.#receiveTimeout = null;
  }

  hold(): void {
    this.#held = true;
  }

  release(): void {
    const draining = this.#held === "draining";
    this.#held = false;
    if (draining) this.#cell.notify({ kind: "drained" });
  }

  unsettled(): void {
    if (this.#unsettled === false) this.#unsettled = true;
  }

  settled(): void {
    const draining = this.#unsettled === "draining";
    this.#unsettled = draining ? "drained" : false;
    if (draining) this.#cell.notify({ kind: "drained" });
  }

  /** @returns whether the stop after all that waits has come too early, and is kept until `release` or `settled`. */
  keepDrain(): boolean {
    if (this.#unsettled === "drained") return false;
    if (this.#unsettled !== false) {
      this.#unsettled = "draining";
      return true;
    }
    if (!this.isHeld || this.#cell.waiting === 0) return false;
    this.#held = "draining";
    return true;
  }

  /** @throws STASH_FULL */
  stash(message: unknown): void {
    this.#stash ??= new Stash(this.#cell.limits.capacity);
    this.#stash.add(message);
  }

  unstash(): void {
    this.#stash?.putBack();
  }

  // ---- its end -------------------------------------------------------------------------------------

  /** @returns whether the stop after all that waits was among them: it is meant for the next life as well. */
  end(): boolean {
    const { host } = this.#cell;
    let draining = this.#held === "draining" || typeof this.#unsettled === "string";
    this.#timers?.cancelAll();
    this.cancelReceiveTimeout();
    while (this.#notices.size > 0) {
      const notice = this.#notices.shift();
      if (notice.kind === "piped") host.undelivered(this.#cell, notice.value, "stale");
      else if (notice.kind === "drained") draining = true;
    }
    for (const message of this.stashed()) host.undelivered(this.#cell, message, "stashed");
    return draining;
  }

  /** Takes what was put aside, the oldest first. */
  stashed(): Iterable<unknown> {
    return this.#stash?.drain() ?? [];
  }
}
