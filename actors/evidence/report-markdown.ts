/**
 * The session report for pull requests, in GitHub's Markdown: the verdict and its figures in sight, the
 * evidence folded. At most about 210 lines, whatever the session holds; the rest is in the HTML report.
 */
import type {
  ComparisonRow,
  GateResult,
  PhaseSummary,
  Refusal,
  SearchStep,
  SessionDocument,
} from "../workflow/session-document.ts";
import { typicalOf } from "./report-comparisons.ts";
import {
  formatChange,
  formatChangeInterval,
  formatCount,
  formatDuration,
  formatMoment,
  formatName,
  formatNumber,
  formatPercent,
  formatProbability,
  formatQuantity,
} from "./report-format.ts";
import { NO_BOUNDARY } from "../workflow/level.ts";
import { measurementLines } from "./report-measurement.ts";
import type { ReportInput } from "./report-input.ts";
import { history, measurements, release, settling } from "./report-markdown-measured.ts";
import {
  further,
  markdownBlock,
  markdownCellCode,
  markdownCode,
  markdownTable,
  markdownText,
  type Lines,
} from "./report-markdown-text.ts";
import { tagOf } from "./report-verdict-tag.ts";
import { subjectName, verdictSentence } from "./report-verdict.ts";

const MOST = {
  comparisons: 4,
  gates: 5,
  steps: 5,
  refusals: 2,
  inputs: 3,
  commands: 3,
  block: 2,
  phases: 12,
} as const;
/** The diff has what the rest leaves of the lines, within these bounds. */
const DIFF_LINES = { least: 8, most: 80 } as const;
const MOST_LINES = 210;
const DETAIL_CHARACTERS = 900;

/** Equal inputs give equal text. */
export function renderMarkdown(input: ReportInput): string {
  const { document } = input;
  const before = [
    ...heading(document),
    ...counterexample(document),
    ...comparisons(document.comparisons),
    ...settling(document),
  ];
  const after = [
    ...details("Figures behind the verdict", figures(document.comparisons)),
    ...details("Measurements", measurements(input)),
    ...details("Last release", release(document.baseline)),
    ...details("History", history(input.history)),
    ...details(gatesSummary(document.gates), gates(document.gates)),
    ...details("Search", search(document)),
    ...details("Refused candidates", refusals(document.refusals)),
    ...details("Conditions", conditions(document)),
    ...details("Inputs", inputs(input)),
    ...details("Reproduce", reproduce(input.reproduce)),
    `<sub>Myriad ${markdownText(document.environment.myriad, 40)} · ${markdownText(formatMoment(input.createdAt), 40)}</sub>`,
  ];
  const change = details("The change", diff(input.diff, before.length + after.length));
  return `${[...before, ...change, ...after].join("\n")}\n`;
}

function heading(document: SessionDocument): Lines {
  const { word, mark } = tagOf(document.verdict);
  const { subject, error } = document;
  const title = subject === null ? "session report" : markdownCode(subjectName(subject));
  const hint = error?.hint == null ? "" : ` ${markdownText(error.hint)}`;
  const failure =
    error === null ? [] : [`> ${markdownCode(error.code)} ${markdownText(error.message)}${hint}`, ""];
  return [
    `### ${mark} ${word}: ${title}`,
    "",
    `**${markdownText(verdictSentence(document), 700)}**`,
    "",
    ...(document.isolation?.enforced.length === 0 ? [`> No boundary: ${NO_BOUNDARY}.`, ""] : []),
    ...failure,
  ];
}

function counterexample({ equivalence }: SessionDocument): Lines {
  const example = equivalence?.counterexamples[0];
  if (example === undefined) return [];
  const block = (name: string, text: string): Lines => [
    `${name}:`,
    "",
    ...markdownBlock(text, "js", MOST.block),
    "",
  ];
  return [
    ...block(`Smallest input found, in engine ${markdownCode(example.engine)}`, example.input),
    ...block("The subject gives", example.subject),
    ...block("The candidate gives", example.candidate),
  ];
}

