import type { Address } from "../address.ts";

/** The handling of one message of a trace. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** The span in whose time the message was sent; null: it is the first of its trace. */
  readonly parentSpanId: string | null;
  /** The actor type, and the message's `kind` if that is a string. */
  readonly name: string;
  readonly type: string;
  /** The message's own, if it is a string. */
  readonly kind: string | null;
  readonly address: Address;
  /** As in `system.info().threads`. */
  readonly thread: number;
  /** Milliseconds since the epoch, with fractions. Clocks of different threads agree to about 1 ms. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** Time in the mailbox; 0 for timers and piped results. */
  readonly waitedMs: number;
  /** What `receive` threw. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Spans that have ended and wait to be delivered, the oldest first. What finds no room is dropped and counted. */
export class SpanBuffer {
  ended = 0;
  dropped = 0;
  readonly #capacity: number;
  #spans: Span[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#spans.length;
  }

  add(span: Span): void {
    this.ended += 1;
    if (this.#spans.length < this.#capacity) this.#spans.push(span);
    else this.dropped += 1;
  }

  /** Empties it. */
  take(): readonly Span[] {
    const spans = this.#spans;
    this.#spans = [];
    return spans;
  }
}
