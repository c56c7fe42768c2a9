import { runtimeError } from "../errors.ts";
import type { Span } from "./span.ts";

/** What a system tells about itself. */
export interface TelemetryOptions {
  /**
   * How many actors `metrics` lists one by one. Default 100; 0: actors are not told apart, only their types,
   * which spares the memory of an actor's own figures.
   */
  readonly instances?: number;
  /** Default: no traces. */
  readonly traces?: TraceOptions;
}

/** Which chains of messages are traced, and where their spans go. */
export interface TraceOptions {
  /** The part, 0 to 1, of chains begun here that are traced. Those begun outside are as their traceparent says. */
  readonly share: number;
  /** Called on the main thread, once for each span, at the latest some 200 ms after its end. */
  readonly onSpan: (span: Span) => void;
  /** How many spans each thread keeps between deliveries, every 100 ms; more are dropped. Default 4,096. */
  readonly capacity?: number;
}

export interface TelemetryRules {
  readonly instances: number;
  readonly traces: Required<TraceOptions> | null;
}

/** @throws TELEMETRY_INVALID */
export function telemetryRules({ instances = 100, traces }: TelemetryOptions): TelemetryRules {
  if (!isCount(instances))
    throw runtimeError("TELEMETRY_INVALID", `Telemetry cannot list ${instances} actors`);
  if (traces === undefined) return { instances, traces: null };
  const { share, onSpan, capacity = 4_096 } = traces;
  if (!(share >= 0 && share <= 1) || typeof onSpan !== "function" || !isCount(capacity)) {
    throw runtimeError(
      "TELEMETRY_INVALID",
      `Traces cannot have share ${share}, capacity ${capacity}, ${typeof onSpan} onSpan`,
    );
  }
  return { instances, traces: { share, onSpan, capacity } };
}

/** What a worker thread is told of the rules. */
export interface TelemetrySeed {
  readonly instances: number;
  readonly traces: Pick<Required<TraceOptions>, "share" | "capacity"> | null;
}

export function telemetrySeed({ instances, traces }: TelemetryRules): TelemetrySeed {
  return { instances, traces: traces === null ? null : { share: traces.share, capacity: traces.capacity } };
}

/** On a worker thread spans are handed over to the main one. */
export function workerOptions({ instances, traces }: TelemetrySeed): TelemetryOptions {
  return traces === null ? { instances } : { instances, traces: { ...traces, onSpan: () => undefined } };
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}
