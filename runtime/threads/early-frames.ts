/**
 * Frames about actors that are still on their way here.
 *
 *     thread 1 ──spawn x──▶ thread 2        a ref of x reaches thread 3 sooner than x reaches thread 2,
 *         └──ref of x──▶ thread 3 ──tell x──▶ thread 2        so the tell would find nobody
 *
 * An incarnation tells which thread has spawned it. A frame from another thread about one that is unknown here
 * is therefore held until its spawner has answered a question: what it had sent before has then come, in the
 * order of the ring, and the frame is handled by what is known now.
 */
import type { Incarnation } from "../address.ts";

/** Numbers of threads in a system's whole life, the lost ones included. */
export const MAX_THREAD_NUMBERS = 4_096;

export const spawnerOf = (incarnation: Incarnation): number => incarnation % MAX_THREAD_NUMBERS;

export class EarlyFrames {
  readonly #here: number;
  readonly #ask: (thread: number, of: Incarnation) => boolean;
  readonly #held = new Map<Incarnation, (() => void)[]>();

  /** @param ask asks the spawner's thread; false: it is no more. */
  constructor(here: number, ask: (thread: number, of: Incarnation) => boolean) {
    this.#here = here;
    this.#ask = ask;
  }

  /** @returns whether it holds `handle`, to be called later; false: nobody of that incarnation is on the way. */
  hold(of: Incarnation, from: number, handle: () => void): boolean {
    const held = this.#held.get(of);
    if (held !== undefined) {
      held.push(handle);
      return true;
    }
    const spawner = spawnerOf(of);
    if (spawner === this.#here || spawner === from || !this.#ask(spawner, of)) return false;
    this.#held.set(of, [handle]);
    return true;
  }

  /** Its spawner has answered, or is no more. */
  release(of: Incarnation): void {
    const held = this.#held.get(of) ?? [];
    this.#held.delete(of);
    for (const handle of held) handle();
  }

  lose(thread: number): void {
    for (const of of [...this.#held.keys()]) if (spawnerOf(of) === thread) this.release(of);
  }
}
