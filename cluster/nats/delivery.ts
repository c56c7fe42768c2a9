/**
 * Where a message that a consumer has delivered stands, by the subject to which its acknowledgement goes. In short
 * and, since 2.10 beside it, in a longer form:
 *
 *     $JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.<consumer sequence>.<nanoseconds>.<pending>
 *     $JS.ACK.<domain>.<account>.<stream>.<consumer>. … .<pending>[.<token>]
 */

export interface Delivery {
  /** 1 for the first time. */
  readonly deliveries: number;
  readonly sequence: number;
  /** Of the consumer: grows by one with each message. */
  readonly consumerSequence: number;
  /** Milliseconds since the epoch at which the stream took the message, by the server's clock. */
  readonly storedAt: number;
  /** How many the consumer has yet to deliver. */
  readonly pending: number;
}

const SHORT_PARTS = 9;
const LONG_PARTS = 11;
const NANOS_IN_MS = 1_000_000;

/** @returns null: of no consumer */
export function deliveryOf(reply: string): Delivery | null {
  const parts = reply.split(".");
  if (parts[0] !== "$JS" || parts[1] !== "ACK") return null;
  const skipped = parts.length === SHORT_PARTS ? 0 : parts.length >= LONG_PARTS ? 2 : null;
  if (skipped === null) return null;
  const [deliveries, sequence, consumerSequence, nanos, pending] = parts
    .slice(4 + skipped, SHORT_PARTS + skipped)
    .map(Number) as [number, number, number, number, number];
  const isWhole = [deliveries, sequence, consumerSequence, pending].every(Number.isSafeInteger);
  if (!isWhole || Number.isNaN(nanos)) return null;
  return { deliveries, sequence, consumerSequence, storedAt: Math.floor(nanos / NANOS_IN_MS), pending };
}
