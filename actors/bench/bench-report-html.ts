/**
 * The report of a run of bench files as one HTML file: a table and the estimates a bench, and where the iterations of
 * each task lie, in which order they ran, and its forks. Equal inputs give equal text.
 */
import { renderMeasured } from "../evidence/report-charts.ts";
import { estimatesChart } from "../evidence/report-estimates.ts";
import type { EstimateWords } from "../evidence/report-estimates.ts";
import {
  formatChange,
  formatChangeInterval,
  formatMoment,
  formatNumber,
  formatPercent,
  formatQuantity,
  formatQuantityInterval,
} from "../evidence/report-format.ts";
import { markup, type Content, type Markup } from "../evidence/report-markup.ts";
import { renderPage, type Section } from "../evidence/report-page.ts";
import { renderChart } from "../evidence/report-plot.ts";
import { renderConditions, renderReproduce } from "../evidence/report-sections.ts";
import { code, folded, table } from "../evidence/report-table.ts";
import type { BenchGroup, BenchTaskResult } from "./bench-document.ts";
import {
  benchTag,
  commandOf,
  decidedRow,
  groupName,
  samplesFor,
  titleOf,
  verdictWords,
  worstFirst,
} from "./bench-report-input.ts";
import type { BenchReportInput } from "./bench-report-input.ts";
import { againstText, headline } from "./bench-text.ts";

/** Drawn in full; all others are in the table. */
const MOST_DRAWN = 24;

export function renderBenchHtml(input: BenchReportInput): string {
  const { document, start, createdAt } = input;
  const title = titleOf(start);
  return renderPage({
    title: `${benchTag(document.verdict).word}: ${title}`,
    myriad: document.environment.myriad,
    header: header(input, title),
    sections: sectionsOf(input),
    createdAt,
  });
}

function header({ document, start, createdAt }: BenchReportInput, title: string): Markup {
  const { word, mark, of } = benchTag(document.verdict);
  return markup`<header>
<p class="kicker">Myriad <span aria-hidden="true">·</span> bench <span aria-hidden="true">·</span> <time datetime="${createdAt}">${formatMoment(createdAt)}</time></p>
<h1>${title}</h1>
<p class="meta"><span>session ${code(start.session)}</span></p>
<section class="verdict ${of}" aria-label="Verdict">
<p class="word"><span aria-hidden="true">${mark}</span> ${word}</p>
<p class="sentence">${headline(document)}</p>
</section>
</header>`;
}

function sectionsOf(input: BenchReportInput): readonly Section[] {
  const { document, start } = input;
  const { isolation, environment, seed, machine, warnings } = document;
  const benches = document.benches.map((bench, index) => ({
    id: `bench-${index + 1}`,
    name: groupName(bench, start),
    content: benchContent(bench, input),
  }));
  const all: readonly Section[] = [
    ...benches,
    { id: "tasks", name: "Measurements", content: taskContents(input) },
    {
      id: "notes",
      name: "Notes",
      content:
        warnings.length === 0 ? null : markup`<ul>${warnings.map((one) => markup`<li>${one}</li>`)}</ul>`,
    },
    {
      id: "conditions",
      name: "Conditions",
      content: renderConditions({
        isolation,
        environment,
        seed,
        noise:
          machine === null
            ? null
            : { before: machine.before, ...(machine.during && { during: machine.during }) },
        burst: null,
        baseline: null,
      }),
    },
    { id: "reproduce", name: "Reproduce", content: renderReproduce([commandOf(start)]) },
  ];
  return all.filter(({ content }) => content !== null);
}

function benchContent(bench: BenchGroup, { tasks }: BenchReportInput): Content {
  const rowsOf = (against: "baseline" | "reference") =>
    worstFirst(bench.tasks).flatMap(({ id }) => decidedRow(tasks.get(id), against));
  const reference = estimatesChart(rowsOf("reference"), {
    ...LEFT,
    title: `Against ${bench.reference?.task ?? "the reference"}`,
  });
  const baselines = estimatesChart(rowsOf("baseline"), { ...LEFT, title: "Against each one’s baseline" });
  const charts = [baselines, reference].filter((chart) => chart !== null).map(renderChart);
  return [taskTable(bench), ...charts];
}

const LEFT: Omit<EstimateWords, "title"> = {
  interval: "what the tests leave",
  intervalIs:
    "the changes that the tests do not rule out at the level at which they are decided, so that it tells the verdict",
};

function taskTable(bench: BenchGroup): Markup {
  return table<BenchTaskResult>(
    "Tasks: means of the fork means, and what the tests leave of each comparison",
    [
      { title: "Task", cell: ({ name }) => name },
      {
        title: "A call",
        numeric: true,
        cell: ({ time }) => (time === null ? "–" : formatQuantity(time.mean, "ns")),
      },
      {
        title: "99 % interval",
        numeric: true,
        cell: ({ time }) => (time === null ? "–" : formatQuantityInterval(time.ci99, "ns", time.mean)),
      },
      {
        title: "Calls a second",
        numeric: true,
        cell: ({ time }) => (time === null ? "–" : formatNumber(Math.round(time.callsPerSecond))),
      },
      {
        title: bench.reference === null ? "Reference" : `Against ${bench.reference.task}`,
        cell: (task) => againstText(task, bench.reference) || "–",
      },
      {
        title: "Change",
        numeric: true,
        cell: ({ comparison, interval }) =>
          comparison === null
            ? "–"
            : `${formatChange(comparison.relDelta)} (${formatChangeInterval(interval)})`,
      },
      {
        title: "Tolerance",
        numeric: true,
        cell: ({ tolerance }) => (tolerance === null ? "–" : formatPercent(tolerance)),
      },
      { title: "Baseline", cell: baselineCell },
    ],
    bench.tasks,
  );
}

function baselineCell(task: BenchTaskResult): Markup {
  const { mark, of } = benchTag(task.verdict);
  const why = task.error === null ? verdictWords(task) : `failed: ${task.error.message}`;
  return markup`<span class="tag ${of}"><span aria-hidden="true">${mark}</span></span> ${why}`;
}

function taskContents({ document, tasks }: BenchReportInput): Content {
  const all = document.benches.flatMap((bench) => bench.tasks);
  const measured = worstFirst(all).filter(({ id }) => tasks.has(id));
  if (measured.length === 0) return null;
  const left = measured.length - MOST_DRAWN;
  const note = left <= 0 ? null : markup`<p class="note">${left} further tasks are in the tables alone.</p>`;
  return [...measured.slice(0, MOST_DRAWN).map((task, index) => taskContent(task, index, tasks)), note];
}

function taskContent(task: BenchTaskResult, index: number, tasks: BenchReportInput["tasks"]): Markup {
  const judged = tasks.get(task.id)!;
  const { time, measurement, withheld } = task;
  const runs = time!.forks * time!.iterationsPerFork;
  const charts = renderMeasured(samplesFor(judged), { burst: { runs, measurement }, withheld });
  const summary = markup`${task.id} <span class="soft">${formatQuantity(time!.mean, "ns")} a call</span>`;
  if (index > 0) return folded(summary, charts);
  return markup`<details open><summary>${summary}</summary>
${charts}
</details>`;
}
