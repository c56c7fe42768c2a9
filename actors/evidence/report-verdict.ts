/** What a session showed, in one plain sentence with its figures: the same words on a terminal and in reports. */
import type {
  ComparisonRow,
  Counterexample,
  Equivalence,
  GateResult,
  SessionDocument,
  SubjectSummary,
} from "../workflow/session-document.ts";
import {
  decimalsFor,
  formatChange,
  formatChangeInterval,
  formatCount,
  formatFixed,
  formatName,
  formatNumber,
  formatPercent,
  formatRange,
  isTimeUnit,
  type Pair,
} from "./report-format.ts";
import { oneLine, shorten, showHidden } from "./report-markup.ts";
import { settlingClause } from "./report-settling.ts";

const SHOWN_VALUE_CHARACTERS = 80;
/** Below this factor a change reads better in percent. */
const FACTOR_FROM = 1.1;

/** One line of plain text that ends in a full stop; hidden characters of names and inputs are written out. */
export function verdictSentence(document: SessionDocument): string {
  return oneLine(showHidden(`${statement(document)}.`));
}

function statement(document: SessionDocument): string {
  if (foundNothing(document)) return nothingFound(document);
  switch (document.verdict) {
    case "improved":
    case "non_inferior":
      return measured(document) + agreement(document.equivalence);
    case "regressed":
      return regressed(document);
    case "inconclusive":
      return inconclusive(document);
    case "no_baseline":
      return firstMeasurement(document);
    case "rejected":
      return `The candidate is rejected: ${whyRejected(document)}`;
    case null:
      return noVerdict(document);
  }
}

/** The comparison that the sentence is about: of the overall verdict, the goal's metric before others. */
export function decidingRow(document: SessionDocument): ComparisonRow | null {
  const rows = document.comparisons;
  return rows.find((row) => row.verdict === document.verdict) ?? rows[0] ?? null;
}

/** A change as a factor or in percent, with its word: `3.42 × faster`, `4.3 % higher`. */
export function changeInWords(row: ComparisonRow): string {
  return describeChange(row, row.relDelta, row.ci99).words;
}

/** The 99 % interval in the form that `changeInWords` chose; null where there is none. */
export function changeIntervalInWords(row: ComparisonRow): string | null {
  return describeChange(row, row.relDelta, row.ci99).interval;
}

interface Change {
  readonly words: string;
  readonly interval: string | null;
}

function describeChange(row: ComparisonRow, relDelta: number | null, ci99: Pair | null): Change {
  if (relDelta === null) return { words: "changed from zero", interval: null };
  const grows = relDelta > 0;
  const time = isTimeUnit(row.unit) && row.direction === "lower";
  const factor = grows ? 1 + relDelta : 1 / (1 + relDelta);
  if (factor < FACTOR_FROM) return inPercent(relDelta, ci99, wordFor(time, grows, "percent"));
  const word = wordFor(time, grows, "factor");
  if (ci99 === null)
    return { words: `${formatFixed(factor, decimalsFor(factor))} × ${word}`, interval: null };
  const [low, high] = grows ? [1 + ci99[0], 1 + ci99[1]] : [inverse(1 + ci99[1]), inverse(1 + ci99[0])];
  const decimals = decimalsFor(factor, high - low);
  return {
    words: `${formatFixed(factor, decimals)} × ${word}`,
    interval: `${formatRange([low, high], decimals)} ×`,
  };
}

/** An interval on one side of zero drops its sign, as the words do. */
function inPercent(relDelta: number, ci99: Pair | null, word: string): Change {
  const words = `${formatPercent(Math.abs(relDelta))} ${word}`;
  if (ci99 === null) return { words, interval: null };
  const oneSided = ci99[0] * ci99[1] > 0 && ci99[0] * relDelta > 0;
  const ends = ci99.map((end) => Math.abs(end) * 100).sort((one, other) => one - other);
  const [low, high] = [ends[0]!, ends[1]!];
  const interval = `${formatRange([low, high], Math.max(1, decimalsFor(100, high - low)))} %`;
  return { words, interval: oneSided ? interval : formatChangeInterval(ci99) };
}

function inverse(ratio: number): number {
  return ratio > 0 ? 1 / ratio : Number.POSITIVE_INFINITY;
}

function wordFor(time: boolean, grows: boolean, form: "factor" | "percent"): string {
  if (!time) return grows ? "higher" : "lower";
  if (form === "percent") return grows ? "more time" : "less time";
  return grows ? "slower" : "faster";
}

