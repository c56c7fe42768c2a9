/**
 * Asks all other threads for their figures, and waits for them no longer than is said. It keeps what each told
 * last: of a thread that is late, or lost, that is counted on, so that sums never fall.
 */
import type { Clock } from "../contracts/index.ts";
import { ofLostThread, type Order, type ThreadMetrics } from "./metrics.ts";

export interface MeasureRequest {
  readonly kind: "measure";
  readonly request: number;
  readonly order: Order;
}

export interface Gathered {
  readonly metrics: readonly ThreadMetrics[];
  readonly threads: readonly number[];
  readonly late: readonly number[];
}

interface Round {
  readonly waitingFor: Set<number>;
  readonly done: () => void;
}

export class Gatherer {
  readonly #clock: Clock;
  /** @returns the numbers of the threads that were asked. */
  readonly #ask: (request: MeasureRequest) => readonly number[];
  readonly #known = new Map<number, ThreadMetrics>();
  /** Of lost threads. */
  readonly #kept: ThreadMetrics[] = [];
  readonly #rounds = new Map<number, Round>();
  #requests = 0;

  constructor(clock: Clock, ask: (request: MeasureRequest) => readonly number[]) {
    this.#clock = clock;
    this.#ask = ask;
  }

  async gather(order: Order, timeoutMs: number): Promise<Gathered> {
    const request = ++this.#requests;
    const asked = this.#ask({ kind: "measure", request, order });
    const waitingFor = new Set(asked);
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.schedule(timeoutMs, () => done());
      const done = (): void => {
        cancel();
        this.#rounds.delete(request);
        resolve();
      };
      this.#rounds.set(request, { waitingFor, done });
      if (waitingFor.size === 0) done();
    });
    return {
      metrics: [...this.#known.values(), ...this.#kept],
      threads: asked.filter((thread) => this.#known.has(thread) && !waitingFor.has(thread)),
      late: [...waitingFor],
    };
  }

  answered(thread: number, request: number, metrics: ThreadMetrics): void {
    this.#known.set(thread, metrics);
    this.#heardOf(thread, this.#rounds.get(request));
  }

  lost(thread: number): void {
    const last = this.#known.get(thread);
    this.#known.delete(thread);
    if (last !== undefined) this.#kept.push(ofLostThread(last));
    for (const round of [...this.#rounds.values()]) this.#heardOf(thread, round);
  }

  #heardOf(thread: number, round: Round | undefined): void {
    round?.waitingFor.delete(thread);
    if (round?.waitingFor.size === 0) round.done();
  }
}
