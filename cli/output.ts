/**
 * What a command prints: with `--json` exactly one document on stdout and nothing else there; otherwise the
 * progress on stderr and the result on stdout.
 */
import type { BenchDocument, CiDocument, DocumentError, SessionDocument } from "../actors/index.ts";
import { benchText, ciText, earlyStopText, showHidden, startText, verdictSentence } from "../actors/index.ts";
import { baselineText, comparisonText, figure } from "./baseline-output.ts";

export type CommandDocument = SessionDocument | CiDocument | BenchDocument;

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
}

export interface Streams {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
}

export function printDocument(document: CommandDocument, options: OutputOptions, streams: Streams): void {
  const { stdout, stderr } = streams;
  if (!options.json)
    for (const warning of document.warnings ?? []) stderr.write(`note: ${showHidden(warning)}\n`);
  if (options.json) stdout.write(`${JSON.stringify(document, jsonValue, 2)}\n`);
  else if (document.command === "ci") printCi(document, options, streams);
  else if (document.command === "bench") printBench(document, options, streams);
  else printSession(document, options, streams);
}

/** A run that was stopped still says how far it came. */
function printCi(document: CiDocument, { quiet }: OutputOptions, { stdout, stderr }: Streams): void {
  const { error, cases, falseAlarms } = document;
  if (error === null || cases.length > 0 || falseAlarms !== null) stdout.write(ciText(document, quiet));
  if (error !== null) stderr.write(errorLines(error).join(""));
}

/** What could not be stored was measured all the same. */
function printBench(document: BenchDocument, { quiet }: OutputOptions, { stdout, stderr }: Streams): void {
  const { error, benches, session } = document;
  if (benches.length > 0) stdout.write(benchText(document, quiet));
  if (error === null) return;
  const resume = session === null ? null : `myriad bench --resume ${session}`;
  stderr.write([...errorLines(error), ...thenLines(error, resume, ABOUT_BENCH_FILE)].join(""));
}

function printSession(document: SessionDocument, options: OutputOptions, { stdout, stderr }: Streams): void {
  if (document.error !== null) {
    // A session that ended well, whose change could not be written, still says what it found.
    if (document.verdict !== null) stdout.write(resultText(document));
    stderr.write(errorText(document));
  } else {
    const text = options.quiet ? `${verdictSentence(document)}\n` : resultText(document);
    stdout.write(baselineText(document) ?? text);
  }
}

/** JSON has no Infinity and no NaN; both are null there. */
function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}

function errorText({ error, session, verdict }: SessionDocument): string {
  const resume =
    session === null ? null : `myriad run --resume ${session}${verdict === null ? "" : " --apply"}`;
  return [...errorLines(error!), ...thenLines(error!, resume, ABOUT_TASK_OR_CODE)].join("");
}

/**
 * A session that goes on keeps the task and the code with which it began, so what is wrong with these a new one is
 * for; whatever else stopped it, it can be resumed once that is mended.
 * @param resume the command; null: there is nothing to resume
 * @param kept codes of faults in what it keeps
 */
function thenLines({ code, hint }: DocumentError, resume: string | null, kept: RegExp): readonly string[] {
  const isSaid = resume === null || hint?.includes(resume) === true;
  return isSaid || kept.test(code) ? [] : [`  then: ${resume}\n`];
}

const ABOUT_TASK_OR_CODE = /^(?:SUBJECT|BUNDLE|PROJECT|TASK|INPUTS|METRIC|AUDIT|BASELINE)_/;
const ABOUT_BENCH_FILE = /^(?:BENCH|BUNDLE|SESSION|BASELINE)_/;

function errorLines({ code, message, hint, location }: DocumentError): readonly string[] {
  return [
    `error ${code}: ${message}\n`,
    ...(location === null ? [] : [`  at ${location}\n`]),
    ...(hint === null ? [] : [`  ${hint}\n`]),
  ].map(showHidden);
}

function resultText(document: SessionDocument): string {
  const lines = ["", verdictSentence(document), ""];
  if (document.diff !== null) lines.push(document.diff.trimEnd(), "");
  for (const row of document.comparisons) {
    const { baseline, candidate, q, verdict, test } = row;
    const [before, after] = [baseline.mean, candidate.mean];
    lines.push(
      test === "count"
        ? `${row.metric}: ${before.toLocaleString("en-US")} → ${after.toLocaleString("en-US")}, counted, ${verdict}`
        : `${row.metric}: ${figure(before)} → ${figure(after)} ${row.unit}, ` +
            `q(regressed) ${q.regressed.toPrecision(2)}, q(improved) ${q.improved.toPrecision(2)}, ${verdict}`,
    );
  }
  for (const { candidate, phase, reason } of document.refusals) {
    lines.push(`refused in ${phase}: ${candidate}: ${reason}`);
  }
  for (const gate of document.gates.filter(({ passed }) => !passed)) {
    lines.push(
      `gate ${gate.name}: ${gate.reason ?? "failed"}`,
      ...gate.details.map((detail) => `  ${detail}`),
    );
  }
  for (const example of document.equivalence?.counterexamples ?? []) {
    lines.push(
      `smallest input that differs (${example.engine}): ${example.input}`,
      `  subject   ${example.subject}`,
      `  candidate ${example.candidate}`,
    );
  }
  if (document.burst !== null) {
    const { runs, failures, sandboxesPerSecond, starts = [], earlyStop = null } = document.burst;
    for (const one of starts) lines.push(`${one.version}: ${startText(one)}`);
    if (earlyStop !== null) lines.push(`early stop: ${earlyStopText(earlyStop)}`);
    lines.push(
      `${runs} sandboxes a version, ${failures} failures, ${Math.round(sandboxesPerSecond)} sandboxes/s`,
    );
  }
  if (document.isolation !== null) {
    const { engine, carrier, enforced, missing } = document.isolation;
    const held = enforced.length === 0 ? " (no boundary)" : "";
    lines.push(
      `isolation: ${engine} in ${carrier}${held}${missing.length === 0 ? "" : `; not enforced: ${missing.join(", ")}`}`,
    );
  }
  lines.push(...baselineLines(document));
  if (document.report !== null) lines.push(`report: ${document.report}`);
  if (document.session !== null) lines.push(`session: ${document.session}, seed ${document.seed ?? 0}`);
  return showHidden(`${lines.join("\n")}\n`);
}

/** What was proved becomes the baseline when it is in the file. */
function baselineLines({ baseline }: SessionDocument): readonly string[] {
  if (baseline === null) return [];
  const { to, candidate, release = null } = baseline;
  return [
    ...(release === null ? [] : [`release: ${comparisonText(release).trimEnd()}`]),
    ...(to === null ? [] : [`baseline: ${to}`]),
    ...(candidate === null || candidate === to ? [] : [`candidate kept as: ${candidate}`]),
  ];
}