/** `dedupe is 3.42 × faster (99 % interval 3.38–3.46 ×)`. */
function measured(document: SessionDocument): string {
  const row = decidingRow(document);
  const { candidate, baseline } = namesOf(document);
  if (row === null) return `${candidate} passed, and nothing was measured`;
  if (document.verdict === "non_inferior") return notWorse(document, row);
  return comparisonClause(row, candidate, baseline) + onCase(document, row);
}

function comparisonClause(row: ComparisonRow, candidate: string, baseline: string | null): string {
  const words = changeInWords(row);
  const interval = intervalNote(row);
  if (!isTimeUnit(row.unit) || row.direction !== "lower") {
    const than = baseline === null ? "" : ` than that of ${baseline}`;
    return `${formatName(row.metric)} of ${candidate} is ${words}${than}${interval}`;
  }
  const than = baseline === null ? "" : ` than ${baseline}`;
  return `${candidate} ${words.endsWith("time") ? "takes" : "is"} ${words}${than}${interval}`;
}

function notWorse(document: SessionDocument, row: ComparisonRow): string {
  const { candidate, baseline } = namesOf(document);
  const worse =
    isTimeUnit(row.unit) && row.direction === "lower" ? "slower" : `worse in ${formatName(row.metric)}`;
  const change = `the change is ${formatChange(row.relDelta)}${intervalNote(row, "percent")}`;
  const than = baseline ?? "before";
  return `${candidate} is no ${worse} than ${than}${onCase(document, row)}: ${change}, inside the tolerance of ${formatPercent(row.tolerance)}`;
}

function intervalNote(row: ComparisonRow, form: "words" | "percent" = "words"): string {
  const interval = form === "percent" ? formatChangeInterval(row.ci99) : changeIntervalInWords(row);
  return interval === null || interval === "–" ? "" : ` (99 % interval ${interval})`;
}

function onCase(document: SessionDocument, row: ComparisonRow): string {
  const cases = new Set(document.comparisons.map((other) => other.caseId));
  return cases.size > 1 ? ` on case ${row.caseId}` : "";
}

function agreement(equivalence: Equivalence | null): string {
  if (equivalence === null) return "";
  const { inputs, sealed, disagreements, engines } = equivalence;
  if (engines.includes("process")) return commandAgreement(equivalence);
  const count = disagreements === 0 ? "no disagreement" : formatCount(disagreements, "disagreement");
  return `; ${count} on ${formatCount(inputs, "input")}, ${formatNumber(sealed)} of them sealed`;
}

function commandAgreement({ disagreements, exitCodesAlone }: Equivalence): string {
  if (exitCodesAlone === true) return "; only their exit codes were compared, not what they print";
  return disagreements === 0 ? "; what it did was the same" : "; what it did was not the same";
}

function regressed(document: SessionDocument): string {
  const row = decidingRow(document);
  const { candidate, baseline } = namesOf(document);
  if (row === null) return `The candidate is not accepted: ${whyRejected(document)}`;
  if (row.verdict !== "regressed") return `${measured(document)}, but ${whyRejected(document)}`;
  const clause = comparisonClause(row, candidate, baseline) + onCase(document, row);
  return `${clause}, more than the tolerance of ${formatPercent(row.tolerance)}${agreement(document.equivalence)}`;
}

function inconclusive(document: SessionDocument): string {
  const row = decidingRow(document);
  const { candidate, baseline } = namesOf(document);
  if (row === null) return `Nothing was settled about ${candidate}: no comparison was made`;
  const change = `${formatChange(row.relDelta)}${intervalNote(row, "percent")}`;
  const against = baseline === null ? "" : ` against that of ${baseline}`;
  const about = `Not settled: the ${formatName(row.metric)} of ${candidate}${against} changed by ${change}${onCase(document, row)}`;
  return `${about}, with a tolerance of ${formatPercent(row.tolerance)}; ${settlingClause(document, row)}`;
}

function firstMeasurement(document: SessionDocument): string {
  const { subject } = namesOf(document);
  const { burst } = document;
  const kept = document.baseline?.to ?? null;
  const ending = kept === null ? "there was no baseline to compare with" : `it is now baseline ${kept}`;
  if (burst === null) return `First measurement of ${subject}; ${ending}`;
  const runs = formatCount(burst.runs, "sandbox", "sandboxes");
  return `First measurement of ${subject}, in ${runs} with ${formatCount(burst.failures, "failure")}; ${ending}`;
}

