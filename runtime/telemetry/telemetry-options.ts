import { isBetween, isFunction, isObject, isWhole } from "../contracts/index.ts";
import { check } from "../errors.ts";
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
export function telemetryRules(options: TelemetryOptions): TelemetryRules {
  check(isObject(options), "TELEMETRY_INVALID", "The options of telemetry are an object", options);
  const { instances = 100, traces } = options;
  check(isWhole(instances, 0), "TELEMETRY_INVALID", "instances is a whole number from 0", instances);
  if (traces === undefined) return { instances, traces: null };
  check(isObject(traces), "TELEMETRY_INVALID", "traces are an object with options", traces);
  const { share, onSpan, capacity = 4_096 } = traces;
  check(isBetween(share, 0, 1), "TELEMETRY_INVALID", "share is a number from 0 to 1", share);
  check(isFunction(onSpan), "TELEMETRY_INVALID", "onSpan is a function", onSpan);
  check(isWhole(capacity, 0), "TELEMETRY_INVALID", "capacity is a whole number from 0", capacity);
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
