import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "../../contract/journal-contract.ts";
import { decide, EarlyStop, overallVerdict } from "../../../kernels/statistics/index.ts";
import type { ComparisonP, EarlyStopSettings, PairOfMeans } from "../../../kernels/statistics/index.ts";
import { normals } from "./normals.ts";

const LOWER = { direction: "lower", tolerance: 0.02 } as const;

function stopOf(metrics: number, wanted: EarlyStopSettings["wanted"] = "not_worse"): EarlyStop {
  return new EarlyStop({ metrics: Array.from({ length: metrics }, () => LOWER), plannedPairs: 20, wanted });
}

/** Pairs of forks whose candidate is `changes` slower, metric by metric; two percent of noise. */
function pairsOf(seed: string, ...changes: readonly number[]): () => readonly PairOfMeans[] {
  const normal = normals(seed);
  const draw = (): number => 100 * (1 + 0.02 * normal());
  return () => changes.map((change) => ({ baseline: draw(), candidate: (1 + change) * draw() }));
}

function untilDecided(stop: EarlyStop, next: () => readonly PairOfMeans[], most = 60): EarlyStop {
  while (stop.decided === null && stop.pairs < most) stop.push(next());
  return stop;
}

describe("an early stop", () => {
  for (const [change, decided] of [
    [0.3, "regressed"],
    [-0.3, "improved"],
  ] as const) {
    it(`comes long before twenty pairs at a change by ${change * 100} %: ${decided}`, () => {
      const stop = untilDecided(stopOf(1), pairsOf("plain", change));
      assert.equal(stop.decided, decided);
      assert.ok(stop.pairs < 10, `${stop.pairs} pairs`);
    });
  }

  it("never comes before the sixth of twenty planned pairs, however plain the change", () => {
    const plain = (): readonly PairOfMeans[] => [{ baseline: 100, candidate: 300 }];
    assert.equal(untilDecided(stopOf(1), plain).pairs, 6);
    const longer = new EarlyStop({ metrics: [LOWER], plannedPairs: 200, wanted: "not_worse" });
    assert.equal(untilDecided(longer, plain).pairs, 14);
  });

  it("waits for an improvement where one is wanted, and takes not worse for enough where not", () => {
    const enough = untilDecided(stopOf(1), pairsOf("gain", -0.01));
    assert.equal(enough.decided, "non_inferior");
    const wanting = stopOf(1, "improved");
    untilDecided(wanting, pairsOf("gain", -0.01), enough.pairs);
    assert.equal(wanting.decided, null);
    assert.equal(untilDecided(stopOf(1, "improved"), pairsOf("gain", -0.06)).decided, "improved");
  });

  it("waits for all metrics to be decided, but for none where one is regressed", () => {
    const open = untilDecided(stopOf(2), pairsOf("two", -0.3, 0.02), 20);
    assert.deepEqual([open.pairs, open.decided], [20, null]);
    const worse = untilDecided(stopOf(2), pairsOf("two", 0.02, 0.3), 20);
    assert.equal(worse.decided, "regressed");
    assert.ok(worse.pairs < 20);
    const both = untilDecided(stopOf(2, "improved"), pairsOf("two", -0.3, 0));
    assert.equal(both.decided, "improved");
    assert.ok(both.sequences[1]!.p.nonInferior < 0.05);
  });

  it("says what the adjusted p of all its metrics say, so that nothing is decided twice", () => {
    const stop = untilDecided(stopOf(3), pairsOf("three", 0.1, 0, 0));
    const rows = decide(stop.sequences.map(({ p }) => ({ p })));
    assert.equal(stop.decided, overallVerdict(rows.map(({ verdict }) => verdict)));
  });

  it("decides what is known beforehand with what forks show, after two pairs at the least", () => {
    const known = (p: Partial<ComparisonP>): EarlyStop =>
      new EarlyStop({
        metrics: [{ p: { regressed: 1, nonInferior: 1, improved: 1, ...p } }, LOWER],
        plannedPairs: 20,
        wanted: "improved",
      });
    const worse = untilDecided(known({ regressed: 0.001 }), pairsOf("known", 0));
    assert.deepEqual([worse.decided, worse.pairs], ["regressed", 2]);
    const better = untilDecided(known({ improved: 0.001 }), pairsOf("known", 0));
    assert.equal(better.decided, "improved");
    const open = untilDecided(known({}), pairsOf("known", -0.3), 20);
    assert.equal(open.decided, null);
  });

  it("plans its comparisons for the most pairs there will be", () => {
    const stop = new EarlyStop({ metrics: [LOWER], plannedPairs: 200, wanted: "improved" });
    assert.equal(stop.sequences[0]!.state.plannedPairs, 200);
  });

  it("refuses to look at no metric, or at figures of another number of metrics", () => {
    assert.throws(() => stopOf(0), hasCode("STATISTICS_BAD_ARGUMENT"));
    const stop = stopOf(2);
    assert.throws(() => stop.push([{ baseline: 1, candidate: 1 }]), hasCode("STATISTICS_BAD_ARGUMENT"));
    assert.equal(stop.pairs, 0);
  });
});
