/** What the main thread and a worker say to each other outside the rings. */
import type { MessagePort } from "node:worker_threads";
import { decodeError, encodeError, type WireError } from "../contracts/index.ts";
import type { DeadLetter } from "../dead-letters.ts";
import type { RuntimeEvent } from "../events.ts";
import type { MeasureRequest } from "../telemetry/gatherer.ts";
import type { ThreadMetrics } from "../telemetry/metrics.ts";
import type { Span } from "../telemetry/span.ts";
import type { TelemetrySeed } from "../telemetry/telemetry-options.ts";
import type { LinkMemory } from "./link.ts";

export interface LinkSeed extends LinkMemory {
  readonly port: MessagePort;
}

/** All that a worker begins with. */
export interface ThreadSeed {
  readonly thread: number;
  readonly node: string;
  /** URL of the app module. */
  readonly app: string;
  /** null: no memory is shared. */
  readonly lobby: SharedArrayBuffer | null;
  /** Who sits where. */
  readonly slots: readonly number[];
  readonly links: readonly LinkSeed[];
  readonly telemetry: TelemetrySeed | null;
}

export type ToThread =
  | { readonly kind: "ping" }
  // In the place of a lost thread another one sits: first the link to it, then its seat, then the loss.
  | { readonly kind: "connect"; readonly link: LinkSeed }
  | { readonly kind: "seat"; readonly slot: number; readonly thread: number }
  | { readonly kind: "lost"; readonly thread: number }
  | MeasureRequest
  | { readonly kind: "shutdown" };

export type FromThread =
  | { readonly kind: "ready" }
  | { readonly kind: "pong" }
  | { readonly kind: "dead-letter"; readonly letter: DeadLetter }
  | {
      readonly kind: "measured";
      readonly thread: number;
      readonly request: number;
      readonly metrics: ThreadMetrics;
    }
  | { readonly kind: "spans"; readonly spans: readonly Span[] }
  | EventMessage;

interface EventMessage {
  readonly kind: "event";
  readonly event: RuntimeEvent;
  /** Its errors, which lose their class on the way. */
  readonly error: WireError | null;
}

/** What a worker always tells the main thread: all that is rare and matters. */
export const FORWARDED: readonly RuntimeEvent["kind"][] = [
  "actor-failed",
  "actor-restarted",
  "escalated-to-root",
  "stopped-hook-failed",
  "listener-failed",
];

export function letterMessage(letter: DeadLetter): FromThread {
  return { kind: "dead-letter", letter: { ...letter, message: sendable(letter.message) } };
}

export function eventMessage(event: RuntimeEvent): FromThread {
  if ("error" in event)
    return { kind: "event", event: { ...event, error: null }, error: encodeError(event.error) };
  if (event.kind === "actor-stopped" && "error" in event.reason) {
    const reason = { ...event.reason, error: null };
    return { kind: "event", event: { ...event, reason }, error: encodeError(event.reason.error) };
  }
  return { kind: "event", event, error: null };
}

export function withErrors({ event, error }: EventMessage): RuntimeEvent {
  if (error === null) return event;
  if ("error" in event) return { ...event, error: decodeError(error) };
  if (event.kind === "actor-stopped" && "error" in event.reason) {
    return { ...event, reason: { ...event.reason, error: decodeError(error) } };
  }
  return event;
}

/** The message itself where it is data, else its description. */
function sendable(message: unknown): unknown {
  try {
    return structuredClone(message);
  } catch {
    return Object.prototype.toString.call(message);
  }
}