function comparisons(rows: readonly ComparisonRow[]): Lines {
  const cells = rows
    .slice(0, MOST.comparisons)
    .map((row) => [
      `${markdownText(formatName(row.metric), 60)} (${markdownText(row.caseId, 60)})`,
      markdownText(formatQuantity(row.baseline.mean, row.unit, typicalOf(row)), 60),
      markdownText(formatQuantity(row.candidate.mean, row.unit, typicalOf(row)), 60),
      `**${formatChange(row.relDelta)}**`,
      formatChangeInterval(row.ci99),
      tagOf(row.verdict).word.toLowerCase(),
    ]);
  const head = ["Metric", "Baseline", "Candidate", "Change", "99 % interval", "Verdict"];
  return [
    ...markdownTable(head, ["---", "--:", "--:", "--:", "--:", "---"], cells),
    ...further(rows.length, MOST.comparisons),
  ];
}

/** The p values and effect sizes, turned on their side: a column a comparison. */
function figures(rows: readonly ComparisonRow[]): Lines {
  const shown = rows.slice(0, MOST.comparisons);
  if (shown.length === 0) return [];
  const line = (name: string, value: (row: ComparisonRow) => string): Lines => [name, ...shown.map(value)];
  const pair = (row: ComparisonRow, family: keyof ComparisonRow["p"]): string =>
    `${formatProbability(row.p[family])} / ${formatProbability(row.q[family])}`
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;");
  return markdownTable(
    [
      "",
      ...shown.map((row) => `${markdownText(formatName(row.metric), 40)} (${markdownText(row.caseId, 40)})`),
    ],
    ["---", ...shown.map(() => "--:")],
    [
      line(
        "Forks × iterations",
        (row) => `${formatNumber(row.forks)} × ${formatNumber(row.iterationsPerFork)}`,
      ),
      line("Test", (row) => markdownText(row.test, 40)),
      line("Tolerance", (row) => formatPercent(row.tolerance)),
      line("p / q regressed", (row) => pair(row, "regressed")),
      line("p / q non-inferior", (row) => pair(row, "nonInferior")),
      line("p / q improved", (row) => pair(row, "improved")),
      line("Hedges’ g", (row) => formatNumber(row.hedgesG)),
      line("Cliff’s δ", (row) => formatNumber(row.cliffsDelta)),
      line("Mann–Whitney p", (row) =>
        formatProbability(row.mannWhitneyP).replace("<", "&lt;").replace(">", "&gt;"),
      ),
      line("Intra-fork correlation", (row) => formatNumber(row.intraForkCorrelation)),
    ],
  );
}

function diff(text: string, otherLines: number): Lines {
  if (text.trim() === "") return [];
  const room = MOST_LINES - otherLines - 10;
  return [...markdownBlock(text, "diff", Math.min(Math.max(room, DIFF_LINES.least), DIFF_LINES.most)), ""];
}

function gatesSummary(results: readonly GateResult[]): string {
  return `Gates: ${results.filter(({ passed }) => passed).length} of ${results.length} passed`;
}

function gates(results: readonly GateResult[]): Lines {
  const cells = results
    .slice(0, MOST.gates)
    .map(({ name, passed, score, critical, reason, details }) => [
      `${markdownText(formatName(name), 60)}${critical ? " (critical)" : ""}`,
      passed ? "✓ passed" : reason === "not_run" ? "– not run" : "✗ failed",
      score === null ? "–" : score.toFixed(2),
      markdownText([reason === null ? "" : formatName(reason), ...details].filter(Boolean).join("; ")),
    ]);
  return [
    ...markdownTable(["Gate", "Result", "Score", "Reason"], ["---", "---", "--:", "---"], cells),
    ...further(results.length, MOST.gates),
  ];
}

function search({ search: summary }: SessionDocument): Lines {
  if (summary === null) return [];
  const intro = `${formatCount(summary.candidates, "distinct version")} tried, ${formatCount(summary.accepted, "rewrite")} in the proposal.`;
  const accepted = summary.history.filter(({ outcome }) => outcome === "accepted");
  const others = summary.history.filter(({ outcome }) => outcome !== "accepted");
  const shown = [...accepted, ...others].slice(0, MOST.steps);
  const head = ["Round", "Rule", "What it did", "Line", "Speed-up", "Outcome"];
  const rows = markdownTable(head, ["--:", "---", "---", "--:", "--:", "---"], shown.map(searchCells));
  return [intro, "", ...rows, ...further(summary.history.length, MOST.steps)];
}

