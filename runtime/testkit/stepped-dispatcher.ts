/** Gives one actor one turn of one message when it is told to, and lets chance choose which. */
import type { Ask } from "../ask.ts";
import type { Random } from "../contracts/index.ts";
import type { Dispatcher, Outside, Runnable } from "../dispatcher.ts";

export class SteppedDispatcher implements Dispatcher {
  current: Runnable | null = null;
  question: Ask | null = null;
  readonly #ready: Runnable[] = [];
  #outside: Outside | null = null;
  #closed = false;

  get idle(): boolean {
    return this.#ready.length === 0;
  }

  /** Who has something to handle. */
  get waiting(): readonly Runnable[] {
    return this.#ready;
  }

  enqueue(runnable: Runnable): void {
    runnable.queued = true;
    if (!this.#closed) this.#ready.push(runnable);
  }

  arm(): void {
    // What is to be sent is sent after each turn, and by `flush`.
  }

  attach(outside: Outside): void {
    this.#outside = outside;
  }

  flush(): void {
    this.#outside?.flush();
  }

  /** To be called only while not idle. */
  step(random: Random): void {
    const index = random.below(this.#ready.length);
    const runnable = this.#ready[index]!;
    this.current = runnable;
    runnable.turn(1);
    this.current = null;
    if (!runnable.ready) {
      runnable.queued = false;
      this.#ready[index] = this.#ready.at(-1)!;
      this.#ready.pop();
    }
    this.#outside?.flush();
  }

  close(): void {
    this.#closed = true;
    this.#ready.length = 0;
  }
}
