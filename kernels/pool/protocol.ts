/** What crosses between the pool and its workers: one job in, notices by its own port, one reply out. */
import type { MessagePort } from "node:worker_threads";
import type { WireError } from "../../runtime/contracts/index.ts";

export interface Job {
  readonly kernel: string;
  readonly module: string;
  readonly export: string;
  readonly input: unknown;
  /** Where notices go; null when the caller asked for none. */
  readonly notices: MessagePort | null;
}

export type Notice =
  /** The kernel's module is loaded and its function is about to be called: the deadline counts from here. */
  { readonly kind: "started" } | { readonly kind: "progress"; readonly value: unknown };

export type Reply =
  | { readonly kind: "done"; readonly output: unknown }
  | { readonly kind: "failed"; readonly error: WireError };
