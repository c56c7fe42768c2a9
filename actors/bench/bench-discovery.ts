/**
 * Finds the tasks of bench files and tries each one out, in sandboxes of the engine that will time them: a bench
 * file is not run in `realm` first, which would take it fifty times as long to make its data.
 */
import { relative, sep } from "node:path";
import type {
  EncodedInput,
  Observation,
  SandboxEngine,
  SandboxProgram,
  SandboxSeed,
} from "../../kernels/sandbox/index.ts";
import { SANDBOX_CAPS } from "../../kernels/sandbox/index.ts";
import { actorError } from "../errors.ts";
import { benchPrograms } from "./bench-program.ts";
import type { BenchListing, ListedBench } from "./inside-bench.ts";

/** One task, found and not yet measured. */
export interface FoundTask {
  /** `<file>#<bench>/<task>`: the case that its baselines are of. */
  readonly id: string;
  /** Absolute. */
  readonly file: string;
  /** Place of its bench among all that were found. */
  readonly bench: number;
  readonly name: string;
  readonly isBaseline: boolean;
  readonly callByCall: boolean;
  /** What it says itself; null: nothing. */
  readonly tolerance: number | null;
  readonly program: SandboxProgram;
  /** One call with all hooks. */
  readonly check: SandboxProgram;
}

export interface FoundBench {
  readonly file: string;
  /** null: it has none, and is the only one of its file. */
  readonly name: string | null;
}

export interface Found {
  readonly benches: readonly FoundBench[];
  readonly tasks: readonly FoundTask[];
  readonly warnings: readonly string[];
}

export interface DiscoveryRequest {
  /** Absolute. */
  readonly files: readonly string[];
  /** What names are relative to. */
  readonly directory: string;
  /** Of task ids; null: all. */
  readonly filter: RegExp | null;
  readonly seed: SandboxSeed;
}

const NO_ARGUMENTS = "[[]]" as EncodedInput;
/** No arguments, as devalue writes them. */
export const ONE_CALL: EncodedInput = NO_ARGUMENTS;

/**
 * @throws BENCH_FILE_UNREADABLE, BENCH_FILE_FAILED, BENCH_INVALID, BENCH_EMPTY, BUNDLE_FAILED,
 *   BUNDLE_DYNAMIC_IMPORT
 */
export async function findTasks(
  request: DiscoveryRequest,
  engine: SandboxEngine,
  signal: AbortSignal,
): Promise<Found> {
  const benches: FoundBench[] = [];
  const tasks: FoundTask[] = [];
  const warnings: string[] = [];
  for (const file of new Set(request.files)) {
    const programs = await benchPrograms(file);
    const listing = await listingOf(file, programs.list, request.seed, engine, signal);
    const place = relative(request.directory, file).split(sep).join("/");
    let index = 0;
    for (const [at, bench] of listing.benches.entries()) {
      const name = bench.name ?? (listing.benches.length === 1 ? null : `bench ${at + 1}`);
      for (const { name: own, ...listed } of bench.tasks) {
        const id = `${place}#${name === null ? "" : `${name}/`}${own}`;
        const made = { program: programs.task(index), check: programs.check(index) };
        tasks.push({ id, file, bench: benches.length, name: own, ...listed, ...made });
        index++;
      }
      benches.push({ file, name });
      warnings.push(...ignoredIn(bench, place));
    }
    if (listing.behind !== null) {
      warnings.push(
        `${place}: what stands behind bench.run() is not run with figures; it threw ${firstLine(listing.behind)}`,
      );
    }
  }
  refuseTwins(tasks);
  // Not by `test`, which goes on from its last match under some flags.
  const { filter } = request;
  const chosen = filter === null ? tasks : tasks.filter(({ id }) => id.search(filter) !== -1);
  if (chosen.length === 0) {
    const which = filter === null ? "" : ` that matches ${String(filter)}`;
    throw actorError("BENCH_EMPTY", `there is no task${which}`, { location: request.files.join(", ") });
  }
  return { benches, tasks: chosen, warnings };
}

