/**
 * What a bench file writes against: the most used part of tinybench's surface, without anything that runs. Two
 * classes stand on it: `bench.ts`, which users import, and `inside-bench.ts`, which takes its place in a sandbox.
 * Pure ECMAScript.
 */

/** What a task does, and its hooks; `this` is the task in hooks alone. */
export type BenchFunction = () => unknown;
/** Runs outside of what is timed. It must end at once: a hook that returns a promise is refused. */
export type BenchHook = (this: BenchTask, mode?: "run" | "warmup") => unknown;

/** Of one task. */
export interface BenchTaskOptions {
  /** Once a fork. */
  readonly beforeAll?: BenchHook;
  /** Before every call: an iteration of such a task is one call. */
  readonly beforeEach?: BenchHook;
  /** After every call, in the same way. */
  readonly afterEach?: BenchHook;
  /** Once, when the task is tried out: a fork that ends leaves nothing to clear away. */
  readonly afterAll?: BenchHook;
  /** The others of its bench are compared with this one; without any, with the fastest. */
  readonly baseline?: boolean;
  /** The relative change that does not matter, in [0, 1); default: what its bench says, or 0.02. */
  readonly tolerance?: number;
  /** Not needed: whether a task returns promises is found out. */
  readonly async?: boolean;
  /** Ignored: every sample is kept with a baseline. */
  readonly retainSamples?: boolean;
  /** Ignored: Ctrl-C ends a run. */
  readonly signal?: AbortSignal;
}

/** Of a bench. All but `name`, `tolerance`, `setup` and `teardown` are tinybench's and ignored, `concurrency` is refused. */
export interface BenchOptions {
  /** Stands in the names of its baselines. */
  readonly name?: string;
  /** Of its tasks that say none. */
  readonly tolerance?: number;
  /** Before `beforeAll` of each task. */
  readonly setup?: (task?: BenchTask, mode?: "run" | "warmup") => unknown;
  /** As `afterAll`. */
  readonly teardown?: (task?: BenchTask, mode?: "run" | "warmup") => unknown;
  readonly time?: number;
  readonly iterations?: number;
  readonly warmup?: boolean;
  readonly warmupTime?: number;
  readonly warmupIterations?: number;
  readonly throws?: boolean;
  readonly now?: () => number;
  readonly timestampProvider?: unknown;
  readonly retainSamples?: boolean;
  readonly subtractTimerOverhead?: boolean;
  readonly signal?: AbortSignal;
  /** Calls that run at the same time measure each other: refused. */
  readonly concurrency?: "task" | "bench" | null;
  readonly threshold?: number;
}

/** One named function of a bench. */
export interface BenchTask {
  readonly name: string;
  readonly fn: BenchFunction;
  readonly fnOpts: BenchTaskOptions;
  readonly runs: number;
  /** Never there: results are printed by `myriad bench`, and are not told to the file. */
  readonly result: BenchResult | undefined;
  /** Nothing happens in a bench file that could be listened to. */
  addEventListener(type: string, listener: unknown): void;
  removeEventListener(type: string, listener: unknown): void;
  reset(): void;
}

/** tinybench's figures of a task, so that files which print them compile. */
export interface BenchResult {
  readonly latency: BenchStatistics;
  readonly throughput: BenchStatistics;
}

/** One of them. */
export interface BenchStatistics {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly p50: number;
  readonly p75: number;
  readonly p99: number;
  readonly sd: number;
  readonly rme: number;
}

/** A list of tasks; how it is run is said by who extends it. */
export abstract class BenchSurface {
  readonly name: string | undefined;
  readonly opts: BenchOptions;
  /** Gives no rows: `myriad bench` prints the table. */
  readonly table: (convert?: (task: BenchTask) => Record<string, unknown>) => Record<string, unknown>[] =
    () => [];
  /** Nothing happens in a bench file that could be listened to. */
  readonly addEventListener: (type: string, listener: unknown) => void = nothing;
  readonly removeEventListener: (type: string, listener: unknown) => void = nothing;
  readonly reset: () => void = nothing;
  /** tinybench takes these as options, and lets them be set later, too. */
  concurrency: BenchOptions["concurrency"];
  threshold: number | undefined;
  setup: BenchOptions["setup"];
  teardown: BenchOptions["teardown"];
  readonly #tasks = new Map<string, BenchTask>();

  constructor(options: BenchOptions = {}) {
    requireTolerance(options.tolerance);
    this.name = options.name;
    this.opts = options;
    this.concurrency = options.concurrency;
    this.threshold = options.threshold;
    this.setup = options.setup;
    this.teardown = options.teardown;
  }

  /** In the order in which they were added. */
  get tasks(): BenchTask[] {
    return [...this.#tasks.values()];
  }

  get results(): (BenchResult | undefined)[] {
    return this.tasks.map(({ result }) => result);
  }

  /** @throws a TypeError when it is not named or no function, or when another one has its name */
  add(name: string, fn: BenchFunction, fnOpts: BenchTaskOptions = {}): this {
    if (typeof name !== "string" || name === "") throw new TypeError("a task needs a name");
    if (typeof fn !== "function") throw new TypeError(`the task "${name}" is no function`);
    requireTolerance(fnOpts.tolerance);
    if (this.#tasks.has(name)) {
      throw new TypeError(`two tasks are called "${name}"; each needs a name of its own`);
    }
    const silent = { addEventListener: nothing, removeEventListener: nothing, reset: nothing };
    this.#tasks.set(name, { name, fn, fnOpts, runs: 0, result: undefined, ...silent });
    return this;
  }

  remove(name: string): this {
    this.#tasks.delete(name);
    return this;
  }

  getTask(name: string): BenchTask | undefined {
    return this.#tasks.get(name);
  }

  abstract run(): Promise<BenchTask[]>;
  abstract runSync(): BenchTask[];
}

function nothing(): void {
  return undefined;
}

function requireTolerance(tolerance: number | undefined): void {
  if (tolerance === undefined || (tolerance >= 0 && tolerance < 1)) return;
  throw new TypeError(`tolerance is a share from 0 to below 1, and not ${String(tolerance)}`);
}

/** Milliseconds as nanoseconds. */
export function mToNs(ms: number): number {
  return ms * 1e6;
}

/** Nanoseconds as milliseconds. */
export function nToMs(ns: number): number {
  return ns / 1e6;
}

/** With up to two decimals below a hundred, as tables of tinybench have it. */
export function formatNumber(value: number): string {
  return value.toFixed(Math.abs(value) < 100 ? 2 : 0);
}
