import type { Child, Failure } from "./family.ts";
import type { Target } from "./ref.ts";
import type { StopReason } from "./actor.ts";

/**
 * What actors' lives are steered by. System messages overtake all others and are outside the mailbox bound.
 *
 * - supervisor → child: `resume`, `halt` then `begin` (a restart is these two), `stop`
 * - child → supervisor: `failed`, `halted`, `child-stopped`
 * - watcher ↔ watched: `watch`, `unwatch`, `terminated`
 * - linker → linked: `link`, `unlink`; each then watches the other
 * - an actor → itself: `fail` (ctx.escalate)
 */
export type SystemMessage =
  | { readonly kind: "resume" }
  | { readonly kind: "halt"; readonly error: unknown }
  | { readonly kind: "begin" }
  | { readonly kind: "stop"; readonly reason: StopReason }
  | { readonly kind: "failed"; readonly child: Child; readonly failure: Failure }
  | { readonly kind: "halted"; readonly child: Child }
  | { readonly kind: "child-stopped"; readonly child: Child }
  | { readonly kind: "watch"; readonly watcher: Target }
  | { readonly kind: "unwatch"; readonly watcher: Target }
  | { readonly kind: "link"; readonly peer: Target }
  | { readonly kind: "unlink"; readonly peer: Target }
  | { readonly kind: "terminated"; readonly target: Target; readonly reason: StopReason }
  | { readonly kind: "fail"; readonly error: unknown };
