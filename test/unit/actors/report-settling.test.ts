import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settlingAdvice, settlingClause } from "../../../actors/evidence/report-settling.ts";
import { renderHtml, renderMarkdown } from "../../../actors/evidence/report.ts";
import type { ComparisonRow, SessionDocument } from "../../../actors/workflow/session-document.ts";
import { DOCUMENT, INCONCLUSIVE, INPUT, openRow } from "./report-session.ts";

function open(row: ComparisonRow, document: Partial<SessionDocument> = {}): SessionDocument {
  return { ...DOCUMENT, verdict: "inconclusive", comparisons: [row], noise: null, ...document };
}

const advised = (row: ComparisonRow, document: Partial<SessionDocument> = {}): string =>
  settlingAdvice(open(row, document)).join("\n");

const UNUSABLE = { label: "unusable", coefficientOfVariation: 0.34 } as const;

describe("what would settle an open question", () => {
  it("is so many runs, by their option, where more of them do it", () => {
    const row = openRow({ change: 0.01, variation: 0.04 });
    assert.match(
      advised(row),
      /^time \(orders-dedupe\): About \d+0 forks a version instead of 20 \(--runs \d+000\) come to a verdict in nine of ten such sessions, if the change is the \+1\.0 % that it was seen to be\.$/,
    );
    assert.match(
      settlingClause(open(row), row),
      /^about \d+0 forks a version instead of 20 \(--runs \d+000\) would/,
    );
  });

  it("is fewer runs on a quiet machine where noise makes them many", () => {
    const text = advised(openRow({ change: 0.035, variation: 0.1 }));
    assert.match(
      text,
      /Noise is what makes it so many: fork means vary by 10 %, and where they vary by 5 %, about \d+0 forks/,
    );
  });

  it("is a quieter machine where no number of runs does it on this one", () => {
    const row = openRow({ change: 0.035, variation: 0.28 });
    assert.match(
      advised(row),
      /noise is the trouble and not the number of runs\. Where they vary by 5 %, about \d+0 forks/,
    );
    assert.match(
      settlingClause(open(row), row),
      /^this machine is too noisy to settle it; on a quiet one about \d+0 forks/,
    );
  });

  it("is another tolerance where the change lies on it", () => {
    const row = openRow({ change: 0.0201, variation: 0.04 });
    assert.match(advised(row), /lies so close to the tolerance of 2 % that not even 500,000 runs would tell/);
    assert.match(settlingClause(open(row), row), /more forks would hardly settle it$/);
  });

  it("is nothing that can be planned where the baseline is zero", () => {
    const row = { ...openRow({ change: 0.03, variation: 0.04 }), relDelta: null, ci99: null };
    assert.match(advised(row), /The baseline is zero/);
    assert.match(settlingClause(open(row), row), /^its baseline is zero/);
  });

  it("is not more runs where noise withheld the verdict", () => {
    const row = openRow({ change: 0.035, variation: 0.34 });
    assert.match(
      advised(row, { noise: UNUSABLE, withheld: "noise" }),
      /^Not more runs, but a quieter machine: fork means vary by 34 %.*--allow-noise gives a verdict all the same\.$/,
    );
    assert.doesNotMatch(advised(row, { noise: UNUSABLE, withheld: null }), /--allow-noise/);
  });

  it("is longer forks where they were too short to tell the machine's noise from their own", () => {
    const row = { ...openRow({ change: 0.035, variation: 0.34 }), iterationsPerFork: 10 };
    assert.match(
      advised(row, { noise: UNUSABLE, withheld: "noise" }),
      /^Longer forks first: .* those of 10 iterations vary more than those of 500 \(--runs 10000\)/,
    );
  });

  it("is a steady version where an unsteady one withheld the verdict", () => {
    assert.match(
      advised(openRow({ change: 0.1, variation: 0.04 }), { withheld: "unsteady" }),
      /^Not more runs, but steady ones: a version still changed while it was timed/,
    );
  });

  it("is told of every open comparison, and of no other", () => {
    const row = openRow({ change: 0.01, variation: 0.04 });
    const document = open(row, {
      comparisons: [row, DOCUMENT.comparisons[0]!, { ...row, metric: "cpu_time" }],
    });
    assert.deepEqual(
      settlingAdvice(document).map((sentence) => sentence.split(" (")[0]),
      ["time", "cpu time"],
    );
    assert.deepEqual(settlingAdvice(DOCUMENT), []);
    assert.deepEqual(settlingAdvice({ ...DOCUMENT, verdict: "inconclusive", comparisons: [] }), []);
  });

  it("stands in both reports, first, and only where something is open", () => {
    const [html, markdown] = [renderHtml(INCONCLUSIVE), renderMarkdown(INCONCLUSIVE)];
    assert.match(html, /<main>\s*<section id="settling"/);
    assert.match(html, /judged by its own samples/);
    assert.ok(markdown.indexOf("What would settle it:") < markdown.indexOf("<details>"));
    assert.doesNotMatch(renderHtml(INPUT) + renderMarkdown(INPUT), /What would settle it/);
  });
});
