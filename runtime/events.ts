import type { Address, NodeName } from "./address.ts";
import type { DeadLetter } from "./dead-letters.ts";
import type { StopReason } from "./actor.ts";
import type { Directive } from "./supervision.ts";

/** Every kind of them; the compiler sees to it that none is missing. */
const KINDS: Readonly<Record<RuntimeEvent["kind"], true>> = {
  "actor-started": true,
  "actor-failed": true,
  "actor-restarted": true,
  "actor-stopped": true,
  "escalated-to-root": true,
  "stopped-hook-failed": true,
  "snapshot-failed": true,
  "dead-letter": true,
  "thread-lost": true,
  "node-reached": true,
  "node-lost": true,
  "listener-failed": true,
};
export const EVENT_KINDS = Object.keys(KINDS) as readonly RuntimeEvent["kind"][];

/** What the runtime itself publishes on `system.events`. */
export type RuntimeEvent =
  /** `initial` returned; also after a restart, following `actor-restarted`. */
  | { readonly kind: "actor-started"; readonly address: Address; readonly type: string }
  /**
   * The actor has crashed and its supervisor has decided; or one of the runtime's own has refused a message, and
   * goes on (`resume`, MESSAGE_REFUSED).
   */
  | {
      readonly kind: "actor-failed";
      readonly address: Address;
      readonly error: unknown;
      readonly directive: Directive;
    }
  | { readonly kind: "actor-restarted"; readonly address: Address; readonly error: unknown }
  | { readonly kind: "actor-stopped"; readonly address: Address; readonly reason: StopReason }
  /** A failure that no supervisor took; the top-level actor at `address` is stopped. */
  | { readonly kind: "escalated-to-root"; readonly address: Address; readonly error: unknown }
  /** A `stopped` member threw; the stop went on. */
  | { readonly kind: "stopped-hook-failed"; readonly address: Address; readonly error: unknown }
  /** A snapshot of an event-sourced actor was not saved; its events are, and it goes on. */
  | { readonly kind: "snapshot-failed"; readonly address: Address; readonly error: unknown }
  | { readonly kind: "dead-letter"; readonly letter: DeadLetter }
  /** A worker thread has died or was killed; its actors have failed. Only on the main thread. */
  | { readonly kind: "thread-lost"; readonly slot: number; readonly number: number; readonly why: string }
  /** A session with another node has begun. Only on the main thread. */
  | { readonly kind: "node-reached"; readonly node: NodeName }
  /** The session with another node, or the search for it, is over. Only on the main thread. */
  | { readonly kind: "node-lost"; readonly node: NodeName; readonly why: string }
  /** A listener of this stream threw while it was given an event of kind `during`. */
  | { readonly kind: "listener-failed"; readonly during: string; readonly error: unknown };
