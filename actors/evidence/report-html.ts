/** The session report as one HTML file: its header, and its sections in reading order. */
import type { SessionDocument, SubjectSummary } from "../workflow/session-document.ts";
import { NO_BOUNDARY } from "../workflow/level.ts";
import { renderCharts } from "./report-charts.ts";
import { renderComparisons } from "./report-comparisons.ts";
import { renderDiff } from "./report-diff.ts";
import { formatMoment } from "./report-format.ts";
import { historyChart } from "./report-history.ts";
import type { ReportInput } from "./report-input.ts";
import { keyFigures } from "./report-key-figures.ts";
import { markup, type Markup } from "./report-markup.ts";
import { renderPage, type Section } from "./report-page.ts";
import { renderChart } from "./report-plot.ts";
import { renderRelease } from "./report-release.ts";
import {
  renderConditions,
  renderCounterexample,
  renderEquivalence,
  renderGates,
  renderInputs,
  renderPhases,
  renderRefusals,
  renderReproduce,
  renderReward,
  renderSearch,
  renderSettling,
} from "./report-sections.ts";
import { code } from "./report-table.ts";
import { tagOf, verdictClass } from "./report-verdict-tag.ts";
import { subjectName, verdictSentence } from "./report-verdict.ts";

/** Equal inputs give equal text. */
export function renderHtml(input: ReportInput): string {
  const { document, createdAt } = input;
  const title = titleOf(document.subject);
  return renderPage({
    title: `${tagOf(document.verdict).word}: ${title}`,
    myriad: document.environment.myriad,
    header: header(input, title),
    sections: sectionsOf(input),
    createdAt,
  });
}

function titleOf(subject: SubjectSummary | null): string {
  return subject === null ? "Session report" : subjectName(subject);
}

function header(input: ReportInput, title: string): Markup {
  const { document, createdAt } = input;
  const { word, mark } = tagOf(document.verdict);
  return markup`<header>
<p class="kicker">Myriad <span aria-hidden="true">·</span> ${document.command} <span aria-hidden="true">·</span> <time datetime="${createdAt}">${formatMoment(createdAt)}</time></p>
<h1>${title}</h1>
${about(document)}
<section class="verdict ${verdictClass(document.verdict)}" aria-label="Verdict">
<p class="word"><span aria-hidden="true">${mark}</span> ${word}</p>
<p class="sentence">${unbroken(verdictSentence(document))}</p>
${document.isolation?.enforced.length === 0 ? markup`<p class="soft">No boundary: ${NO_BOUNDARY}.</p>` : null}
${errorNote(document)}
</section>
${figures(input)}
</header>`;
}

function about({ subject, session }: SessionDocument): Markup {
  const goal = subject === null ? null : markup`Goal: ${subject.goal}`;
  const candidate =
    subject?.candidate == null ? null : markup`<span>candidate ${code(subject.candidate)}</span>`;
  const id = session === null ? null : markup`<span>session ${code(session)}</span>`;
  return markup`<p class="meta">${[goal === null ? null : markup`<span>${goal}</span>`, candidate, id]}</p>`;
}

/** A figure and its sign stay on one line. */
function unbroken(sentence: string): string {
  return sentence.replace(/(\d) (×|%|ns|µs|ms|s|MB)(?![\p{L}\p{N}])/gu, "$1\u00a0$2");
}

/** The sentence above already has the message where there is no verdict. */
function errorNote({ error, verdict }: SessionDocument): Markup | null {
  if (error === null) return null;
  const where = error.location === null ? null : markup` at ${code(error.location)}`;
  const message = verdict === null ? null : markup`: ${error.message}`;
  const hint = error.hint === null ? null : markup`<br>What to do: ${error.hint}`;
  return markup`<p class="error"><strong>${error.code}</strong>${where}${message}${hint}</p>`;
}

function figures(input: ReportInput): Markup | null {
  const list = keyFigures(input);
  if (list.length === 0) return null;
  return markup`<dl class="figures" aria-label="Key figures">${list.map(
    ({ value, name, note }) =>
      markup`<div><dt>${name}</dt><dd>${unbroken(value)}</dd>${note === null ? null : markup`<dd class="soft">${unbroken(note)}</dd>`}</div>`,
  )}</dl>`;
}

function sectionsOf(input: ReportInput): readonly Section[] {
  const { document } = input;
  const charts = renderCharts(input);
  const disagrees = document.equivalence !== null && document.equivalence.disagreements > 0;
  const first = disagrees ? (document.equivalence.counterexamples[0] ?? null) : null;
  const all: readonly Section[] = [
    {
      id: "counterexample",
      name: "Counterexample",
      content: first === null ? null : renderCounterexample(first),
    },
    { id: "settling", name: "What would settle it", content: renderSettling(document) },
    { id: "change", name: "Change", content: input.diff.trim() === "" ? null : renderDiff(input.diff) },
    { id: "charts", name: "Measurements", content: charts.length === 0 ? null : charts },
    {
      id: "comparisons",
      name: "Comparisons",
      content: document.comparisons.length === 0 ? null : renderComparisons(document.comparisons),
    },
    { id: "release", name: "Last release", content: renderRelease(document.baseline) },
    {
      id: "history",
      name: "History",
      content:
        input.history.length === 0 ? null : input.history.map((series) => renderChart(historyChart(series))),
    },
    { id: "gates", name: "Gates", content: renderGates(document.gates) },
    { id: "equivalence", name: "Equivalence", content: renderEquivalence(document.equivalence) },
    { id: "search", name: "Search", content: renderSearch(document.search) },
    { id: "refusals", name: "Refusals", content: renderRefusals(document.refusals) },
    { id: "reward", name: "Reward", content: renderReward(document.reward) },
    { id: "conditions", name: "Conditions", content: renderConditions(document) },
    { id: "inputs", name: "Inputs", content: renderInputs(input) },
    { id: "phases", name: "Phases", content: renderPhases(document.phases) },
    { id: "reproduce", name: "Reproduce", content: renderReproduce(input.reproduce) },
  ];
  return all.filter(({ content }) => content !== null);
}
