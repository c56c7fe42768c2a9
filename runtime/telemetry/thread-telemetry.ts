/**
 * Telemetry of one thread. A system without it has none of the objects made here: cells keep plain mailboxes
 * and plain types, and what is left of telemetry is a null check at each spawn, each failure, and each message
 * to another thread.
 */
import type { AnyActorType } from "../actor.ts";
import type { Cell } from "../cell.ts";
import { isFunction, type Clock, type Random } from "../contracts/index.ts";
import { check } from "../errors.ts";
import type { MailboxLimits } from "../mailbox.ts";
import { unobserved } from "../observed-type.ts";
import type { Gatherer } from "./gatherer.ts";
import { Meter } from "./meter.ts";
import {
  mergeMetrics,
  metricsRules,
  weigh,
  type MetricsOptions,
  type Order,
  type SystemMetrics,
  type ThreadMetrics,
} from "./metrics.ts";
import { Tally } from "./tally.ts";
import type { Span } from "./span.ts";
import type { TelemetryRules } from "./telemetry-options.ts";
import { Carried, Tracer } from "./tracer.ts";

/** What a system with telemetry tells; `system.telemetry`. */
export interface Telemetry {
  /**
   * The figures of all threads as they are now; on a worker thread only its own. The sums never fall.
   * A thread that does not answer in time, being busy or lost, is named and not waited for.
   * @throws (rejects) TELEMETRY_INVALID
   */
  metrics(options?: MetricsOptions): Promise<SystemMetrics>;
  /**
   * Of the message in hand, if its chain is traced, for whom it calls outside: a W3C traceparent, version 00.
   * Null elsewhere.
   */
  readonly traceparent: string | null;
  /**
   * Runs `action` as part of the trace that `traceparent` names: what it sends before it returns, or before
   * its first `await`, is traced if the header says so. An invalid header counts for none. `tracestate` is
   * not carried.
   * @throws what `action` throws; TELEMETRY_INVALID: it is no function
   */
  within<Value>(traceparent: string, action: () => Value): Value;
}

interface TypeFigures {
  /** Of all that have stopped; of all there are, where they are not told apart. */
  readonly sums: Tally;
  readonly living: Set<Meter>;
  spawned: number;
  stopped: number;
}

export interface TelemetryHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly thread: number;
  listenerFailed(during: string, error: unknown): void;
}

export class ThreadTelemetry implements Telemetry {
  readonly rules: TelemetryRules;
  /** Null: nothing is traced. */
  readonly tracer: Tracer | null;
  /** On the main thread of a system with threads. */
  gatherer: Gatherer | null = null;
  readonly #host: TelemetryHost;
  readonly #since: number;
  readonly #types = new Map<string, TypeFigures>();

  constructor(rules: TelemetryRules, host: TelemetryHost) {
    this.rules = rules;
    this.#host = host;
    this.#since = host.clock.now();
    const { traces } = rules;
    this.tracer =
      traces === null
        ? null
        : new Tracer(traces, host.clock, host.random.fork("traces"), (spans) => this.#listen(spans));
  }

  async metrics(options: MetricsOptions = {}): Promise<SystemMetrics> {
    const { by, timeoutMs } = metricsRules(options);
    const own = this.snapshot(by);
    const others = (await this.gatherer?.gather(by, timeoutMs)) ?? { metrics: [], threads: [], late: [] };
    return {
      at: this.#host.clock.now(),
      since: this.#since,
      threads: [this.#host.thread, ...others.threads],
      late: others.late,
      ...mergeMetrics([own, ...others.metrics], by, this.rules.instances),
    };
  }

  get traceparent(): string | null {
    return this.tracer?.traceparent ?? null;
  }

  within<Value>(traceparent: string, action: () => Value): Value {
    check(isFunction(action), "TELEMETRY_INVALID", "What is part of a trace is a function", action);
    return this.tracer === null ? action() : this.tracer.within(traceparent, action);
  }

  /** This thread's figures. */
  snapshot(order: Order): ThreadMetrics {
    return {
      types: [...this.#types].map(([type, figures]) => ({
        type,
        spawned: figures.spawned,
        alive: figures.spawned - figures.stopped,
        tally: totalOf(figures).data,
      })),
      instances: this.#foremost(order).map(({ name, cell, tally }) => ({
        type: name,
        address: cell.address,
        thread: cell.thread,
        tally: tally.data,
      })),
      spans: { ended: this.tracer?.spans.ended ?? 0, dropped: this.tracer?.spans.dropped ?? 0 },
    };
  }

  /** Without sorting all: there may be a million, and a few are wanted. */
  #foremost(order: Order): readonly Meter[] {
    const limit = this.rules.instances;
    const best: Meter[] = [];
    for (const { living } of this.#types.values()) {
      for (const meter of living) {
        const weight = weigh(meter.tally, order);
        if (best.length === limit && weigh(best.at(-1)!.tally, order) >= weight) continue;
        const place = best.findIndex((other) => weigh(other.tally, order) < weight);
        best.splice(place < 0 ? best.length : place, 0, meter);
        if (best.length > limit) best.pop();
      }
    }
    return best;
  }

  // ---- the lives of actors -------------------------------------------------------------------------

  measure(cell: Cell, type: AnyActorType, limits: MailboxLimits): Meter {
    const figures = this.#figuresOf(type.name);
    const apart = this.rules.instances > 0;
    const meter = new Meter(cell, type, limits, apart ? new Tally() : figures.sums, this.tracer);
    figures.spawned += 1;
    if (apart) figures.living.add(meter);
    return meter;
  }

  failed(cell: Cell): void {
    const type = unobserved(cell.type);
    if (type instanceof Meter) type.tally.failed += 1;
  }

  restarted(cell: Cell): void {
    const type = unobserved(cell.type);
    if (type instanceof Meter) type.tally.restarts += 1;
  }

  stopped(cell: Cell): void {
    const type = unobserved(cell.type);
    if (!(type instanceof Meter)) return;
    const figures = this.#figuresOf(type.name);
    figures.stopped += 1;
    if (figures.living.delete(type)) figures.sums.add(type.tally);
  }

  #figuresOf(name: string): TypeFigures {
    let figures = this.#types.get(name);
    if (figures === undefined) {
      figures = { sums: new Tally(), living: new Set(), spawned: 0, stopped: 0 };
      this.#types.set(name, figures);
    }
    return figures;
  }

  /** What becomes a dead letter shows no trace of tracing. */
  bare(item: unknown): unknown {
    return item instanceof Carried ? item.message : item;
  }

  // ---- spans ---------------------------------------------------------------------------------------

  #listen(spans: readonly Span[]): void {
    const { traces } = this.rules;
    for (const span of spans) {
      try {
        traces?.onSpan(span);
      } catch (error) {
        this.#host.listenerFailed("span", error);
      }
    }
  }

  /** The system is down. */
  close(): void {
    this.tracer?.flush();
  }
}

function totalOf({ sums, living }: TypeFigures): Tally {
  const total = Tally.of(sums);
  for (const { tally } of living) total.add(tally);
  return total;
}
