/**
 * Traces that operators have asked for, published as JSON to a subject that each has named by a token of its own.
 * A trace ends by itself unless it is asked for again in time, so that none outlives whoever looks at it.
 */
import type { Cancel, Clock } from "../../runtime/contracts/index.ts";
import type { NodeObserver } from "../../runtime/index.ts";
import { clusterError } from "../errors.ts";
import type { Nats } from "../nats/connect.ts";
import type { Subjects } from "../nats/subjects.ts";

/** Traces that one node keeps at the same time. */
const MOST_TRACES = 16;

interface Kept {
  end: Cancel;
  cancelTimer: Cancel;
}

export class TraceDesk {
  readonly #nats: Nats;
  readonly #subjects: Subjects;
  readonly #observer: NodeObserver;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(nats: Nats, subjects: Subjects, observer: NodeObserver, clock: Clock) {
    this.#nats = nats;
    this.#subjects = subjects;
    this.#observer = observer;
    this.#clock = clock;
  }

  /** Begins a trace, or keeps on with the one of that token and path; 0 ms ends it. @throws ACTOR_UNKNOWN, TRACES_TOO_MANY */
  async trace(path: string, token: string, forMs: number): Promise<void> {
    const key = `${token} ${path}`;
    const known = this.#kept.get(key);
    if (forMs === 0) this.#end(key);
    else if (known !== undefined) {
      known.cancelTimer();
      known.cancelTimer = this.#clock.schedule(forMs, () => this.#end(key));
    } else await this.#begin(key, path, token, forMs);
  }

  close(): void {
    for (const key of [...this.#kept.keys()]) this.#end(key);
  }

  async #begin(key: string, path: string, token: string, forMs: number): Promise<void> {
    if (this.#kept.size >= MOST_TRACES) {
      throw clusterError("TRACES_TOO_MANY", `this node keeps ${MOST_TRACES} traces already`);
    }
    const subject = this.#subjects.trace(token);
    const kept: Kept = { end: () => undefined, cancelTimer: () => undefined };
    this.#kept.set(key, kept);
    try {
      kept.end = await this.#observer.trace(path, (seen) => {
        if (this.#nats.isConnected) this.#nats.connection.publish(subject, JSON.stringify(seen));
      });
    } catch (thrown) {
      this.#kept.delete(key);
      throw thrown;
    }
    if (this.#kept.get(key) === kept) kept.cancelTimer = this.#clock.schedule(forMs, () => this.#end(key));
    else kept.end();
  }

  #end(key: string): void {
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    kept?.cancelTimer();
    kept?.end();
  }
}
