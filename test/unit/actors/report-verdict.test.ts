import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decide } from "../../../kernels/statistics/index.ts";
import { verdictSentence } from "../../../actors/evidence/report.ts";
import type { ComparisonRow, SessionDocument } from "../../../actors/workflow/session-document.ts";
import {
  DOCUMENT,
  FAILED,
  INCONCLUSIVE,
  NO_BASELINE,
  REGRESSED,
  REJECTED,
  measure,
} from "./report-session.ts";

const TIME_ROW = DOCUMENT.comparisons[0]!;

function sentence(change: Partial<SessionDocument>): string {
  return verdictSentence({ ...DOCUMENT, ...change });
}

/** A row whose relative change and interval are exactly these. */
function row(
  relDelta: number | null,
  ci99: readonly [number, number] | null,
  change: Partial<ComparisonRow> = {},
): ComparisonRow {
  return { ...TIME_ROW, relDelta, ci99, ...change };
}

const FASTER = row(1 / 3.42 - 1, [1 / 3.46 - 1, 1 / 3.38 - 1]);

describe("the sentence of an improvement", () => {
  it("says how many times faster, within which interval, and how equal behaviour was shown", () => {
    assert.equal(
      sentence({ comparisons: [FASTER] }),
      "dedupe is 3.42 × faster (99 % interval 3.38–3.46 ×); no disagreement on 300 inputs, 100 of them sealed.",
    );
  });

  it("turns to percent where the factor is small", () => {
    const small = row(-0.043, [-0.047, -0.039]);
    assert.match(
      sentence({ comparisons: [small] }),
      /^dedupe takes 4\.3 % less time \(99 % interval 3\.9–4\.7 %\);/,
    );
  });

  it("speaks of other metrics by their name and direction", () => {
    const memory = { metric: "peak_memory", unit: "MB" } as const;
    assert.match(
      sentence({ comparisons: [row(-0.5, [-0.52, -0.48], memory)] }),
      /^peak memory of dedupe is 2\.00 × lower \(/,
    );
    const rate = { metric: "throughput", unit: "ops/s", direction: "higher" } as const;
    assert.match(
      sentence({ comparisons: [row(1.1, [1, 1.2], rate)] }),
      /^throughput of dedupe is 2\.10 × higher \(99 % interval 2\.00–2\.20 ×\)/,
    );
  });

  it("names a hand-written candidate, and the case where there are several", () => {
    const subject = { ...DOCUMENT.subject!, candidate: "src/fast.ts#quick" };
    const other = row(0, [-0.001, 0.001], { caseId: "large", verdict: "non_inferior" });
    assert.match(
      sentence({ subject, comparisons: [other, FASTER] }),
      /^src\/fast\.ts#quick is 3\.42 × faster than dedupe \(99 % interval [^)]+\) on case orders-dedupe;/,
    );
  });

  it("names the baseline that a burst is compared with", () => {
    assert.match(
      sentence({ command: "burst", comparisons: [FASTER] }),
      /^dedupe is 3\.42 × faster than its baseline b4 \(/,
    );
  });

  it("survives a change without ratio or interval", () => {
    assert.match(sentence({ comparisons: [row(null, null)] }), /^dedupe is changed from zero;/);
    assert.match(sentence({ comparisons: [row(-0.5, null)] }), /^dedupe is 2\.00 × faster;/);
    assert.match(sentence({ comparisons: [row(-0.5, [-1.2, -0.4])] }), /99 % interval 1\.67–∞ ×/);
  });
});

describe("the sentence of a regression", () => {
  it("says how many times slower than what, and what would have been tolerated", () => {
    assert.match(
      verdictSentence(REGRESSED.document),
      /^src\/orders-next\.ts#dedupe is 1\.31 × slower than src\/orders\.ts#dedupe \(99 % interval 1\.29–1\.32 ×\), more than the tolerance of 2 %;/,
    );
  });

  it("is about the regressed metric, though another is the goal", () => {
    const memory = row(0.31, [0.3, 0.32], { metric: "peak_memory", unit: "MB", verdict: "regressed" });
    assert.match(
      sentence({ verdict: "regressed", comparisons: [FASTER, memory] }),
      /^peak memory of dedupe is 1\.31 × higher/,
    );
  });

  it("blames the gate where no metric regressed", () => {
    const gates = [{ ...DOCUMENT.gates[3]!, passed: false, reason: "methodology score 0.71 is below 0.85." }];
    assert.equal(
      sentence({ verdict: "regressed", comparisons: [], gates }),
      "The candidate is not accepted: gate methodology adherence did not pass (methodology score 0.71 is below 0.85).",
    );
  });
});

describe("the sentence of an open question", () => {
  it("says how many forks would settle it", () => {
    assert.match(
      verdictSentence(INCONCLUSIVE.document),
      /^Not settled: the time of dedupe changed by \+0\.10 % \(99 % interval −3\.3 to \+3\.7 %\), with a tolerance of 2 %; about \d+0 forks a version instead of 20 \(--runs \d+0000?\) would settle/,
    );
  });

  it("says so when more forks would not help, and when the machine is too noisy", () => {
    const edge = row(0.02001, [-0.01, 0.05], { verdict: "inconclusive" });
    assert.match(
      sentence({ verdict: "inconclusive", comparisons: [edge] }),
      /more forks would hardly settle it\.$/,
    );
    const noise = { label: "unusable", coefficientOfVariation: 0.21 } as const;
    assert.match(
      sentence({ verdict: "inconclusive", comparisons: [edge], noise }),
      /fork means vary by 21 %\), so repeat it on a quieter one\.$/,
    );
  });

  it("the forks it asks for do settle a change of that size", () => {
    const planned = Number(/about ([\d,]+) forks/.exec(verdictSentence(INCONCLUSIVE.document))![1]);
    const settled = Array.from({ length: 10 }, (_, trial) => {
      const baseline = { mean: 1.24, forkSpread: 0.012, spread: 0.06, forks: planned, iterations: 20 };
      const candidate = { mean: 1.2375, forkSpread: 0.05, spread: 0.09, forks: planned, iterations: 20 };
      return decide([measure(`planned-${trial}`, baseline, candidate).row])[0]!.verdict !== "inconclusive";
    });
    assert.ok(settled.filter(Boolean).length >= 7, `${settled.filter(Boolean).length} of 10 were settled`);
  });
});

describe("the other sentences", () => {
  it("no slower: the change, its interval and the tolerance", () => {
    const same = row(-0.003, [-0.009, 0.003], { verdict: "non_inferior" });
    assert.equal(
      sentence({ verdict: "non_inferior", command: "burst", comparisons: [same], equivalence: null }),
      "dedupe is no slower than its baseline b4: the change is −0.3 % (99 % interval −0.9 to +0.3 %), inside the tolerance of 2 %.",
    );
  });

  it("rejected by inputs: the shrunk counterexample", () => {
    assert.equal(
      verdictSentence(REJECTED.document),
      'The candidate is rejected: it disagrees with dedupe on 3 of 300 inputs; on the smallest such input, [[{ id: "__proto__", total: 1 }]], it gives [] where dedupe gives [{ id: "__proto__", total: 1 }].',
    );
  });

  it("rejected by a gate: the first that failed itself, not one that hangs on it", () => {
    const [first, second, third] = DOCUMENT.gates;
    const gates = [
      { ...second!, passed: false, score: null, reason: "dependency_failure" },
      { ...first!, passed: false, reason: "2 of 9 rules violated" },
      third!,
    ];
    assert.equal(
      sentence({ verdict: "rejected", gates }),
      "The candidate is rejected: gate constraint compliance did not pass (2 of 9 rules violated).",
    );
  });

  it("rejected in the burst: the last refusal", () => {
    const refusals = [
      { candidate: "hoist-set", phase: "gates", reason: "a rule" },
      { candidate: "set", phase: "burst", reason: "in the burst 3 of its sandboxes failed" },
    ] as const;
    assert.equal(
      sentence({ verdict: "rejected", comparisons: [], refusals }),
      "The candidate is rejected: in the burst 3 of its sandboxes failed.",
    );
  });

  it("first measurement: how much was run, and the baseline it became", () => {
    assert.equal(
      verdictSentence(NO_BASELINE.document),
      "First measurement of dedupe, in 10,000 sandboxes with 0 failures; it is now baseline b1.",
    );
  });

  it("nothing better found: how many versions were tried", () => {
    const search = { candidates: 14, accepted: 0, history: [] };
    const open = { verdict: "inconclusive", comparisons: [], search } as const;
    assert.equal(
      sentence(open),
      "Nothing better was found: of 14 candidate versions of dedupe none proved faster, and it stays as it is.",
    );
    assert.equal(
      sentence({ ...open, search: { ...search, candidates: 0 } }),
      "Nothing better was found: no rewrite applies to dedupe, which stays as it is.",
    );
  });

  it("no verdict: the error, or the phase that was running", () => {
    assert.equal(
      verdictSentence(FAILED.document),
      "The session ended without a verdict: dedupe gave two results for one input (SUBJECT_NOT_DETERMINISTIC).",
    );
    assert.equal(sentence({ verdict: null }), "No verdict yet: the session stopped in phase report.");
    assert.equal(sentence({ verdict: null, phases: [] }), "No verdict was asked for.");
  });

  it("stays one line of visible text, whatever the names and inputs hold", () => {
    const subject = { ...DOCUMENT.subject!, export: "a\nb\u202e" };
    const text = sentence({ subject, comparisons: [FASTER] });
    assert.match(text, /^a b\\u\{202e\} is 3\.42 × faster/);
    assert.doesNotMatch(text, /\n/);
  });
});
