import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { seededRandom, type Random } from "../../../runtime/contracts/index.ts";
import { decide, normalQuantile, SequentialComparison } from "../../../kernels/statistics/index.ts";
import type { SequentialState } from "../../../kernels/statistics/index.ts";
import { logEvidenceAbove, mixingVarianceFor } from "../../../kernels/statistics/mixture.ts";
import { momentsOf } from "../../../kernels/statistics/moments.ts";
import { assertClose, dataSet } from "./reference.ts";

type Pair = readonly [baseline: number, candidate: number];

const settings = { direction: "lower", tolerance: 0.02 } as const;
const forks1 = dataSet("forks1");
const forks2 = dataSet("forks2");
const forkPairs: readonly Pair[] = Array.from(forks1, (value, index) => [value, forks2[index]!]);

function sequenceOf(pairs: readonly Pair[], direction: "lower" | "higher" = "lower"): SequentialComparison {
  const sequence = new SequentialComparison({ ...settings, direction });
  for (const [baseline, candidate] of pairs) sequence.push(baseline, candidate);
  return sequence;
}

const normal = (random: Random): number => normalQuantile(random.next() || 0.5);

describe("a sequential comparison", () => {
  it("has as p the reciprocal of the greatest evidence after any pair, on the contrasts of the fixed test", () => {
    const g = mixingVarianceFor(20, 0.1);
    const least = (factor: number, sign: 1 | -1): number => {
      const contrasts = Float64Array.from(forkPairs, ([b, c]) => sign * (c - factor * b));
      const reciprocals = forkPairs.map((_, index) => {
        const { n, mean, variance } = momentsOf(contrasts.slice(0, index + 1));
        return Math.exp(-logEvidenceAbove({ n, mean, squares: variance * (n - 1) }, g));
      });
      return Math.min(1, ...reciprocals);
    };
    const lower = sequenceOf(forkPairs).p;
    assertClose(lower.regressed, [least(1.02, 1)], 1e-9);
    assertClose(lower.nonInferior, [least(1.02, -1)], 1e-9);
    assertClose(lower.improved, [least(0.98, -1)], 1e-9);
    const higher = sequenceOf(forkPairs, "higher").p;
    assertClose(higher.regressed, [least(0.98, -1)], 1e-9);
    assertClose(higher.nonInferior, [least(0.98, 1)], 1e-9);
    assertClose(higher.improved, [least(1.02, 1)], 1e-9);
  });

  it("knows nothing before the first pair, and next to nothing after two", () => {
    const sequence = new SequentialComparison(settings);
    assert.deepEqual(sequence.p, { regressed: 1, nonInferior: 1, improved: 1 });
    assert.deepEqual([sequence.pairs, sequence.relDelta], [0, null]);
    assert.deepEqual([sequence.differenceInterval(), sequence.relativeInterval()], [null, null]);
    sequence.push(100, 200);
    sequence.push(100, 201);
    assert.ok(sequence.p.regressed > 0.3);
    assert.equal(sequence.relativeInterval(), null);
  });

  it("calls a plain slowdown regressed before the planned pairs are run", () => {
    const random = seededRandom("slower");
    const sequence = new SequentialComparison(settings);
    while (decide([{ p: sequence.p }])[0]!.verdict === "inconclusive") {
      sequence.push(100 + normal(random), 106 + normal(random));
    }
    assert.equal(decide([{ p: sequence.p }])[0]!.verdict, "regressed");
    assert.ok(sequence.pairs < 10, String(sequence.pairs));
  });

  it("does not see what disturbs both forks of a pair alike", () => {
    const quiet = sequenceOf(forkPairs.map(([b]) => [100, 104 + (b - 100) / 100]));
    const drifting = sequenceOf(
      forkPairs.map(([b], index) => {
        const drift = 1 + 0.05 * index;
        return [100 * drift, (104 + (b - 100) / 100) * drift];
      }),
    );
    assert.ok(quiet.p.regressed < 1e-6);
    assert.ok(drifting.p.regressed < 1e-3, String(drifting.p.regressed));
  });

  it("goes on from its state as if it had never stopped", () => {
    const value = fc.double({ min: 0.1, max: 1e6, noNaN: true });
    const pairs = fc.array(fc.tuple(value, value), { maxLength: 30 });
    fc.assert(
      fc.property(pairs, fc.nat(30), (list, cut) => {
        const stopped = sequenceOf(list.slice(0, cut));
        const state = JSON.parse(JSON.stringify(stopped.state)) as SequentialState;
        const resumed = SequentialComparison.resume(state);
        for (const [baseline, candidate] of list.slice(cut)) resumed.push(baseline, candidate);
        assert.deepEqual(resumed.state, sequenceOf(list).state);
      }),
    );
  });

  it("only lets p fall, and keeps it a probability", () => {
    const value = fc.oneof(
      fc.constantFrom(0, 1, 1e-300, 1e100),
      fc.double({ min: 0, max: 1e100, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { maxLength: 12 }), (pairs) => {
        const sequence = new SequentialComparison(settings);
        let before = sequence.p;
        for (const [baseline, candidate] of pairs) {
          sequence.push(baseline, candidate);
          for (const family of ["regressed", "nonInferior", "improved"] as const) {
            assert.ok(sequence.p[family] >= 0 && sequence.p[family] <= before[family]);
          }
          for (const end of [
            ...(sequence.relativeInterval() ?? []),
            ...(sequence.differenceInterval() ?? []),
          ]) {
            assert.ok(Number.isFinite(end), String(end));
          }
          before = sequence.p;
        }
      }),
      { numRuns: 200 },
    );
  });

  it("does not depend on the unit", () => {
    const scaled = sequenceOf(forkPairs.map(([b, c]) => [b / 1024, c / 1024]));
    assert.deepEqual(scaled.p, sequenceOf(forkPairs).p);
    assert.deepEqual(scaled.relativeInterval(), sequenceOf(forkPairs).relativeInterval());
  });

  it("takes versions that never vary for what they are after a few pairs, and rounding for nothing", () => {
    const pairs = (candidate: number): readonly Pair[] => Array.from({ length: 12 }, () => [1000, candidate]);
    assert.ok(sequenceOf(pairs(1021)).p.regressed < 0.01);
    assert.ok(sequenceOf(pairs(1000)).p.nonInferior < 0.01);
    assert.deepEqual(sequenceOf(pairs(1020)).p, { regressed: 1, nonInferior: 1, improved: 1 });
    const edge: readonly Pair[] = Array.from({ length: 50 }, (_, index) => [
      0.1,
      index % 2 ? 0.102 : 0.1 * 1.02,
    ]);
    assert.deepEqual(sequenceOf(edge).p, { regressed: 1, nonInferior: 1, improved: 1 });
    const [lo, hi] = sequenceOf(pairs(1021)).relativeInterval()!;
    assert.ok(Math.abs(lo - 0.021) < 1e-7 && Math.abs(hi - 0.021) < 1e-7);
  });
});