function searchCells({ round, rule, description, line, speedup, outcome, reason }: SearchStep): Lines {
  const gain = speedup === null ? "–" : `${speedup.toFixed(2)} ×`;
  const why = reason === null ? "" : `: ${markdownText(reason, 120)}`;
  return [
    String(round),
    markdownCellCode(rule),
    markdownText(description, 200),
    String(line),
    gain,
    `${formatName(outcome)}${why}`,
  ];
}

/** The last ones: what was tried before them has the same story more often than not. */
function refusals(all: readonly Refusal[]): Lines {
  const cells = all
    .slice(-MOST.refusals)
    .map(({ candidate, phase, reason }) => [
      markdownCellCode(candidate),
      markdownText(phase, 40),
      markdownText(reason, 200),
    ]);
  return [
    ...markdownTable(["Candidate", "Phase", "Reason"], ["---", "---", "---"], cells),
    ...further(all.length, MOST.refusals),
  ];
}

function conditions(document: SessionDocument): Lines {
  const { isolation, noise, environment, burst, equivalence, seed, reward, phases } = document;
  const list = (name: string, items: readonly string[]): string =>
    `- ${name}: ${items.length === 0 ? "nothing" : markdownText(items.join(", "), DETAIL_CHARACTERS)}`;
  return [
    ...(isolation === null
      ? []
      : [
          `- Isolation: ${markdownText(isolation.engine)} in ${markdownText(isolation.carrier)}`,
          list("Enforced", isolation.enforced),
          list("Missing", isolation.missing),
        ]),
    ...(burst === null
      ? []
      : [
          `- Burst: ${formatCount(burst.runs, "sandbox", "sandboxes")} a version, ${formatCount(burst.failures, "failure")}, ${formatCount(burst.infraErrors, "infrastructure error")}, ${formatDuration(burst.wallMs)}`,
        ]),
    ...(equivalence === null
      ? []
      : [
          `- Equivalence: ${formatCount(equivalence.disagreements, "disagreement")} on ${formatCount(equivalence.inputs, "input")}, ${formatNumber(equivalence.sealed)} sealed, in ${markdownText(equivalence.engines.join(", "))}`,
        ]),
    ...(noise === null
      ? []
      : [`- Noise: ${noise.label}, fork means vary by ${formatPercent(noise.coefficientOfVariation)}`]),
    ...measurementLines(document).map(([name, text]) => `- ${name}: ${markdownText(text)}`),
    `- Environment: ${markdownText(`${environment.runtime}, ${environment.platform}, ${environment.cpu}, ${formatCount(environment.cores, "core")}`)}`,
    ...(seed === null ? [] : [`- Seed: ${formatSeed(seed)}`]),
    ...(reward === null
      ? []
      : [`- Reward: ${formatNumber(reward.total)} (normalised ${formatNumber(reward.normalised)})`]),
    ...(phases.length === 0 ? [] : [`- Phases: ${phases.slice(0, MOST.phases).map(phase).join(", ")}`]),
    "",
  ];
}

function phase({ name, state, durationMs }: PhaseSummary): string {
  return `${markdownText(name, 40)} ${state === "finished" ? markdownText(formatDuration(durationMs)) : state}`;
}

function formatSeed(seed: number): string {
  return markdownCode(String(seed));
}

function inputs({ sampleInputs, inputOrigin }: ReportInput): Lines {
  if (sampleInputs.length === 0 && inputOrigin === "") return [];
  const shown = sampleInputs.slice(0, MOST.inputs).map((sample) => `- ${markdownCode(sample)}`);
  return [markdownText(inputOrigin, DETAIL_CHARACTERS), "", ...shown, ...(shown.length > 0 ? [""] : [])];
}

function reproduce(commands: Lines): Lines {
  return commands.length === 0
    ? []
    : [
        ...markdownBlock(
          commands.map((command) => command.replaceAll("\n", " ")).join("\n"),
          "sh",
          MOST.commands,
        ),
        "",
      ];
}

/** Nothing when there is no content. The empty lines make GitHub read Markdown inside. */
function details(summary: string, content: Lines): Lines {
  return content.length === 0
    ? []
    : [`<details><summary>${summary}</summary>`, "", ...content, "</details>", ""];
}
