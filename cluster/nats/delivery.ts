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
  if (!reply.startsWith("$JS.ACK.")) return null;
  const parts = reply.split(".");
  const at = parts.length === SHORT_PARTS ? 4 : parts.length >= LONG_PARTS ? 6 : parts.length;
  const deliveries = Number(parts[at]);
  const sequence = Number(parts[at + 1]);
  const consumerSequence = Number(parts[at + 2]);
  const storedAt = Math.floor(Number(parts[at + 3]) / NANOS_IN_MS);
  const pending = Number(parts[at + 4]);
  // One that is no number makes the sum none.
  const isWhole = Number.isSafeInteger(deliveries + sequence + consumerSequence + storedAt + pending);
  return isWhole ? { deliveries, sequence, consumerSequence, storedAt, pending } : null;
}
