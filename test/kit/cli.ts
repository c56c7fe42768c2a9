/**
 * The command line as its users meet it: the real executable in a project of its own, a fresh folder that is
 * gone after the test. Every document is held against the shipped schema.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ValidateFunction } from "ajv/dist/2020.js";
import type { SessionDocument } from "../../actors/index.ts";
import { ROOT } from "./repository.ts";

export const EXECUTABLE: string = join(ROOT, "bin", "myriad.js");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<Ended>;
  /** What has come so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves when stderr holds it; fails when the process ends or the deadline passes before. */
  said(pattern: RegExp): Promise<void>;
}

const MOST_WAIT_MS = 120_000;

export interface CliOptions {
  /** Working directory. */
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What runs the command line; default: this Node and the executable. */
  readonly command?: readonly string[];
  /** In a process group of its own, as a shell starts what is in the foreground. */
  readonly group?: boolean;
}

export function startMyriad(
  args: readonly string[],
  { cwd, env, command, group = false }: CliOptions,
): Running {
  const [program, ...before] = command ?? [process.execPath, EXECUTABLE];
  const child = spawn(program!, [...before, ...args], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: "", NODE_TEST_CONTEXT: undefined, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: group,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const said = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const fail = (): void => reject(new Error(`never said ${pattern}:\n${stderr}`));
      const timer = setTimeout(fail, MOST_WAIT_MS);
      const look = (): void => {
        if (!pattern.test(stderr)) return;
        clearTimeout(timer);
        resolve();
      };
      child.stderr.on("data", look);
      child.once("close", fail);
      look();
    });
  return { child, ended, said, stdout: () => stdout, stderr: () => stderr };
}

export function myriad(args: readonly string[], options: CliOptions): Promise<Ended> {
  return startMyriad(args, options).ended;
}

export interface EndedWithDocument extends Ended {
  readonly document: SessionDocument;
}

/** Runs with `--json`, and holds what comes to exactly one valid document on stdout. */
export async function myriadJson(args: readonly string[], options: CliOptions): Promise<EndedWithDocument> {
  const ended = await myriad([...args, "--json"], options);
  return { ...ended, document: documentIn(ended) };
}

/** The one document; fails when stdout holds anything else, or anything that the shipped schema refuses. */
export function documentIn({ stdout, stderr, code, signal }: Ended): SessionDocument {
  let document: unknown;
  try {
    document = JSON.parse(stdout);
  } catch {
    assert.fail(`no single JSON document on stdout, exit ${code ?? signal ?? ""}:\n${stdout}\n${stderr}`);
  }
  validator ??= new Ajv2020({ strict: true, allErrors: true }).compile<SessionDocument>(readSchema("result"));
  assert.ok(validator(document), `${JSON.stringify(validator.errors, null, 2)}\n${stdout}`);
  return document;
}

let validator: ValidateFunction<SessionDocument> | null = null;

export function readSchema(name: "bench" | "ci" | "result" | "suite" | "task"): object {
  return JSON.parse(readFileSync(join(ROOT, "schemas", `${name}.schema.json`), "utf8")) as object;
}

/** What every refusal must bring: its code, the exit, a message, and what to do. */
export function assertRefused(
  ended: EndedWithDocument,
  code: string,
  exit = 2,
): NonNullable<SessionDocument["error"]> {
  const { error, success, verdict } = ended.document;
  const told = `${JSON.stringify(error)}\n${ended.stderr}`;
  assert.equal(error?.code, code, told);
  assert.equal(ended.code, exit, told);
  assert.equal(success, false);
  assert.equal(verdict, null);
  assert.ok(error.message.length > 0 && error.hint !== null && error.hint.length > 0, told);
  assert.doesNotMatch(error.message + error.hint, /\n\s+at /, "a stack trace is not for users");
  assert.equal(ended.stderr, "");
  return error;
}

/** A new project that holds the fixtures of `test/fixtures/cli` and these files; removed afterwards. */
export async function inProject<Answer>(
  files: Readonly<Record<string, string | object>>,
  use: (folder: string) => Promise<Answer>,
): Promise<Answer> {
  const folder = await mkdtemp(join(tmpdir(), "myriad-cli-"));
  try {
    cpSync(join(ROOT, "test", "fixtures", "cli"), folder, { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
    }
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
