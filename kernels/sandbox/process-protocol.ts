/**
 * What the `process` level is asked and what it answers: commands in any language, each iteration one run in a
 * sandbox of its own that nothing survives.
 *
 *   caller                              engine
 *   run({ programs, order, limits }) -> one sandbox an entry of `order`, `workers` at a time
 *                                    <- one sample an entry, in the order asked for, and what held them
 *
 * Inside, a command sees the system's own programs read-only, an empty /tmp (its working folder is /tmp/work), a
 * /proc of its own, no network, and the environment that it is given. What it writes counts as memory, too.
 */
import type { SandboxLimits } from "./protocol.ts";

export interface ProcessProgram {
  /**
   * A command, looked up in the PATH of the sandbox (/usr/local/bin, /usr/bin, /bin), or a text in one of two
   * languages, whose start-up is paid once: see `start` of a sample.
   */
  readonly command: readonly string[] | ProcessSnippet;
  /** Written to the working folder before the command starts; paths are relative and stay inside. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Default: nothing to read. */
  readonly stdin?: string | Uint8Array;
  /** Added to PATH, HOME, TMPDIR, LANG and TZ; all else is cleared. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs as the main module, like a text that is given to `python3 -c` or `node -e`. */
export interface ProcessSnippet {
  readonly language: "python" | "node";
  readonly source: string;
}

export interface ProcessLimits extends SandboxLimits {
  /** Processes and threads at the same time. */
  readonly pids: number;
  /** Both streams together; what writes more is killed. */
  readonly outputMb: number;
}

export interface ProcessRequest {
  readonly programs: readonly ProcessProgram[];
  /** Which program each iteration runs: iterations start in this order. */
  readonly order: readonly number[];
  readonly limits: ProcessLimits;
  /** How much of each stream a sample keeps. Default: 64 KiB. */
  readonly keepBytes?: number;
}

export type ProcessLimitName = "memory" | "cpu" | "wall" | "pids" | "disk" | "output";

export type ProcessOutcome =
  | { readonly kind: "exited"; readonly code: number }
  /** Of what was spawned, an exit code of 128 + n reads the same: bubblewrap hands signals on in this form. */
  | { readonly kind: "killed"; readonly signal: string }
  | { readonly kind: "limit_exceeded"; readonly limit: ProcessLimitName }
  /** No sandbox could be started for it, three times; not a result of the program. */
  | { readonly kind: "infra_error"; readonly reason: string };

/** What was read of one stream. */
export interface ProcessStream {
  readonly bytes: Uint8Array;
  readonly truncated: boolean;
}

export interface ProcessSample {
  /** Place in the request's `order`. */
  readonly iteration: number;
  readonly program: number;
  /** Its sandbox was `forked` by a server that had started before (a snippet is a copy of it), or made from nothing. */
  readonly start: "forked" | "spawned";
  /** Of a snippet that was spawned all the same: why. */
  readonly unforked?: string;
  readonly outcome: ProcessOutcome;
  readonly stdout: ProcessStream;
  readonly stderr: ProcessStream;
  /** From the moment in which the command may start to its end; NaN where it never started. */
  readonly wallNs: number;
  /** Of all its processes; null where this machine lets nobody see it. */
  readonly cpuMs: number | null;
  /** The most memory held by all its processes, with what they wrote; null where nobody sees it. */
  readonly peakMb: number | null;
  /** What it had written when it ended; null where nobody sees it. */
  readonly diskMb: number | null;
}

/** What really held the commands, and by what means: said in every result. */
export interface ProcessIsolation {
  readonly level: "process";
  readonly carrier: "bubblewrap";
  /** e.g. `memory: "cgroup v1"`; where cgroups cannot be written to, the next best that can be had. */
  readonly enforced: Readonly<Record<string, string>>;
  readonly missing: readonly string[];
}

export interface ProcessReport {
  /** One an entry of `order`, in that order. */
  readonly samples: readonly ProcessSample[];
  /** Sandboxes that could not be started and were tried again. */
  readonly infraErrors: number;
  readonly isolation: ProcessIsolation;
}

export const KEPT_BYTES: number = 64 * 1024;
