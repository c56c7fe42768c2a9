/**
 * A task: which function, towards what, on which inputs, how often. Read from a task file (YAML or JSON) or
 * from the quick form `path#export`; everything that was left out has its default here.
 */
import { readFileSync, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { FunctionRef } from "../../kernels/syntax/index.ts";
import { SANDBOX_CAPS } from "../../kernels/sandbox/index.ts";
import type { SandboxLimits } from "../../kernels/sandbox/index.ts";
import { commandCase, commandLine, completeCommand } from "../command/command.ts";
import type { CommandSurroundings, CommandText, TaskCommands } from "../command/command.ts";
import { actorError } from "../errors.ts";
import { levelFor, metricOf, requireMeasurable } from "./level.ts";
import type { Level } from "./level.ts";
import { parseTaskText } from "./task-text.ts";

/** What a task can ask to be measured. */
export type MetricName = "wall_time" | "cpu_time" | "heap_allocated" | "peak_memory" | "ticks";

/** One thing that is measured, and which way is better. */
export interface MetricSpec {
  /** A `MetricName`; any word where `of` says what it is. */
  readonly name: string;
  readonly unit: string;
  readonly direction: "lower" | "higher";
  /** Relative change that does not count; default 0.02. */
  readonly tolerance: number;
  /** The task's own: a function (result, ...args) that gives one number a call; evaluated in the sandbox. */
  readonly of?: FunctionRef;
}

/** What a session is to do, complete: every default is filled in. */
export interface Task {
  readonly id: string;
  /** The task file's absolute path; null for the quick form. */
  readonly source: string | null;
  /** Of a command: no file, and the command line as name. */
  readonly subject: FunctionRef;
  /** One sentence; what counts as better is the first of `metrics`. */
  readonly goal: string;
  /** Generator module; null: examples, else the parameter types. */
  readonly inputs: FunctionRef | null;
  readonly examples: readonly (readonly unknown[])[] | null;
  /** Of a task that is about commands; `subject` and `candidate` then only name them. */
  readonly commands?: TaskCommands;
  /** A hand-written candidate; null: the search makes one. */
  readonly candidate: FunctionRef | null;
  readonly constraints: readonly string[];
  readonly metrics: readonly [MetricSpec, ...MetricSpec[]];
  /** Sandboxes a version. */
  readonly runs: number;
  readonly workers: number | null;
  /** null: a seed is drawn. */
  readonly seed: number | null;
  /** Tag, or `release`, that `burst` compares with; null: the case's current one. */
  readonly baseline: string | null;
  /** `may_change`: `compare` and `ci` measure two versions although they give different results; `run` never does. */
  readonly behaviour: Behaviour;
  readonly limits: SandboxLimits;
  /** Where the metrics are measured. Absent in journals of before there was a choice: `isolate`. */
  readonly level?: Level;
  /** A verdict is given even where the machine is too noisy for one. Absent in journals of before there was such a rule. */
  readonly allowNoise?: boolean;
  /** The burst ends as soon as it is decided, `runs` is the most; the tests are then always-valid ones. Absent as `allowNoise`. */
  readonly stopEarly?: boolean;
}

export type Behaviour = "same" | "may_change";

export const DEFAULT_RUNS = 10_000;
/** Of commands: starting one takes as long as thousands of calls. */
const DEFAULT_COMMAND_RUNS = 200;
export const DEFAULT_TOLERANCE = 0.02;

const DEFAULT_METRICS = {
  wall_time: { name: "wall_time", unit: "ns", direction: "lower", tolerance: DEFAULT_TOLERANCE },
  cpu_time: { name: "cpu_time", unit: "ns", direction: "lower", tolerance: DEFAULT_TOLERANCE },
  heap_allocated: { name: "heap_allocated", unit: "B", direction: "lower", tolerance: DEFAULT_TOLERANCE },
  peak_memory: { name: "peak_memory", unit: "MB", direction: "lower", tolerance: 0.1 },
  ticks: { name: "ticks", unit: "ticks", direction: "lower", tolerance: 0 },
} as const satisfies Readonly<Record<MetricName, MetricSpec>>;

/** Names of all metrics, as a task may ask for them. */
export const METRIC_NAMES: readonly MetricName[] = Object.keys(DEFAULT_METRICS) as readonly MetricName[];

/** Whether it is what its name alone asks for. */
export function isDefaultMetric({ name, unit, direction, tolerance, of }: MetricSpec): boolean {
  if (of !== undefined) return false;
  const usual = DEFAULT_METRICS[name as MetricName];
  return unit === usual.unit && direction === usual.direction && tolerance === usual.tolerance;
}

/** The task file as it is written, checked against the schema. */
export interface TaskText {
  readonly id: string;
  readonly subject: string | CommandText;
  readonly goal?: string;
  readonly inputs?: string;
  readonly candidate?: string | CommandText;
  readonly examples?: readonly (readonly unknown[])[];
  readonly constraints?: readonly string[];
  readonly metrics?: readonly {
    readonly name: string;
    readonly of?: string;
    readonly unit?: string;
    readonly direction?: "lower" | "higher";
    readonly tolerance?: number;
  }[];
  readonly runs?: number;
  readonly workers?: number;
  readonly seed?: number;
  readonly baseline?: string;
  readonly behaviour?: Behaviour;
  readonly limits?: Partial<SandboxLimits>;
  readonly level?: Level;
  readonly allowNoise?: boolean;
  readonly stopEarly?: boolean;
}

/** What the command line may set over a task. */
export interface TaskOverrides {
  readonly inputs?: string;
  readonly candidate?: string;
  readonly runs?: number;
  readonly workers?: number;
  readonly seed?: number;
  /** Tag, or `release`: what `burst` compares with. */
  readonly baseline?: string;
  readonly allowNoise?: boolean;
  readonly stopEarly?: boolean;
  readonly level?: Level;
  readonly behaviour?: Behaviour;
  /** The one metric to measure, with its defaults, instead of the task's. */
  readonly metric?: MetricName;
}

/**
 * Reads a task file, or makes a task of the quick form.
 * @param text a task file's path, or `path#export`.
 * @throws TASK_FILE_UNREADABLE, TASK_INVALID (naming line and field), SUBJECT_REFERENCE_INVALID.
 */
export function readTask(text: string, directory: string, overrides: TaskOverrides = {}): Task {
  const isFile = /\.(ya?ml|json)$/i.test(text);
  const written = isFile ? readTaskFile(resolve(directory, text)) : quickForm(text, directory);
  const base = isFile ? dirname(resolve(directory, text)) : directory;
  return completeTask(
    written,
    { source: isFile ? resolve(directory, text) : null, base, directory },
    overrides,
  );
}

/** The task of `compare`: the right function against the left one. @throws SUBJECT_REFERENCE_INVALID */
export function compareTask(
  left: string,
  right: string,
  directory: string,
  overrides: TaskOverrides = {},
): Task {
  return { ...readTask(left, directory, { ...overrides, candidate: right }), goal: "compare two versions" };
}

/**
 * The task of `burst` or `compare` of commands: each a line as one would write it for a shell.
 * @param lines one, or the one to compare it with behind it
 * @throws TASK_INVALID
 */
export function commandTask(
  lines: readonly string[],
  more: Pick<CommandSurroundings, "files" | "readable">,
  directory: string,
  overrides: TaskOverrides = {},
): Task {
  return taskOfTexts(lines, "commands", (command) => ({ command, ...more }), directory, overrides);
}

/**
 * The task of `burst` or `compare` of snippets.
 * @param paths of one, or of the one to compare it with behind it
 * @throws TASK_INVALID
 */
export function snippetTask(
  paths: readonly string[],
  more: Pick<CommandSurroundings, "files" | "readable">,
  directory: string,
  overrides: TaskOverrides = {},
): Task {
  return taskOfTexts(paths, "snippets", (snippet) => ({ snippet, ...more }), directory, overrides);
}

function taskOfTexts(
  [subject = "", candidate]: readonly string[],
  what: string,
  sideOf: (text: string) => CommandText,
  directory: string,
  overrides: TaskOverrides,
): Task {
  const side = { id: commandCase(subject), subject: sideOf(subject) };
  const other = candidate === undefined ? {} : { candidate: sideOf(candidate), goal: `compare two ${what}` };
  return completeTask({ ...side, ...other }, { source: null, base: directory, directory }, overrides);
}

function readTaskFile(file: string): TaskText {
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (cause) {
    throw actorError("TASK_FILE_UNREADABLE", `cannot read the task file ${file}`, { cause, location: file });
  }
  return parseTaskText(content, file);
}

function quickForm(text: string, directory: string): TaskText {
  const ref = functionRef(text, directory);
  return { id: `${relative(directory, ref.file)}#${ref.exportName}`, subject: text };
}

export interface TaskPlace {
  readonly source: string | null;
  /** What the task's own paths are relative to. */
  readonly base: string;
  /** What the command line's paths are relative to. */
  readonly directory: string;
}

/** Fills in what was left out. @throws SUBJECT_REFERENCE_INVALID, TASK_INVALID */
export function completeTask(
  written: TaskText,
  { source, base, directory }: TaskPlace,
  overrides: TaskOverrides = {},
): Task {
  const candidate = overrides.candidate ?? null;
  const inputs = overrides.inputs ?? null;
  const commands = commandsOf(written, overrides, base);
  const { metric } = overrides;
  const asked = metric === undefined ? written : { ...written, metrics: [{ name: metric }] };
  const wanted = overrides.level ?? (metric === undefined ? written.level : undefined);
  const [first = DEFAULT_METRICS[metricOf(wanted)], ...rest] = metricsOf(asked, base, source);
  const level = commands === null ? (wanted ?? levelFor([first, ...rest])) : "process";
  requireMeasurable(level, [first, ...rest], source ?? written.id);
  return {
    id: written.id,
    source,
    subject: refOf(written.subject, base),
    ...(commands === null ? {} : { commands }),
    goal: written.goal ?? "faster, with the same behaviour",
    inputs: inputs !== null ? functionRef(inputs, directory) : optionalRef(written.inputs, base),
    examples: inputs !== null ? null : (written.examples ?? null),
    candidate: candidate !== null ? functionRef(candidate, directory) : optionalRef(written.candidate, base),
    constraints: written.constraints ?? [],
    metrics: [first, ...rest],
    runs: overrides.runs ?? written.runs ?? (commands === null ? DEFAULT_RUNS : DEFAULT_COMMAND_RUNS),
    workers: overrides.workers ?? written.workers ?? null,
    seed: overrides.seed ?? written.seed ?? null,
    baseline: overrides.baseline ?? written.baseline ?? null,
    behaviour: overrides.behaviour ?? written.behaviour ?? "same",
    limits: lowered(written.limits ?? {}),
    level,
    allowNoise: overrides.allowNoise ?? written.allowNoise ?? false,
    stopEarly: overrides.stopEarly ?? written.stopEarly ?? false,
  };
}

/** @throws TASK_INVALID, SUBJECT_REFERENCE_INVALID */
function metricsOf({ metrics = [] }: TaskText, base: string, location: string | null): readonly MetricSpec[] {
  const refuse = (message: string): Error =>
    actorError("TASK_INVALID", message, location === null ? {} : { location });
  const names = metrics.map(({ name }) => name);
  const twin = names.find((name, at) => names.indexOf(name) < at);
  if (twin !== undefined) throw refuse(`metrics names ${twin} more than once`);
  if (metrics.length > 0 && metrics.every(({ of }) => of !== undefined)) {
    throw refuse("metrics names none that is measured; put wall_time beside the task's own");
  }
  return metrics.map(({ of, ...metric }) => ({
    ...(of === undefined ? DEFAULT_METRICS[metric.name as MetricName] : OWN_METRIC),
    ...metric,
    ...(of === undefined ? {} : { of: functionRef(of, base) }),
  }));
}

/** What its schema does not ask an own metric for. */
const OWN_METRIC = { unit: "", direction: "lower", tolerance: DEFAULT_TOLERANCE } as const;

/** null: the task is about functions. @throws TASK_INVALID */
function commandsOf(written: TaskText, overrides: TaskOverrides, base: string): TaskCommands | null {
  const { id, subject, candidate, metrics = [] } = written;
  const refuse = (message: string): Error =>
    actorError("TASK_INVALID", `${id}: ${message}`, { location: id });
  if (typeof subject === "string") {
    if (candidate === undefined || typeof candidate === "string") return null;
    throw refuse("a function is compared with a function, not with a command");
  }
  const asked = { ...written, ...overrides };
  const odd = (["inputs", "examples", "constraints", "level"] as const).find(
    (field) => asked[field as keyof typeof asked] !== undefined,
  );
  if (odd !== undefined) throw refuse(`${odd} is of functions, and the subject is a command`);
  const own = metrics.find(({ of }) => of !== undefined);
  if (own !== undefined) throw refuse(`the metric ${own.name} is of functions, and the subject is a command`);
  if (typeof asked.candidate === "string") {
    throw refuse("a command is compared with a command, not with a function");
  }
  return {
    subject: completeCommand(subject, base),
    candidate: asked.candidate === undefined ? null : completeCommand(asked.candidate, base),
  };
}

/** A command has no file. */
function refOf(written: string | CommandText, base: string): FunctionRef {
  if (typeof written === "string") return functionRef(written, base);
  return { file: "", exportName: commandLine(completeCommand(written, base)) };
}

/** `path#export`, or the line of a command. */
export function refName({ file, exportName }: FunctionRef): string {
  return file === "" ? exportName : `${file}#${exportName}`;
}

function optionalRef(written: string | CommandText | undefined, base: string): FunctionRef | null {
  return written === undefined ? null : refOf(written, base);
}

/** Each limit is the smaller of the asked one and the cap. */
function lowered(asked: Partial<SandboxLimits>): SandboxLimits {
  const limit = (name: keyof SandboxLimits): number =>
    Math.min(asked[name] ?? SANDBOX_CAPS[name], SANDBOX_CAPS[name]);
  return {
    memoryMb: limit("memoryMb"),
    cpuSeconds: limit("cpuSeconds"),
    diskMb: limit("diskMb"),
    wallSeconds: limit("wallSeconds"),
  };
}

/**
 * `path#export`, the path relative to `base`; or `package#export` for an installed npm package, found as
 * Node would find it from `base`.
 */
export function functionRef(text: string, base: string): FunctionRef {
  const cut = text.lastIndexOf("#");
  const path = text.slice(0, cut);
  const exportName = text.slice(cut + 1);
  if (cut <= 0 || exportName === "") {
    throw actorError("SUBJECT_REFERENCE_INVALID", `"${text}" does not name a function`, { location: text });
  }
  return { file: modulePath(path, base), exportName };
}

function modulePath(path: string, base: string): string {
  const file = isAbsolute(path) ? path : resolve(base, path);
  if (path.startsWith(".") || isAbsolute(path) || existsSync(file)) return file;
  try {
    return createRequire(pathToFileURL(resolve(base, "package.json"))).resolve(path);
  } catch (cause) {
    // A path that nothing lies at is refused where it is read; a package has no file to be named.
    if (/\.[cm]?[jt]sx?$/.test(path)) return file;
    throw actorError(
      "SUBJECT_REFERENCE_INVALID",
      `no package or file "${path}" is to be found from ${base}`,
      {
        location: path,
        cause,
      },
    );
  }
}