describe("a confidence sequence", () => {
  it("of the relative change holds the ratios whose contrast could have mean 0", () => {
    const sequence = sequenceOf(forkPairs);
    const [lo, hi] = sequence.relativeInterval(0.95)!;
    for (const [ratio, inside] of [
      [1 + lo + 1e-9, true],
      [1 + lo - 1e-9, false],
      [1 + hi - 1e-9, true],
      [1 + hi + 1e-9, false],
    ] as const) {
      const contrasts = sequenceOf(forkPairs.map(([b, c]) => [0, c - ratio * b]));
      const [least, most] = contrasts.differenceInterval(0.95)!;
      assert.equal(least < 0 && 0 < most, inside, String(ratio));
    }
    assert.ok(lo < sequence.relDelta! && sequence.relDelta! < hi);
  });

  it("is none for the change from a baseline that may be 0", () => {
    const sequence = sequenceOf(forkPairs.map(([b, c], index) => [index === 3 ? 40 * b : 0, c]));
    assert.equal(sequence.relativeInterval(), null);
    assert.notEqual(sequence.differenceInterval(), null);
  });
});

describe("peeking after every pair, in 400 seeded bursts of 150 pairs", () => {
  const shares = (name: string, drawn: (random: Random) => number): Readonly<Record<string, number>> => {
    const random = seededRandom(name);
    let regressed = 0;
    let nonInferior = 0;
    let missed = 0;
    for (let burst = 0; burst < 400; burst++) {
      const sequence = new SequentialComparison(settings);
      let out = false;
      for (let pair = 0; pair < 150; pair++) {
        sequence.push(drawn(random), 1.02 * drawn(random));
        const [lo, hi] = sequence.relativeInterval(0.95) ?? [0, 1];
        out ||= lo > 0.02 || hi < 0.02;
      }
      regressed += sequence.p.regressed <= 0.05 ? 1 / 400 : 0;
      nonInferior += sequence.p.nonInferior <= 0.05 ? 1 / 400 : 0;
      missed += out ? 1 / 400 : 0;
    }
    return { regressed, nonInferior, missed };
  };

  // At the tolerance every claim is false. Of 400 bursts at a rate of 5 % more than 33 come less than once in 1,000.
  const mostFalse = 33 / 400;

  it("raises no false alarm in more than 5 %, for normal fork means", () => {
    const rates = shares("peeking normal", (random) => 1 + 0.1 * normal(random));
    for (const [what, rate] of Object.entries(rates)) assert.ok(rate <= mostFalse, `${what} ${rate}`);
    // And it is a test: not so timid that it never errs.
    assert.ok(rates["regressed"]! > 0.005);
  });

  it("raises none in more than 5 % for fork means with a long tail in both versions", () => {
    const rates = shares("peeking lognormal", (random) => Math.exp(0.5 * normal(random)));
    for (const [what, rate] of Object.entries(rates)) assert.ok(rate <= mostFalse, `${what} ${rate}`);
  });
});

