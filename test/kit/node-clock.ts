/** One node's clock in a world of several: it started at some other time, runs at its own speed, and can be frozen. */
import type { Cancel, Clock } from "../../runtime/contracts/index.ts";
import type { VirtualClock } from "../../runtime/testkit/index.ts";

export class NodeClock implements Clock {
  readonly #world: VirtualClock;
  readonly #startedAt: number;
  readonly #speed: number;
  #wallMs = 0;
  /** What was due while it was frozen; null: it is not. */
  #kept: (() => void)[] | null = null;

  constructor(world: VirtualClock, startedAt = 0, speed = 1) {
    this.#world = world;
    this.#startedAt = startedAt;
    this.#speed = speed;
  }

  get isFrozen(): boolean {
    return this.#kept !== null;
  }

  now(): number {
    return this.#world.now() + this.#wallMs;
  }

  monotonic(): number {
    return this.#startedAt + this.#world.monotonic() * this.#speed;
  }

  schedule(delayMs: number, action: () => void): Cancel {
    let isCancelled = false;
    const run = (): void => {
      if (isCancelled) return;
      if (this.#kept === null) action();
      else this.#kept.push(run);
    };
    const cancel = this.#world.schedule(delayMs / this.#speed, run);
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  /** The machine's time is set. */
  setWall(ms: number): void {
    this.#wallMs = ms;
  }

  freeze(): void {
    this.#kept ??= [];
  }

  thaw(): void {
    const kept = this.#kept ?? [];
    this.#kept = null;
    for (const run of kept) run();
  }
}
