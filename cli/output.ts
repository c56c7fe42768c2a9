/**
 * What a command prints: with `--json` exactly one document on stdout and nothing else there; otherwise the
 * progress on stderr and the result on stdout.
 */
import type { SessionDocument } from "../actors/index.ts";
import { verdictSentence } from "../actors/index.ts";
import { baselineText, comparisonText, figure } from "./baseline-output.ts";

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
}

export interface Streams {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
}

export function printDocument(
  document: SessionDocument,
  options: OutputOptions,
  { stdout, stderr }: Streams,
): void {
  if (!options.json) for (const warning of document.warnings ?? []) stderr.write(`note: ${warning}\n`);
  if (options.json) stdout.write(`${JSON.stringify(document, jsonValue, 2)}\n`);
  else if (document.error !== null) {
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

/** A stopped session can be resumed whatever stopped it, once that is mended. */
function errorText({ error, session, verdict }: SessionDocument): string {
  const { code, message, hint, location } = error!;
  const lines = [`error ${code}: ${message}`];
  if (location !== null) lines.push(`  at ${location}`);
  if (hint !== null) lines.push(`  ${hint}`);
  const resume = `myriad run --resume ${session ?? ""}${verdict === null ? "" : " --apply"}`;
  if (session !== null && hint?.includes(resume) !== true) lines.push(`  then: ${resume}`);
  return `${lines.join("\n")}\n`;
}

function resultText(document: SessionDocument): string {
  const lines = ["", verdictSentence(document), ""];
  if (document.diff !== null) lines.push(document.diff.trimEnd(), "");
  for (const row of document.comparisons) {
    lines.push(
      `${row.metric}: ${figure(row.baseline.mean)} → ${figure(row.candidate.mean)} ${row.unit}, ` +
        `q(regressed) ${row.q.regressed.toPrecision(2)}, q(improved) ${row.q.improved.toPrecision(2)}, ${row.verdict}`,
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
    const { runs, failures, sandboxesPerSecond } = document.burst;
    lines.push(
      `${runs} sandboxes a version, ${failures} failures, ${Math.round(sandboxesPerSecond)} sandboxes/s`,
    );
  }
  if (document.isolation !== null) {
    const { engine, carrier, missing } = document.isolation;
    lines.push(
      `isolation: ${engine} in ${carrier}${missing.length === 0 ? "" : `; not enforced: ${missing.join(", ")}`}`,
    );
  }
  lines.push(...baselineLines(document));
  if (document.report !== null) lines.push(`report: ${document.report}`);
  if (document.session !== null) lines.push(`session: ${document.session}, seed ${document.seed ?? 0}`);
  return `${lines.join("\n")}\n`;
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
