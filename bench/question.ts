/** A question that the bench answers, and what it is given to do so. One file a question. */
import type { BenchRow } from "./bench-row.ts";

export type Peers = "js" | "all";

export interface BenchOptions {
  /** Fewer repetitions: to see that it works, not for figures to rely on. */
  readonly quick: boolean;
  /** Equal seeds give equal inputs, fork orders and simulations; durations are the machine's own. */
  readonly seed: number;
  /** Whom to measure against: `js`, or `all`, which installs Erlang/OTP and CAF where they are missing. */
  readonly peers: Peers;
  readonly signal: AbortSignal;
  /** A line on what is done and how long it still takes; it goes to stderr. */
  readonly progress: (text: string) => void;
}

export interface Question {
  readonly name: string;
  /** What it answers, in one line. */
  readonly about: string;
  /** How long on two idle cores, e.g. `20 min, --quick 2 min`. */
  readonly takes: string;
  /** A missed target is a failure of the product (exit code 1), not just a figure. */
  readonly guards: boolean;
  /** @throws BENCH_WORK_INVALID for a row whose work was not done; BENCH_INTERRUPTED. */
  readonly answer: (options: BenchOptions) => Promise<readonly BenchRow[]>;
}
