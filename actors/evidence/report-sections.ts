/** The report's sections below the charts. Each gives null where the session has nothing to say on it. */
import type {
  Counterexample,
  Equivalence,
  GateResult,
  Noise,
  PhaseSummary,
  Refusal,
  Reward,
  SearchStep,
  SearchSummary,
  SessionDocument,
} from "../workflow/session-document.ts";
import { formatCount, formatDuration, formatName, formatNumber, formatPercent } from "./report-format.ts";
import { measurementLines } from "./report-measurement.ts";
import type { ReportInput } from "./report-input.ts";
import { markup, shorten, type Content, type Markup } from "./report-markup.ts";
import { settlingAdvice } from "./report-settling.ts";
import { code, facts, folded, prose, table } from "./report-table.ts";

const OPEN_STEPS = 12;
const MAX_STEPS = 500;
const MAX_INPUTS = 40;
const MAX_INPUT_CHARACTERS = 2_000;

export function renderSettling(document: SessionDocument): Markup | null {
  const advice = settlingAdvice(document);
  if (advice.length === 0) return null;
  return markup`${advice.map((sentence) => markup`<p>${prose(sentence)}</p>`)}
<p class="note">That is a session of its own, judged by its own samples: a test that is repeated on growing samples until it succeeds succeeds.</p>`;
}

export function renderGates(gates: readonly GateResult[]): Markup | null {
  if (gates.length === 0) return null;
  return table<GateResult>(
    "Quality gates, in the order they were evaluated",
    [
      { title: "Gate", cell: ({ name }) => formatName(name) },
      {
        title: "Result",
        cell: (gate) => outcomeTag(gate.passed ? "good" : notJudged(gate) ? "none" : "bad", gateResult(gate)),
      },
      { title: "Score", numeric: true, cell: ({ score }) => (score === null ? "–" : score.toFixed(2)) },
      { title: "Critical", cell: ({ critical }) => (critical ? "yes" : "no") },
      { title: "Reason and details", cell: gateReason },
      { title: "Depends on", cell: ({ dependencies }) => dependencies.map(formatName).join(", ") || "–" },
    ],
    gates,
  );
}

function notJudged({ reason }: GateResult): boolean {
  return reason === "not_run";
}

function gateResult(gate: GateResult): string {
  if (gate.passed) return "passed";
  return notJudged(gate) ? "not run" : "failed";
}

function gateReason({ reason, details }: GateResult): Content {
  const list =
    details.length === 0
      ? null
      : markup`<ul class="plain">${details.map((detail) => markup`<li>${detail}</li>`)}</ul>`;
  if (reason === null && list === null) return "–";
  return markup`${reason === null ? null : formatName(reason)}${list}`;
}

type Outcome = "good" | "bad" | "none";
const MARKS: Readonly<Record<Outcome, string>> = { good: "✓", bad: "✗", none: "–" };

function outcomeTag(outcome: Outcome, word: string): Markup {
  return markup`<span class="outcome ${outcome}"><span aria-hidden="true">${MARKS[outcome]}</span> ${word}</span>`;
}

export function renderEquivalence(equivalence: Equivalence | null): Markup | null {
  if (equivalence === null) return null;
  const { inputs, sealed, disagreements, engines, counterexamples } = equivalence;
  return markup`${facts([
    ["Inputs", formatNumber(inputs)],
    ["Sealed, unseen by the search", formatNumber(sealed)],
    ["Disagreements", formatNumber(disagreements)],
    ["Engines", engines.join(", ")],
  ])}
<p class="note">Compared are results, thrown errors, what the call did to its arguments, and iteration order.</p>
${counterexamples.map(renderCounterexample)}`;
}

export function renderCounterexample(example: Counterexample): Markup {
  const { shrunkFrom, shrunkTo, engine } = example;
  const shrunk =
    shrunkTo < shrunkFrom
      ? `, shrunk from ${formatNumber(shrunkFrom)} to ${formatNumber(shrunkTo)} characters`
      : "";
  return markup`<figure class="counterexample">
<figcaption>Counterexample in engine ${code(engine)}${shrunk}</figcaption>
<dl>
<dt>Input</dt><dd><pre>${example.input}</pre></dd>
<dt>Subject gives</dt><dd><pre>${example.subject}</pre></dd>
<dt>Candidate gives</dt><dd><pre class="differs">${example.candidate}</pre></dd>
</dl>
</figure>`;
}

export function renderSearch(search: SearchSummary | null): Markup | null {
  if (search === null) return null;
  const { candidates, accepted, history } = search;
  const intro = `${formatCount(candidates, "distinct version")} tried, ${formatCount(accepted, "rewrite")} in the proposal. Speed-ups are the search’s own quick measurements; the verdict rests on fresh samples over sealed inputs.`;
  if (history.length === 0) return markup`<p>${intro}</p>`;
  const steps = searchTable(history.slice(0, MAX_STEPS));
  const rest =
    history.length > MAX_STEPS
      ? markup`<p class="note">${formatNumber(history.length - MAX_STEPS)} further steps are not shown.</p>`
      : null;
  const content = markup`${steps}${rest}`;
  return markup`<p>${intro}</p>${history.length > OPEN_STEPS ? folded(`Show all ${formatCount(history.length, "step")}`, content) : content}`;
}

