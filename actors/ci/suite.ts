/**
 * A suite: the cases that a change of a repository is held against, and what may be spent on them. Read from a
 * YAML or JSON file; every path in it is relative to the file. Refuses before anything is run what cannot be
 * run: each refusal names the line.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { MyriadError } from "../../runtime/contracts/index.ts";
import type { TaskCommand } from "../command/command.ts";
import { actorError } from "../errors.ts";
import { textReader } from "../workflow/checked-text.ts";
import type { CheckedText } from "../workflow/checked-text.ts";
import { completeTask, readTask } from "../workflow/task.ts";
import type { Task, TaskText } from "../workflow/task.ts";
import { SUITE_SCHEMA } from "./suite-schema.ts";

/** A suite as it is run: read, checked, and completed by what the command line set. */
export interface Suite {
  /** Absolute. */
  readonly file: string;
  /** A commit, branch or tag; null: the caller has to name one. */
  readonly against: string | null;
  readonly budgetMs: number | null;
  /** null: drawn once for all cases. */
  readonly seed: number | null;
  readonly cases: readonly SuiteCase[];
  /** Equal keys: the same cases, measured at the same screen size, so that their A/A rounds belong together. */
  readonly key: string;
}

/** One case of a suite. */
export interface SuiteCase {
  /** Its `runs` are those of the full look. */
  readonly task: Task;
  readonly screenRuns: number;
}

/** What the command line may set over a suite. */
export interface SuiteOverrides {
  readonly against?: string;
  readonly budgetMinutes?: number;
  readonly runs?: number;
  readonly screenRuns?: number;
  readonly seed?: number;
  /** Verdicts are given even where the machine is too noisy for one. */
  readonly allowNoise?: boolean;
}

interface SuiteText {
  readonly against?: string;
  readonly budgetMinutes?: number;
  readonly runs?: number;
  readonly screenRuns?: number;
  readonly seed?: number;
  readonly cases: readonly (string | TaskText)[];
}

const LEAST_RUNS = 40;

const read = textReader<SuiteText>({ noun: "suite", code: "SUITE_INVALID", schema: SUITE_SCHEMA });

/** Reads a suite file. @throws SUITE_FILE_UNREADABLE, SUITE_INVALID, TASK_INVALID and what else `readTask` throws */
export function readSuite(path: string, directory: string, overrides: SuiteOverrides = {}): Suite {
  const file = resolve(directory, path);
  const text = read(contentOf(file), file);
  const { against, budgetMinutes, seed } = { ...text.value, ...overrides };
  const cases = text.value.cases.map((_, index) => caseAt(index, text, file, overrides));
  refuseTwins(cases, text, file);
  return {
    file,
    against: against ?? null,
    budgetMs: budgetMinutes === undefined ? null : budgetMinutes * 60_000,
    seed: seed ?? null,
    cases,
    key: keyOf(cases, dirname(file)),
  };
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw actorError("SUITE_FILE_UNREADABLE", `cannot read the suite file ${file}`, {
      cause,
      location: file,
    });
  }
}

function caseAt(
  index: number,
  text: CheckedText<SuiteText>,
  file: string,
  overrides: SuiteOverrides,
): SuiteCase {
  const written = text.value.cases[index]!;
  const refuse = (message: string, field: string, cause?: unknown): MyriadError => {
    const path = ["cases", String(index), ...(field === "" ? [] : [field])];
    const location = `${file}:${text.lineOf(path)} (${path.join(".")})`;
    return actorError("SUITE_INVALID", message, { location, ...(cause === undefined ? {} : { cause }) });
  };
  const task = taskOf(written, file, refuse);
  if (task.candidate !== null) throw refuse(`${task.id} names a candidate; ci compares with a commit`, "");
  for (const [field, file] of filesOf(task)) {
    if (existsSync(file)) continue;
    throw refuse(`${task.id}: there is no file ${file}`, typeof written === "string" ? "" : field);
  }
  const own = typeof written === "string" ? undefined : written.runs;
  const runs = overrides.runs ?? own ?? text.value.runs ?? task.runs;
  const screenRuns = overrides.screenRuns ?? text.value.screenRuns;
  if (screenRuns !== undefined && screenRuns > runs) {
    throw refuse(`${task.id}: the screen has ${screenRuns} runs, the full look only ${runs}`, "");
  }
  return {
    // The two looks of a suite share out its level themselves.
    task: { ...task, runs, stopEarly: false, allowNoise: overrides.allowNoise ?? task.allowNoise ?? false },
    screenRuns: screenRuns ?? Math.max(LEAST_RUNS, Math.round(runs / 10)),
  };
}

/** Files without which a case cannot be run, with the field that names each. */
function filesOf({ subject, inputs, commands }: Task): readonly (readonly [field: string, file: string])[] {
  if (commands === undefined) {
    return [["subject", subject.file], ...(inputs === null ? [] : [["inputs", inputs.file] as const])];
  }
  const { folder, files, snippet } = commands.subject;
  const taken = files.map((path) => resolve(folder, path));
  return [...(snippet === undefined ? [] : [snippet.file]), ...taken].map((file) => ["subject", file]);
}

/** A task file's own errors name their own place. */
function taskOf(
  written: string | TaskText,
  file: string,
  refuse: (message: string, field: string, cause: unknown) => MyriadError,
): Task {
  const base = dirname(file);
  try {
    if (typeof written === "string") return readTask(written, base);
    return completeTask(written, { source: null, base, directory: base });
  } catch (error) {
    if (!(error instanceof MyriadError) || error.code === "TASK_INVALID") throw error;
    throw refuse(error.message, "", error);
  }
}

function refuseTwins(cases: readonly SuiteCase[], text: CheckedText<SuiteText>, file: string): void {
  const seen = new Set<string>();
  for (const [index, { task }] of cases.entries()) {
    if (seen.has(task.id)) {
      throw actorError("SUITE_INVALID", `two cases are called ${task.id}`, {
        location: `${file}:${text.lineOf(["cases", String(index)])} (cases.${index})`,
      });
    }
    seen.add(task.id);
  }
}

function commandFacts(
  { words, snippet, folder, files, readable, stdin, env }: TaskCommand,
  base: string,
): object {
  const place = {
    folder: relative(base, folder),
    files,
    readable: readable.map((path) => relative(base, path)),
  };
  return { words, language: snippet?.language ?? null, ...place, stdin, env };
}

/** Paths relative to the suite, so that a checkout elsewhere has the same key. */
function keyOf(cases: readonly SuiteCase[], base: string): string {
  const facts = cases.map(({ task, screenRuns }) => ({
    id: task.id,
    subject: [relative(base, task.subject.file), task.subject.exportName],
    inputs: task.inputs === null ? null : [relative(base, task.inputs.file), task.inputs.exportName],
    examples: task.examples,
    metrics: task.metrics.map(({ of, ...metric }) =>
      of === undefined ? metric : { ...metric, of: [relative(base, of.file), of.exportName] },
    ),
    limits: task.limits,
    workers: task.workers,
    ...(task.level === "trusted" ? { level: task.level } : {}),
    ...(task.commands === undefined ? {} : { command: commandFacts(task.commands.subject, base) }),
    ...(task.allowNoise === true ? { allowNoise: true } : {}),
    screenRuns,
  }));
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 16);
}
