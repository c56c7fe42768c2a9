/**
 * Workloads of Savina, the actor benchmark suite (Imam and Sarkar, "Savina: An Actor Benchmark Suite",
 * AGERE 2014), as this runtime's users would write them: one file each, on one thread, every result checked.
 */
import type { ActorRef, ActorSystem, Reply } from "../../runtime/index.ts";

export interface Scenario {
  readonly name: string;
  /** What is counted a second; `operations` says how many a size has. */
  readonly unit: string;
  readonly size: number;
  readonly quickSize: number;
  readonly operations: (size: number) => number;
  /** What `play` must give. */
  readonly expected: (size: number) => number;
  readonly play: (system: ActorSystem, size: number) => Promise<number>;
}

export interface Start {
  readonly kind: "start";
  readonly reply: Reply<number>;
}

const PATIENCE_MS = 600_000;

/** Starts the scenario's first actor and waits for what it answers in the end. */
export function started(ref: ActorRef<Start>): Promise<number> {
  return ref.ask((reply: Reply<number>) => ({ kind: "start", reply }), { timeoutMs: PATIENCE_MS });
}

/** Room for so many waiting messages, where a scenario has more under way than mailboxes hold by default. */
export const roomFor = (messages: number): { readonly mailbox: { readonly capacity: number } } => ({
  mailbox: { capacity: Math.max(65_536, messages) },
});