describe("the input of a sequential comparison", () => {
  it("is refused where it is no fork mean, and the pair then counts as never pushed", () => {
    const sequence = sequenceOf(forkPairs);
    const before = sequence.state;
    assert.throws(() => sequence.push(Number.NaN, 1), {
      code: "STATISTICS_NOT_FINITE",
      location: "baseline[0]",
    });
    assert.throws(() => sequence.push(1, Number.POSITIVE_INFINITY), { code: "STATISTICS_NOT_FINITE" });
    assert.throws(() => sequence.push(-1, 1), { code: "STATISTICS_NEGATIVE_BASELINE" });
    assert.deepEqual(sequence.state, before);
    const difference = new SequentialComparison({ ...settings, tolerance: 0 });
    difference.push(-1, 1);
    assert.equal(difference.pairs, 1);
  });

  it("needs a tolerance and a plan in their ranges, and a confidence", () => {
    assert.throws(() => new SequentialComparison({ ...settings, tolerance: 1 }), { location: "tolerance" });
    assert.throws(() => new SequentialComparison({ ...settings, plannedPairs: 1.5 }), {
      location: "plannedPairs",
    });
    assert.throws(() => sequenceOf(forkPairs).relativeInterval(1), { location: "confidence" });
  });

  it("is no state that cannot have been one", () => {
    const { state } = sequenceOf(forkPairs);
    const refuses = (change: Partial<SequentialState>, location: string): void =>
      assert.throws(() => SequentialComparison.resume({ ...state, ...change }), {
        code: "STATISTICS_BAD_ARGUMENT",
        location,
      });
    refuses({ moments: { ...state.moments, pairs: -1 } }, "moments.pairs");
    refuses({ moments: { ...state.moments, candidateMean: Number.NaN } }, "moments.candidateMean");
    refuses({ moments: { ...state.moments, baselineSquares: -1 } }, "moments.baselineSquares");
    refuses({ p: { ...state.p, improved: 2 } }, "p.improved");
    const lacking = JSON.parse(
      JSON.stringify({ ...state.moments, products: undefined }),
    ) as SequentialState["moments"];
    refuses({ moments: lacking }, "moments.products");
    refuses({ p: {} as SequentialState["p"] }, "p.regressed");
    refuses({ tolerance: -1 }, "tolerance");
  });
});
