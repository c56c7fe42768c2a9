/**
 * What a sandbox is asked and what it answers: the one page that both engines, their workers and their
 * callers share.
 *
 * A sandbox runs one exported function of a bundled program on encoded inputs. "Fresh" means: module state,
 * globals, prototypes, time and the random seed are the same at the start of every run. Two engines:
 *
 *   realm    QuickJS in WebAssembly, its whole memory written back before every run. For behaviour,
 *            robustness, hostile code; its tick count is a cost metric without noise.
 *   isolate  a disposable child process of the running runtime with frozen intrinsics and a fresh closure
 *            a run. For time.
 *
 * Observations of one engine are compared with each other, never across engines: error messages, locale
 * functions and stack depth are the engine's own.
 */

/** `process` runs commands, and is asked in another form: `process-protocol.ts`. */
export type EngineName = "realm" | "isolate" | "trusted" | "process";

/** What one sandbox may use. */
export interface SandboxLimits {
  readonly memoryMb: number;
  readonly cpuSeconds: number;
  readonly diskMb: number;
  readonly wallSeconds: number;
}

/** The caps; a task may only lower them. The network is always off. */
export const SANDBOX_CAPS: SandboxLimits = { memoryMb: 2048, cpuSeconds: 30, diskMb: 500, wallSeconds: 60 };

export interface SandboxProgram {
  /**
   * Source of one function expression without parameters. Each call evaluates the bundled module anew and
   * returns its exports object: `(function () { …; return exports; })`.
   */
  readonly code: string;
  /** Export under test. */
  readonly entry: string;
  /** SHA-256 of code and entry, hex: equal digests run the same program. */
  readonly digest: string;
}

/** The argument list of one call, written by devalue's `stringify` (aliasing, Map, Set, Date, BigInt, −0 kept). */
export type EncodedInput = string & { readonly brand: "EncodedInput" };

/** What stands in for chance and time inside: `Math.random`'s seed and the frozen `Date.now()`. */
export interface SandboxSeed {
  readonly random: number;
  readonly epochMs: number;
}

export type Outcome =
  | "returned"
  | "threw"
  /** Memory, CPU or wall limit, or the stack, was exceeded; `text` says which. */
  | "limit_exceeded"
  /** The result holds what has no canonical form (a function, a WeakMap, a promise that never settles …); `text` says where. */
  | "incomparable"
  /** It reached for something that no sandbox gives (fs, net, process, fetch …); `text` names it. */
  | "unavailable";

export interface Observation {
  readonly outcome: Outcome;
  /**
   * Canonical form of the call's whole visible effect: the returned value or thrown error, and the
   * arguments afterwards, as one graph. Equal texts mean equal by Object.is for primitives, key order,
   * prototype, property attributes, aliasing and iteration order.
   */
  readonly text: string;
}

/** What really held the code, said in every result. */
export interface Isolation {
  readonly engine: EngineName;
  readonly carrier: "quickjs-wasm" | "bubblewrap" | "isolated-vm" | "permission" | "worker-thread";
  /** e.g. `memory`, `cpu`, `wall`, `disk`, `network`, `filesystem`, `processes`. */
  readonly enforced: readonly string[];
  readonly missing: readonly string[];
}

export interface ObserveRequest {
  readonly program: SandboxProgram;
  readonly inputs: readonly EncodedInput[];
  /** `alone`: each input in its own fresh sandbox. `sequence`: all of them, in order, in one. */
  readonly order: "alone" | "sequence";
  readonly seed: SandboxSeed;
  readonly limits: SandboxLimits;
  /** Ends `alone` at the first input that breaks a limit: each that does costs its whole limit. Default: false. */
  readonly untilLimit?: boolean;
}

export interface ObserveResult {
  /** One an input, same order; with `untilLimit` the last one may be the one that broke a limit. */
  readonly observations: readonly Observation[];
  readonly isolation: Isolation;
}

/** Of observations in the order of their inputs what was asked for; behind a broken limit some may be missing. */
export function askedFor(
  { order, untilLimit = false }: Pick<ObserveRequest, "order" | "untilLimit">,
  observations: readonly (Observation | undefined)[],
): readonly Observation[] {
  const stops = untilLimit && order === "alone";
  const broken = observations.findIndex((observation) => observation?.outcome === "limit_exceeded");
  return (stops && broken >= 0 ? observations.slice(0, broken + 1) : observations) as readonly Observation[];
}

