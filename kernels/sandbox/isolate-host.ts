/** What the isolate engine's work in a sandbox process is given: the process's own means, and its job. */
import type { Harness } from "./harness-script.ts";
import type { FrameKind } from "./isolate-frames.ts";
import type { EncodedInput, SandboxSeed } from "./protocol.ts";

export interface Host {
  readonly harness: Harness;
  /** Nanoseconds since an arbitrary start. */
  readonly now: () => bigint;
  /** CPU time of the whole process so far, ms. */
  readonly cpuMs: () => number;
  /** What is known of the heap that the program lives in; null where nothing is. */
  readonly heap: HostHeap | null;
  readonly emit: (kind: FrameKind, text: string) => void;
  /** What the process's own code may hand to the program beside the language. */
  readonly foreign: readonly unknown[];
  /** Evaluates a script in this realm. */
  readonly evaluate: (code: string) => unknown;
}

export interface HostHeap {
  readonly usedBytes: () => number;
  /** Watches the garbage collector; the returned function ends that. */
  readonly watch: () => () => Collected;
}

export interface Collected {
  readonly count: number;
  readonly ms: number;
  readonly freedBytes: number;
}

export interface Job {
  readonly code: string;
  readonly entry: string;
  readonly seed: SandboxSeed;
  readonly inputs: readonly EncodedInput[];
  /** Of the web, what the program is given beside the language. */
  readonly globals: readonly string[];
  readonly task: { readonly kind: "alone" | "sequence" } | MeasureTask;
}

export interface MeasureTask {
  readonly kind: "measure";
  readonly iterations: number;
  readonly warmUpIterations: number;
  readonly stretch: number;
}

export type Step = "more" | "done";
export type Factory = () => unknown;
