/** The report of a run of bench files for pull requests, in GitHub's Markdown; the rest is in its HTML twin. */
import {
  formatChange,
  formatChangeInterval,
  formatMoment,
  formatNumber,
  formatQuantity,
  formatQuantityInterval,
} from "../evidence/report-format.ts";
import {
  further,
  markdownBlock,
  markdownCode,
  markdownTable,
  markdownText,
  type Lines,
} from "../evidence/report-markdown-text.ts";
import { measurementLines } from "../evidence/report-measurement.ts";
import { runOrderSentences } from "../evidence/report-run-order.ts";
import type { BenchGroup, BenchTaskResult } from "./bench-document.ts";
import { benchTag, commandOf, groupName, titleOf, verdictWords, worstFirst } from "./bench-report-input.ts";
import type { BenchReportInput } from "./bench-report-input.ts";
import { againstText, headline } from "./bench-text.ts";

const MOST = { tasks: 40, notes: 10, courses: 10, commands: 3 } as const;

/** Equal inputs give equal text. */
export function renderBenchMarkdown(input: BenchReportInput): string {
  const { document, start, createdAt } = input;
  const { word, mark } = benchTag(document.verdict);
  const lines = [
    `### ${mark} ${word}: ${markdownCode(titleOf(start))}`,
    "",
    `**${markdownText(headline(document), 500)}**`,
    "",
    ...document.benches.flatMap((bench) => benchLines(bench, input)),
    ...LEGEND,
    ...details("Run order", courses(input)),
    ...details(
      "Notes",
      document.warnings.slice(0, MOST.notes).map((one) => `- ${markdownText(one)}`),
    ),
    ...details("Conditions", conditions(input)),
    ...details("Reproduce", markdownBlock(commandOf(start), "sh", MOST.commands)),
    `<sub>Myriad ${markdownText(document.environment.myriad, 40)} · ${markdownText(formatMoment(createdAt), 40)}</sub>`,
  ];
  return `${lines.join("\n")}\n`;
}

const LEGEND: Lines = [
  "In brackets stands what the tests leave, at the level at which they are decided: it tells the verdict.",
  "",
];

function benchLines(bench: BenchGroup, { start }: BenchReportInput): Lines {
  const shown = worstFirst(bench.tasks).slice(0, MOST.tasks);
  const against =
    bench.reference === null ? "Reference" : `Against ${markdownText(bench.reference.task, 60)}`;
  return [
    `#### ${markdownText(groupName(bench, start), 120)}`,
    "",
    ...markdownTable(
      ["Task", "A call", "99 % interval", "Calls/s", against, "Change", "Baseline"],
      ["---", "--:", "--:", "--:", "---", "--:", "---"],
      shown.map((task) => cells(task, bench)),
    ),
    ...further(bench.tasks.length, shown.length),
  ];
}

function cells(task: BenchTaskResult, { reference }: BenchGroup): Lines {
  const { name, time, comparison, interval, verdict, error } = task;
  const { mark } = benchTag(verdict);
  if (time === null) {
    return [
      markdownText(name, 80),
      "–",
      "–",
      "–",
      "–",
      "–",
      `${mark} failed: ${markdownText(error?.message ?? "", 200)}`,
    ];
  }
  const change =
    comparison === null ? "–" : `${formatChange(comparison.relDelta)} (${formatChangeInterval(interval)})`;
  return [
    markdownText(name, 80),
    formatQuantity(time.mean, "ns"),
    formatQuantityInterval(time.ci99, "ns", time.mean),
    formatNumber(Math.round(time.callsPerSecond)),
    markdownText(againstText(task, reference) || "–", 120),
    change,
    `${mark} ${markdownText(verdictWords(task), 160)}`,
  ];
}

function courses({ document }: BenchReportInput): Lines {
  const measured = worstFirst(document.benches.flatMap(({ tasks }) => tasks)).filter(
    ({ time }) => time !== null,
  );
  const lines = measured.slice(0, MOST.courses).flatMap(({ id, time, measurement, withheld }) => {
    const runs = time!.forks * time!.iterationsPerFork;
    const course = runOrderSentences({ burst: { runs, measurement }, withheld }).join(" ");
    return course === "" ? [] : [`- ${markdownText(id, 120)}: ${markdownText(course, 500)}`];
  });
  return lines.length === 0 ? [] : [...lines, "", ...further(measured.length, MOST.courses)];
}

function conditions({ document }: BenchReportInput): Lines {
  const { isolation, machine, environment, seed } = document;
  const noise =
    machine === null ? null : { before: machine.before, ...(machine.during && { during: machine.during }) };
  return [
    ...(isolation === null
      ? []
      : [`- Isolation: ${markdownText(isolation.engine)} in ${markdownText(isolation.carrier)}`]),
    ...measurementLines({ burst: null, noise, withheld: null, isolation }).map(
      ([name, text]) => `- ${name}: ${markdownText(text)}`,
    ),
    `- Environment: ${markdownText(`${environment.runtime}, ${environment.platform}, ${environment.cpu}`)}`,
    ...(seed === null ? [] : [`- Seed: ${markdownCode(String(seed))}`]),
  ];
}

function details(summary: string, content: Lines): Lines {
  if (content.length === 0) return [];
  return [`<details><summary>${summary}</summary>`, "", ...content, "", "</details>", ""];
}
