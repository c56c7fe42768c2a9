/**
 * The bench's command line.
 *
 *   npm run bench -- <question> [--json] [--quick] [--seed n] [--peers js|all]
 *
 * With `--json` exactly one document on stdout: `{machine, runtime, rows}`; else a table. Progress goes to
 * stderr. A question either gives all of its rows or fails as a whole.
 *
 *   0    answered, targets met or missed; or the questions were listed
 *   1    a guarding question missed its target
 *   2    bad usage
 *   4    a row's work was not done, or an internal fault
 *   130  interrupted
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { describeEnvironment } from "../actors/index.ts";
import { encodeError } from "../runtime/contracts/index.ts";
import type { Fault } from "../runtime/contracts/index.ts";
import type { BenchRow } from "./bench-row.ts";
import type { Peers, Question } from "./question.ts";
import { tableOf } from "./table.ts";

export interface BenchStreams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

export interface BenchDocument {
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryMb: number;
    readonly platform: string;
    /** Of the last minute when the bench began: above 0.5 something else was running. */
    readonly loadBefore: number;
  };
  readonly runtime: string;
  readonly rows: readonly BenchRow[];
}

interface Arguments {
  /** Null: list the questions. */
  readonly question: string | null;
  readonly json: boolean;
  readonly quick: boolean;
  readonly seed: number;
  readonly peers: Peers;
}

const EXIT_OF_FAULT: Readonly<Record<Fault, number>> = {
  input: 2,
  rejected: 1,
  internal: 4,
  interrupted: 130,
};
const DEFAULT_SEED = 1;

/** @returns the exit code. */
export async function main(
  argv: readonly string[],
  questions: readonly Question[],
  streams: BenchStreams,
): Promise<number> {
  const given = readArguments(argv);
  if ("usage" in given) {
    streams.stderr.write(`error: ${given.usage}\n${listOf(questions)}`);
    return EXIT_OF_FAULT.input;
  }
  if (given.question === null) {
    streams.stdout.write(listOf(questions));
    return 0;
  }
  const question = questions.find(({ name }) => name === given.question);
  if (question === undefined) {
    streams.stderr.write(`error: there is no question "${given.question}"\n${listOf(questions)}`);
    return EXIT_OF_FAULT.input;
  }
  return await ask(question, given, streams);
}

function readArguments(argv: readonly string[]): Arguments | { readonly usage: string } {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        quick: { type: "boolean", default: false },
        seed: { type: "string", default: String(DEFAULT_SEED) },
        peers: { type: "string", default: "js" },
        help: { type: "boolean", default: false },
      },
    });
    const { json, quick, seed, peers, help } = values;
    if (positionals.length > 1) return { usage: "one question at a time" };
    if (!/^\d{1,9}$/.test(seed)) return { usage: `--seed wants a whole number below 10^9, not "${seed}"` };
    if (peers !== "js" && peers !== "all") return { usage: `--peers wants js or all, not "${peers}"` };
    return { question: help ? null : (positionals[0] ?? null), json, quick, peers, seed: Number(seed) };
  } catch (error) {
    return { usage: error instanceof Error ? error.message : String(error) };
  }
}

async function ask(question: Question, given: Arguments, streams: BenchStreams): Promise<number> {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const machine = describeMachine();
  try {
    const rows = await question.answer({
      quick: given.quick,
      seed: given.seed,
      peers: given.peers,
      signal: controller.signal,
      progress: (text) => void streams.stderr.write(`${question.name}: ${text}\n`),
    });
    const document: BenchDocument = { machine, runtime: describeEnvironment().runtime, rows };
    streams.stdout.write(given.json ? `${JSON.stringify(document, null, 2)}\n` : textOf(document));
    return question.guards && rows.some(({ met }) => met === false) ? 1 : 0;
  } catch (error) {
    const { code, message, hint, fault, stack } = encodeError(error);
    streams.stderr.write(`error ${code}: ${message}\n`);
    if (hint !== null) streams.stderr.write(`  ${hint}\n`);
    if (fault === "internal" && stack !== null) streams.stderr.write(`${stack}\n`);
    return EXIT_OF_FAULT[fault];
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

function describeMachine(): BenchDocument["machine"] {
  const { cpu, cores, memoryMb, platform } = describeEnvironment();
  return { cpu, cores, memoryMb, platform, loadBefore: loadavg()[0] ?? 0 };
}

function textOf({ machine, runtime, rows }: BenchDocument): string {
  const { cpu, cores, memoryMb, platform, loadBefore } = machine;
  const head = `${cpu}, ${cores} cores, ${memoryMb} MB, ${platform}, ${runtime}, load before ${loadBefore.toFixed(1)}`;
  return `${head}\n\n${tableOf(rows)}`;
}

function listOf(questions: readonly Question[]): string {
  const width = Math.max(...questions.map(({ name }) => name.length));
  const lines = questions.map(({ name, about, takes }) => `  ${name.padEnd(width)}  ${about} (${takes})`);
  return `npm run bench -- <question> [--json] [--quick] [--seed n] [--peers js|all]\n\n${lines.join("\n")}\n`;
}
