/**
 * Traces on one thread.
 *
 *     a turn begins ─▶ current: the context of the message in hand
 *     it sends      ─▶ the message takes `outgoing` along: in its mailbox, or in a frame ahead of it
 *     a turn ends   ─▶ current: null
 *
 * Whether a chain is traced is decided once, where it begins, and holds wherever it goes: a message that was
 * sent in no turn begins a chain; one that comes from another thread unannounced belongs to a chain that was
 * passed over. All of it is synchronous, so one variable suffices.
 */
import type { Cancel, Clock, Random } from "../contracts/index.ts";
import { SpanBuffer, type Span } from "./span.ts";
import type { TraceOptions } from "./telemetry-options.ts";
import { formatTraceparent, newSpanId, newTraceId, parseTraceparent, UNSAMPLED } from "./trace-context.ts";
import type { TraceContext } from "./trace-context.ts";

/** Actors that tell themselves to go on would make one trace of their whole life. */
export const MOST_HOPS = 1_000;

const DELIVER_MS = 100;

/** A message that takes its context along where no mailbox does: through a timer, a promise or the stash. */
export class Carried {
  readonly message: unknown;
  readonly context: TraceContext;

  constructor(message: unknown, context: TraceContext) {
    this.message = message;
    this.context = context;
  }
}

export class Tracer {
  readonly spans: SpanBuffer;
  /** Null: whatever is sent now begins a chain. */
  current: TraceContext | null = null;
  readonly #share: number;
  readonly #clock: Clock;
  readonly #random: Random;
  #deliver: (spans: readonly Span[]) => void;
  #cancelDelivery: Cancel | null = null;
  /** Between the clock's two readings; see `epochOf`. */
  #epoch = -Infinity;

  constructor(
    { share, capacity }: Required<TraceOptions>,
    clock: Clock,
    random: Random,
    deliver: (spans: readonly Span[]) => void,
  ) {
    this.#share = share;
    this.#clock = clock;
    this.#random = random;
    this.#deliver = deliver;
    this.spans = new SpanBuffer(capacity);
  }

  get traceparent(): string | null {
    return this.current === null ? null : formatTraceparent(this.current);
  }

  /** The context of a message that is sent now. */
  outgoing(): TraceContext {
    if (this.current !== null) return this.current;
    if (!(this.#random.next() < this.#share)) return UNSAMPLED;
    return { traceId: newTraceId(this.#random), parentId: null, sampled: true, hops: 0 };
  }

  /** What is sent during `action` belongs to that trace; to a new one if `traceparent` is invalid. */
  within<Value>(traceparent: string, action: () => Value): Value {
    return this.during(parseTraceparent(traceparent), action);
  }

  during<Value>(context: TraceContext | null, action: () => Value): Value {
    const outer = this.current;
    this.current = context;
    try {
      return action();
    } finally {
      this.current = outer;
    }
  }

  // ---- what a turn leaves for later ----------------------------------------------------------------

  /** `action`, to be called later, as part of what goes on now. */
  bind(action: () => void): () => void {
    const { current } = this;
    return () => this.during(current, action);
  }

  carry(message: unknown): unknown {
    return this.current === null ? message : new Carried(message, this.current);
  }

  follow<Value>(toMessage: (value: Value) => unknown): (value: Value) => unknown {
    const { current } = this;
    return current === null ? toMessage : (value) => new Carried(toMessage(value), current);
  }

  // ---- spans ---------------------------------------------------------------------------------------

  /** @returns the context of what is sent while a message that came with `context` is handled. */
  begin({ traceId, hops }: TraceContext): TraceContext {
    return { traceId, parentId: newSpanId(this.#random), sampled: true, hops: hops + 1 };
  }

  ended(span: Span): void {
    this.spans.add(span);
    this.#cancelDelivery ??= this.#clock.schedule(DELIVER_MS, () => this.flush());
  }

  /** A reading of the monotonic clock as milliseconds since the epoch. */
  epochOf(monotonicMs: number): number {
    // The clock's `now` may be cut to whole milliseconds, so the greatest difference seen is the truest,
    // unless the machine's time was set back.
    const epoch = this.#clock.now() - this.#clock.monotonic();
    if (epoch > this.#epoch || epoch < this.#epoch - 2) this.#epoch = epoch;
    return this.#epoch + monotonicMs;
  }

  /** Hands spans over to whom `send` leads, instead of the listener. */
  forward(send: (spans: readonly Span[]) => void): void {
    this.#deliver = send;
  }

  /** From another thread. */
  received(spans: readonly Span[]): void {
    this.#deliver(spans);
  }

  flush(): void {
    this.#cancelDelivery?.();
    this.#cancelDelivery = null;
    if (this.spans.size > 0) this.#deliver(this.spans.take());
  }
}