function searchTable(steps: readonly SearchStep[]): Markup {
  return table<SearchStep>(
    "Rewrites, in the order they were tried",
    [
      { title: "Round", numeric: true, cell: ({ round }) => round },
      { title: "Rule", cell: ({ rule }) => code(rule) },
      { title: "What it did", cell: ({ description }) => description },
      { title: "Line", numeric: true, cell: ({ line }) => line },
      {
        title: "Speed-up",
        numeric: true,
        cell: ({ speedup }) => (speedup === null ? "–" : `${speedup.toFixed(2)} ×`),
      },
      { title: "Outcome", cell: stepOutcome },
    ],
    steps,
  );
}

function stepOutcome({ outcome, reason }: SearchStep): Markup {
  const kind = outcome === "accepted" ? "good" : outcome === "disagrees" ? "bad" : "none";
  const why = reason === null ? null : markup`<span class="soft">: ${reason}</span>`;
  return markup`${outcomeTag(kind, formatName(outcome))}${why}`;
}

export function renderRefusals(refusals: readonly Refusal[]): Markup | null {
  if (refusals.length === 0) return null;
  return table<Refusal>(
    "Candidates that were refused, in the order they were tried",
    [
      { title: "Candidate", cell: ({ candidate }) => code(candidate) },
      { title: "Phase", cell: ({ phase }) => phase },
      { title: "Reason", cell: ({ reason }) => reason },
    ],
    refusals,
  );
}

export function renderReward(reward: Reward | null): Markup | null {
  if (reward === null) return null;
  const components = Object.entries(reward.components);
  return markup`${facts([
    ["Total", formatNumber(reward.total)],
    ["Normalised", formatNumber(reward.normalised)],
    ...components.map(([name, value]) => [formatName(name), formatNumber(value)] as const),
  ])}`;
}

/** What a run of any kind has of them. */
export type Conditions = Pick<
  SessionDocument,
  "isolation" | "environment" | "burst" | "seed" | "baseline" | "withheld"
> & { readonly noise: Partial<Noise> | null };

export function renderConditions({
  isolation,
  noise,
  environment,
  burst,
  seed,
  baseline,
  withheld = null,
}: Conditions): Markup {
  return markup`${facts(
    [
      ["Isolation engine", isolation?.engine ?? null],
      ["Carrier", isolation?.carrier ?? null],
      ["Enforced", isolation === null ? null : isolation.enforced.join(", ") || "nothing"],
      ["Missing", isolation === null ? null : isolation.missing.join(", ") || "nothing"],
      [
        "Noise",
        noise?.label === undefined || noise.coefficientOfVariation === undefined
          ? null
          : `${noise.label}: fork means vary by ${formatPercent(noise.coefficientOfVariation)}`,
      ],
      ...measurementLines({ burst, noise, withheld, isolation }),
      ["Sandboxes a version", burst === null ? null : formatNumber(burst.runs)],
      ["Failures", burst === null ? null : formatNumber(burst.failures)],
      ["Infrastructure errors", burst === null ? null : formatNumber(burst.infraErrors)],
      [
        "Burst",
        burst === null
          ? null
          : `${formatDuration(burst.wallMs)}, ${formatCount(Math.round(burst.sandboxesPerSecond), "sandbox", "sandboxes")} a second`,
      ],
      ["Calls in a sandbox", burst === null ? null : formatNumber(burst.batch)],
      ["Baseline", baseline === null ? null : `${baseline.from ?? "none"} → ${baseline.to ?? "unchanged"}`],
      ["Candidate kept as", baseline?.candidate ?? null],
    ],
    "rows",
  )}
${facts(
  [
    ["Myriad", environment.myriad],
    ["Runtime", environment.runtime],
    ["Platform", environment.platform],
    ["Processor", `${environment.cpu}, ${formatCount(environment.cores, "core")}`],
    ["Memory", `${formatNumber(environment.memoryMb)} MB`],
    ["Seed", seed === null ? null : code(String(seed))],
    ["Fingerprint", code(environment.fingerprint)],
  ],
  "rows",
)}`;
}

export function renderInputs({ sampleInputs, inputOrigin }: ReportInput): Markup | null {
  if (sampleInputs.length === 0 && inputOrigin === "") return null;
  const shown = sampleInputs.slice(0, MAX_INPUTS);
  return markup`<p>${inputOrigin}</p>
${shown.length === 0 ? null : markup`<ol class="inputs">${shown.map((input) => markup`<li><pre>${shorten(input, MAX_INPUT_CHARACTERS)}</pre></li>`)}</ol>`}`;
}

export function renderPhases(phases: readonly PhaseSummary[]): Markup | null {
  if (phases.length === 0) return null;
  const longest = Math.max(...phases.map(({ durationMs }) => durationMs), 1);
  return table<PhaseSummary>(
    "Phases in their order, with their durations",
    [
      { title: "Phase", cell: ({ name }) => name },
      {
        title: "State",
        cell: ({ state }) =>
          outcomeTag(state === "finished" ? "good" : state === "failed" ? "bad" : "none", state),
      },
      {
        title: "Duration",
        numeric: true,
        cell: ({ state, durationMs }) =>
          state === "pending" || state === "skipped" ? "–" : formatDuration(durationMs),
      },
      {
        title: "Share of the longest",
        cell: ({ durationMs }) =>
          markup`<span class="bar" aria-hidden="true" style="width:${((durationMs / longest) * 100).toFixed(1)}%"></span>`,
      },
    ],
    phases,
  );
}

export function renderReproduce(commands: readonly string[]): Markup | null {
  if (commands.length === 0) return null;
  return markup`<pre class="commands">${commands.map((command, index) => markup`${index === 0 ? "" : "\n"}<span class="prompt" aria-hidden="true">$ </span>${command}`)}</pre>`;
}