/** One fork: a fresh engine instance (realm) or process (isolate) that runs the batch many times. */
export interface MeasureRequest {
  readonly program: SandboxProgram;
  /** One iteration calls the entry once with each of these, in order, in one fresh sandbox. */
  readonly batch: readonly EncodedInput[];
  readonly iterations: number;
  /** Iterations run first and thrown away. */
  readonly warmUpIterations: number;
  /**
   * Isolate only: iterations timed together, each in a fresh closure with arguments of its own, so that the clock
   * can tell what a single one would take; a sample is their mean, and so is a warm-up time. One by one all the
   * same where the program returns promises, draws from chance or changes what its realm's runs share. Default: 1.
   */
  readonly stretch?: number;
  readonly seed: SandboxSeed;
  readonly limits: SandboxLimits;
}

export interface ForkMeasurement {
  /** Time of one iteration's calls in ns (inputs made and results dropped outside of it), NaN where none was taken; length `iterations`. */
  readonly wallNs: Float64Array;
  /** Realm only: the engine's polls (calls and turns of loops) an iteration, the same on every machine; empty in `isolate`. */
  readonly ticks: Float64Array;
  /** Iterations that broke a limit, or whose calls returned and threw in another pattern than the first one's. */
  readonly failures: number;
  /** Of the fork, CPU time in ms. */
  readonly cpuMs: number;
  /** Of the fork, the most memory ever held, MB (realm: the linear memory; isolate: the resident set above where it stood before the program was loaded). */
  readonly peakMb: number;
  /**
   * Observation texts of one more batch, run last and in `sequence` order: what was timed is what was checked.
   * In `isolate` its calls come by the same loop as those that were timed, so that no program can tell them apart.
   */
  readonly proof: readonly Observation[];
  readonly isolation: Isolation;
  /** Of snippets, which are commands in one of two languages; absent of all else. */
  readonly start?: SnippetStart;
  /** Isolate only; absent when the fork did not live to say. */
  readonly conditions?: ForkConditions;
}

/** How the processes of a snippet began: as copies of an interpreter that runs already, or each from nothing. */
export interface SnippetStart {
  readonly kind: "forked" | "spawned";
  /** Why they were spawned; null of what was forked. */
  readonly why: string | null;
}

/** What a fork was timed under. */
export interface ForkConditions {
  /** Times of the warm-up iterations, in order, as `wallNs` but for the timer's overhead; NaN where none was taken. */
  readonly warmUpNs: Float64Array;
  readonly timer: {
    /** The smallest step of the clock between two looks, one after the other. */
    readonly resolutionNs: number;
    /** What an iteration takes that calls nothing: taken off every sample. */
    readonly overheadNs: number;
  };
  /** Iterations timed together in the end. */
  readonly stretch: number;
  /** CPU time of the process over all timed iterations, ms: the work between their calls is in it. */
  readonly cpuMs: number;
  /** Garbage collections during the timed iterations; null where the engine does not tell. */
  readonly collections: { readonly count: number; readonly ms: number } | null;
  /** Heap that one iteration's calls allocate, bytes; null where the engine does not tell. */
  readonly allocatedBytes: number | null;
}

/** Runs a generator module: its export is called once as `entry(random, count)` and returns an array of argument lists. */
export interface GenerateRequest {
  readonly program: SandboxProgram;
  readonly count: number;
  readonly seed: SandboxSeed;
  readonly limits: SandboxLimits;
}

/** Both engines implement this and pass one contract suite. */
export interface SandboxEngine {
  readonly name: EngineName;
  observe(request: ObserveRequest, options?: SandboxCallOptions): Promise<ObserveResult>;
  measure(request: MeasureRequest, options?: SandboxCallOptions): Promise<ForkMeasurement>;
}

export interface SandboxCallOptions {
  readonly signal?: AbortSignal;
  /** Called with the number of iterations done so far, now and then. */
  readonly onProgress?: (iterations: number) => void;
}