function whyRejected(document: SessionDocument): string {
  const { equivalence } = document;
  if (equivalence !== null && equivalence.disagreements > 0) return disagreement(document, equivalence);
  const failed = document.gates.filter((gate) => !gate.passed);
  const gate =
    failed.find(({ reason }) => reason !== "dependency_failure" && reason !== "not_run") ?? failed[0];
  if (gate !== undefined) return gateFailure(gate);
  const refusal = document.refusals.at(-1);
  if (refusal !== undefined) return withoutFullStop(refusal.reason);
  return document.error === null ? "no reason was recorded" : withoutFullStop(document.error.message);
}

function gateFailure(gate: GateResult): string {
  const reason = gate.reason === null ? "" : ` (${withoutFullStop(formatName(gate.reason))})`;
  return `gate ${formatName(gate.name)} did not pass${reason}`;
}

function disagreement(document: SessionDocument, equivalence: Equivalence): string {
  const { subject } = namesOf(document);
  if (equivalence.engines.includes("process")) return otherOutcome(equivalence, subject);
  const count = `${formatNumber(equivalence.disagreements)} of ${formatCount(equivalence.inputs, "input")}`;
  const example = equivalence.counterexamples[0];
  const shown = example === undefined ? "" : `; ${smallestCase(example, subject)}`;
  return `it disagrees with ${subject} on ${count}${shown}`;
}

function otherOutcome({ disagreements, inputs, counterexamples }: Equivalence, subject: string): string {
  const [example] = counterexamples;
  const count = `${formatNumber(disagreements)} of ${formatCount(inputs, "run")}`;
  const value = (text: string): string => shorten(oneLine(text), SHOWN_VALUE_CHARACTERS);
  if (example === undefined) return `it did not do what ${subject} does in ${count}`;
  return `in ${count} it ended with ${value(example.candidate)} where ${subject} ended with ${value(example.subject)}`;
}

function smallestCase(example: Counterexample, subject: string): string {
  const value = (text: string): string => shorten(oneLine(text), SHOWN_VALUE_CHARACTERS);
  const answers = `it gives ${value(example.candidate)} where ${subject} gives ${value(example.subject)}`;
  return `on the smallest such input, ${value(example.input)}, ${answers}`;
}

function foundNothing({ command, verdict, search, comparisons, error }: SessionDocument): boolean {
  if (command !== "run" || search === null || search.accepted > 0 || error !== null) return false;
  return (
    comparisons.length === 0 && (verdict === null || verdict === "inconclusive" || verdict === "non_inferior")
  );
}

function nothingFound(document: SessionDocument): string {
  const { subject } = namesOf(document);
  const tried = document.search?.candidates ?? 0;
  if (tried === 0) return `Nothing better was found: no rewrite applies to ${subject}, which stays as it is`;
  const versions = formatCount(tried, "candidate version");
  return `Nothing better was found: of ${versions} of ${subject} none proved faster, and it stays as it is`;
}

function noVerdict({ error, phases }: SessionDocument): string {
  if (error !== null)
    return `The session ended without a verdict: ${withoutFullStop(error.message)} (${error.code})`;
  const stopped = phases.find(({ state }) => state === "running" || state === "failed");
  return stopped === undefined
    ? "No verdict was asked for"
    : `No verdict yet: the session stopped in phase ${stopped.name}`;
}

function withoutFullStop(text: string): string {
  return text.trim().replace(/\.+$/, "");
}

interface Names {
  readonly subject: string;
  readonly candidate: string;
  /** What it is compared with, to follow "than"; null where that is the subject's own earlier form. */
  readonly baseline: string | null;
}

function namesOf(document: SessionDocument): Names {
  const { subject, command } = document;
  if (subject === null) return { subject: "the subject", candidate: "the candidate", baseline: null };
  const name = shortName(subject);
  if (command === "compare") {
    const baseline = subjectName(subject);
    return { subject: baseline, candidate: subject.candidate ?? "the other version", baseline };
  }
  if (command === "burst") {
    const tag = document.baseline?.from ?? null;
    return {
      subject: name,
      candidate: name,
      baseline: tag === null ? "its baseline" : `its baseline ${tag}`,
    };
  }
  if (subject.candidate !== null) return { subject: name, candidate: subject.candidate, baseline: name };
  return { subject: name, candidate: name, baseline: null };
}

/** `path#export`, or the line of a command. */
export function subjectName(subject: SubjectSummary): string {
  return subject.file === "" ? subject.export : `${subject.file}#${subject.export}`;
}

function shortName(subject: SubjectSummary): string {
  return subject.export === "default" ? `${subject.file}#default` : subject.export;
}
