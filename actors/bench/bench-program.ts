/**
 * Programs of a bench file. The file is bundled once, with `inside-bench.ts` in the place of tinybench and of
 * `myriad-runtime/bench`; a program is that text, the free variable that it gathers in, and one question to it.
 *
 * Other programs are evaluated anew for every iteration. A bench file is evaluated once a fork, as its author meant
 * it: its data may take long to make, its hooks say themselves what is to be fresh, and forks are what is compared.
 *
 * A sandbox's module is evaluated at once, so no top-level `await` may stand in it: those of `bench.run()`, which
 * every such file has, are taken out, and any other is refused.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import type { MyriadError } from "../../runtime/contracts/index.ts";
import { bundleModule, programDigest, programDigests } from "../../kernels/syntax/index.ts";
import type { SandboxProgram } from "../../kernels/sandbox/index.ts";
import { actorError } from "../errors.ts";

export interface BenchPrograms {
  readonly list: SandboxProgram;
  check(index: number): SandboxProgram;
  task(index: number): SandboxProgram;
}

const EXTENSION = import.meta.url.endsWith(".ts") ? "ts" : "js";
const INSIDE = fileURLToPath(new URL(`./inside-bench.${EXTENSION}`, import.meta.url));
const ALIAS: Readonly<Record<string, string>> = { "myriad-runtime/bench": INSIDE, tinybench: INSIDE };

/** @param file absolute. @throws BENCH_FILE_UNREADABLE, BUNDLE_FAILED, BUNDLE_DYNAMIC_IMPORT */
export async function benchPrograms(file: string): Promise<BenchPrograms> {
  const text = await readFile(file, "utf8").catch(async (cause: unknown) => {
    throw await unreadable(file, cause);
  });
  const code = await bundleModule({ file, source: withoutWaiting(text, file), alias: ALIAS });
  const measured = timed(code);
  const digestOf = programDigests(measured);
  const entry = (name: string): SandboxProgram => ({ code: measured, entry: name, digest: digestOf(name) });
  const list = listing(code);
  return {
    list: { code: list, entry: "list", digest: programDigest(list, "list") },
    check: (index) => entry(`check ${index}`),
    task: (index) => entry(`task ${index}`),
  };
}

async function unreadable(file: string, cause: unknown): Promise<MyriadError> {
  const names = await readdir(file).catch(() => null);
  if (names === null) {
    return actorError("BENCH_FILE_UNREADABLE", `cannot read the bench file ${file}`, {
      cause,
      location: file,
    });
  }
  const [first] = names.filter((name) => BENCH_FILE.test(name)).toSorted();
  const hint =
    first === undefined
      ? "no *.bench.ts or *.bench.js lies in it; name the file that makes the benches"
      : `name the files in it: ${join(file, first)}, or all of a kind by a pattern of the shell, *.bench.ts`;
  return actorError("BENCH_FILE_UNREADABLE", `${file} is a folder, and no bench file`, {
    cause,
    location: file,
    hint,
  });
}

const BENCH_FILE = /\.bench\.[cm]?[jt]sx?$/;

/** Evaluates the file to see what it makes. */
function listing(code: string): string {
  return `(function () {
${gathering(code, true)}
return { list: () => kit === null ? '' : kit.list() };
})`;
}

/**
 * Evaluates the file when it is loaded for the first time: what it makes lives as long as the fork. The same text
 * for all tasks, however many there are: which one is meant is said by the entry.
 */
function timed(code: string): string {
  return `(function () {
let entries = null;
function start() {
${gathering(code, false)}
return kit.entries();
}
return function () {
  return entries ??= start();
};
})()`;
}

function gathering(code: string, listing: boolean): string {
  return `const __myriadBench = { listing: ${listing}, benches: [], ran: false, thrown: undefined, kit: null };
try { (${code})(); } catch (thrown) {
  if (!__myriadBench.ran) throw thrown;
  __myriadBench.thrown = thrown;
}
const { kit } = __myriadBench;`;
}

/**
 * The same text at the same places, with blanks for `await` in front of top-level calls of a method `run`.
 * @throws BENCH_INVALID when there is any other top-level `await`
 */
export function withoutWaiting(text: string, file: string): string {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
  const places: number[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (isWaiting(node)) {
      if (!isOfRun(node)) throw otherWait(node, source);
      places.push(node.getStart(source));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return places.reduce((now, at) => `${now.slice(0, at)}     ${now.slice(at + "await".length)}`, text);
}

function isWaiting(node: ts.Node): boolean {
  return ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier !== undefined);
}

const RUNS: ReadonlySet<string> = new Set(["run", "warmup"]);

function isOfRun(node: ts.Node): boolean {
  if (!ts.isAwaitExpression(node)) return false;
  const { expression: call } = node;
  return (
    ts.isCallExpression(call) &&
    ts.isPropertyAccessExpression(call.expression) &&
    RUNS.has(call.expression.name.text)
  );
}

function otherWait(node: ts.Node, source: ts.SourceFile): MyriadError {
  const { line, character } = source.getLineAndCharacterOfPosition(node.getStart(source));
  return actorError("BENCH_INVALID", "a top-level await of something else than bench.run()", {
    location: `${source.fileName}:${line + 1}:${character + 1}`,
    hint: "a sandbox evaluates a file at once: import at the top, and make data without waiting",
  });
}
