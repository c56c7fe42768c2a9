/**
 * Stands in for `myriad-runtime/bench` and `tinybench` in a sandbox. A program (`bench-program.ts`) evaluates the
 * bench file beside a free variable of its own, in which the benches gather, and then asks the kit there:
 *
 *   list()      what there is, as JSON
 *   entries()   what is asked by name, "check <n>" or "task <n>":
 *     check     a function: one call of a task with all its hooks, to see whether it works at all
 *     task      the task's own function. Asked for the first time does setup and beforeAll, and whenever it is asked
 *               for, before each iteration, afterEach of the last call and beforeEach of the next
 *
 * `run` of a bench does nothing. While tasks are listed its promise resolves, so that benches which are made
 * behind it are seen, and refused; in what is measured it never does, and nothing behind it runs.
 */
import { BenchSurface } from "./bench-surface.ts";
import type { BenchFunction, BenchHook, BenchOptions, BenchTask } from "./bench-surface.ts";

declare const __myriadBench: Gathering;

interface Gathering {
  readonly listing: boolean;
  readonly benches: Bench[];
  /** A bench was run: what the file throws behind that is no fault of its tasks. */
  ran: boolean;
  thrown: unknown;
  kit: BenchKit | null;
}

export interface BenchKit {
  readonly list: () => Promise<string>;
  readonly entries: () => Readonly<Record<string, BenchFunction>>;
}

/** What `list` tells. */
export interface BenchListing {
  readonly benches: readonly ListedBench[];
  /** Tasks that were added when the file had been evaluated already. */
  readonly late: readonly string[];
  /** What the file threw behind the first `run`; null: nothing. */
  readonly behind: string | null;
}

export interface ListedBench {
  readonly name: string | null;
  /** Names of its options. */
  readonly options: readonly string[];
  readonly concurrent: boolean;
  readonly tasks: readonly ListedTask[];
}

export interface ListedTask {
  readonly name: string;
  readonly isBaseline: boolean;
  /** It has hooks between its calls. */
  readonly callByCall: boolean;
  readonly tolerance: number | null;
}

const LONG_ENOUGH = 1_000;

export class Bench extends BenchSurface {
  constructor(options: BenchOptions = {}) {
    super(options);
    __myriadBench.benches.push(this);
  }

  run(): Promise<BenchTask[]> {
    __myriadBench.ran = true;
    return __myriadBench.listing ? Promise.resolve(this.tasks) : new Promise(() => undefined);
  }

  runSync(): BenchTask[] {
    __myriadBench.ran = true;
    return this.tasks;
  }

  warmup(): Promise<BenchTask[]> {
    return this.run();
  }
}

export { formatNumber, mToNs, nToMs } from "./bench-surface.ts";

/** Code cannot read a clock here. */
export function hrtimeNow(): number {
  return 0;
}

export const now: () => number = hrtimeNow;
export const hrtimeNowTimestampProvider: unknown = { name: "hrtimeNow", fn: hrtimeNow };
export const performanceNowTimestampProvider: unknown = { name: "performanceNow", fn: hrtimeNow };

__myriadBench.kit = { list, entries };

function entries(): Readonly<Record<string, BenchFunction>> {
  const found: Record<string, BenchFunction> = {};
  allTasks().forEach((_, index) => {
    let turn: (() => BenchFunction) | null = null;
    Object.defineProperty(found, `check ${index}`, { value: () => check(index) });
    Object.defineProperty(found, `task ${index}`, { get: () => (turn ??= task(index))() });
  });
  return found;
}

async function list(): Promise<string> {
  const { benches, thrown } = __myriadBench;
  const known = listed(benches);
  const before = new Set(allTasks().map(({ task: one }) => one));
  for (let turn = 0; turn < LONG_ENOUGH; turn++) await Promise.resolve();
  const late = allTasks().flatMap(({ task: one }) => (before.has(one) ? [] : [one.name]));
  const behind = thrown === undefined ? null : thrown instanceof Error ? thrown.message : typeof thrown;
  const listing: BenchListing = { benches: known, late, behind };
  return JSON.stringify(listing);
}

function listed(benches: readonly Bench[]): readonly ListedBench[] {
  return benches.map(({ name, opts, tasks, concurrency }) => ({
    name: name ?? null,
    options: Object.keys(opts),
    concurrent: (concurrency ?? null) !== null,
    tasks: tasks.map(({ name: own, fnOpts }) => ({
      name: own,
      isBaseline: fnOpts.baseline === true,
      callByCall: fnOpts.beforeEach !== undefined || fnOpts.afterEach !== undefined,
      tolerance: fnOpts.tolerance ?? opts.tolerance ?? null,
    })),
  }));
}

/** Nothing when it works; text that says what cannot be run here. */
function check(index: number): unknown {
  const { bench, task: one } = allTasks()[index]!;
  const waiting = begin(bench, one) ?? hook("beforeEach", one, one.fnOpts.beforeEach);
  if (waiting !== null) return waiting;
  const result = one.fn();
  const ended = (value: unknown): string | null => end(bench, one) ?? ownMeasurement(value);
  return isThenable(result) ? result.then(ended) : ended(result);
}

/** A task of tinybench may measure itself; here it would be timed all the same, and nobody would see why. */
function ownMeasurement(value: unknown): string | null {
  if (typeof value !== "object" || value === null || !("overriddenDuration" in value)) return null;
  return value.overriddenDuration === undefined
    ? null
    : "returns an overriddenDuration: what it measures itself is not taken here";
}

function task(index: number): () => BenchFunction {
  const { bench, task: one } = allTasks()[index]!;
  const { beforeEach, afterEach } = one.fnOpts;
  begin(bench, one);
  let called = false;
  return () => {
    if (called) hook("afterEach", one, afterEach);
    hook("beforeEach", one, beforeEach);
    called = true;
    return one.fn;
  };
}

interface Placed {
  readonly bench: Bench;
  readonly task: BenchTask;
}

function allTasks(): readonly Placed[] {
  return __myriadBench.benches.flatMap((bench) => bench.tasks.map((one) => ({ bench, task: one })));
}

function begin({ setup }: Bench, one: BenchTask): string | null {
  return (
    hook("setup", one, setup === undefined ? undefined : () => setup(one, "run")) ??
    hook("beforeAll", one, one.fnOpts.beforeAll)
  );
}

function end({ teardown }: Bench, one: BenchTask): string | null {
  return (
    hook("afterEach", one, one.fnOpts.afterEach) ??
    hook("afterAll", one, one.fnOpts.afterAll) ??
    hook("teardown", one, teardown === undefined ? undefined : () => teardown(one, "run"))
  );
}

/** What is wrong when it returned a promise. */
function hook(name: string, one: BenchTask, given: BenchHook | undefined): string | null {
  if (given === undefined || !isThenable(given.call(one, "run"))) return null;
  return `has a hook ${name} that returns a promise: hooks end at once here`;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