async function listingOf(
  file: string,
  program: SandboxProgram,
  seed: SandboxSeed,
  engine: SandboxEngine,
  signal: AbortSignal,
): Promise<BenchListing> {
  const observation = await observe(program, seed, engine, signal);
  const text = textIn(observation);
  if (text === null) {
    throw actorError("BENCH_FILE_FAILED", `the bench file ${told(observation)}`, { location: file });
  }
  const listing: BenchListing = text === "" ? { benches: [], late: [], behind: null } : parsed(text);
  refuse(listing, file);
  return listing;
}

function parsed(text: string): BenchListing {
  return JSON.parse(text) as BenchListing;
}

function refuse({ benches, late }: BenchListing, file: string): void {
  const concurrent = benches.find((bench) => bench.concurrent);
  if (concurrent !== undefined) {
    throw actorError("BENCH_INVALID", "concurrency: calls at the same time would measure each other", {
      location: file,
    });
  }
  if (late.length === 0) return;
  throw actorError(
    "BENCH_INVALID",
    `${late.join(", ")}: added behind an await inside of a function; a sandbox evaluates a file at once`,
    { location: file, hint: "make all benches before the first await, or at the top level of the file" },
  );
}

const IGNORED: ReadonlySet<string> = new Set([
  "time",
  "iterations",
  "warmup",
  "warmupTime",
  "warmupIterations",
  "throws",
  "now",
  "timestampProvider",
  "retainSamples",
  "subtractTimerOverhead",
  "signal",
  "threshold",
]);

function ignoredIn({ name, options }: ListedBench, place: string): readonly string[] {
  const ignored = options.filter((option) => IGNORED.has(option));
  if (ignored.length === 0) return [];
  return [`${place}${name === null ? "" : ` "${name}"`}: ignored options: ${ignored.join(", ")}`];
}

function refuseTwins(tasks: readonly FoundTask[]): void {
  const seen = new Set<string>();
  for (const { id, file } of tasks) {
    if (seen.has(id)) throw actorError("BENCH_INVALID", `two tasks are called ${id}`, { location: file });
    seen.add(id);
  }
}

/** What is wrong with the task; null when it works. */
export async function faultOf(
  { check, id }: Pick<FoundTask, "check" | "id">,
  seed: SandboxSeed,
  engine: SandboxEngine,
  signal: AbortSignal,
): Promise<Error | null> {
  const observation = await observe(check, seed, engine, signal);
  const unlike = textIn(observation);
  if (unlike !== null) return actorError("BENCH_INVALID", `${id} ${unlike}`, { location: id });
  if (observation.outcome === "returned") return null;
  return actorError("BENCH_TASK_FAILED", `${id} ${told(observation)}`, { location: id });
}

async function observe(
  program: SandboxProgram,
  seed: SandboxSeed,
  engine: SandboxEngine,
  signal: AbortSignal,
): Promise<Observation> {
  const request = { program, inputs: [ONE_CALL], order: "alone", seed, limits: SANDBOX_CAPS } as const;
  return (await engine.observe(request, { signal })).observations[0]!;
}

/** The text that a call returned, or its promise; null when it was no text. */
function textIn({ outcome, text }: Observation): string | null {
  const found = /^returned (?:a promise of )?("(?:[^"\\]|\\.)*")(?:\n|$)/.exec(text);
  return outcome === "returned" && found !== null ? (JSON.parse(found[1]!) as string) : null;
}

/** What became of a call, as the end of a sentence. */
export function told({ outcome, text }: Observation): string {
  switch (outcome) {
    case "limit_exceeded":
      return `broke a limit: ${firstLine(text)}`;
    case "unavailable":
      return `needs ${firstLine(text)}, which no sandbox gives`;
    case "incomparable":
      return `gave no answer: ${firstLine(text)}`;
    case "threw":
      return thrownText(text);
    case "returned":
      return "returned";
  }
}

/** `threw TypeError: it is so`, of a thrown error; of anything else its canonical text. */
function thrownText(text: string): string {
  const error = /^(.*?(?:threw|rejected with)) (\w+)\{[^]*?"message": ("(?:[^"\\]|\\.)*")/.exec(text);
  if (error === null) return firstLine(text);
  return `${error[1]!} ${error[2]!}: ${firstLine(JSON.parse(error[3]!) as string)}`;
}

const MOST_CHARACTERS = 300;

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.slice(0, MOST_CHARACTERS);
}
