import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededRandom } from "../../../runtime/contracts/index.ts";
import { changeP, decide, normalQuantile, overallVerdict } from "../../../kernels/statistics/index.ts";
import type { ComparisonP, Verdict } from "../../../kernels/statistics/index.ts";

const p = (regressed: number, nonInferior: number, improved: number): { readonly p: ComparisonP } => ({
  p: { regressed, nonInferior, improved },
});

describe("a decision", () => {
  it("names the family whose q falls below alpha", () => {
    const alone = (compared: { readonly p: ComparisonP }): string => decide([compared])[0]!.verdict;
    assert.equal(alone(p(0.01, 0.9, 0.9)), "regressed");
    assert.equal(alone(p(0.9, 0.01, 0.01)), "improved");
    assert.equal(alone(p(0.9, 0.01, 0.2)), "non_inferior");
    assert.equal(alone(p(0.06, 0.9, 0.9)), "inconclusive");
  });

  it("needs q below alpha, not at it", () => {
    assert.equal(decide([p(0.05, 0.5, 0.5)])[0]!.verdict, "inconclusive");
    assert.equal(decide([p(0.01, 0.5, 0.5)], 0.01)[0]!.verdict, "inconclusive");
  });

  it("adjusts each family over all comparisons and by itself", () => {
    const decided = decide([p(0.04, 0.001, 0.9), p(0.9, 0.001, 0.9), p(0.9, 0.03, 0.9)]);
    assert.deepEqual(
      decided.map(({ q }) => q.nonInferior),
      [0.0015, 0.0015, 0.03],
    );
    // 0.04 alone would have been a regression; among three it is q = 0.12.
    assert.equal(decided[0]!.q.regressed, 0.12);
    assert.equal(decided[0]!.verdict, "non_inferior");
  });

  it("keeps what came with the comparison, in its order", () => {
    const decided = decide([
      { ...p(0.9, 0.9, 0.9), metric: "time" },
      { ...p(0.9, 0.9, 0.9), metric: "memory" },
    ]);
    assert.deepEqual(
      decided.map(({ metric }) => metric),
      ["time", "memory"],
    );
  });

  it("refuses nothing at all and an alpha of 0", () => {
    assert.throws(() => decide([]), { code: "STATISTICS_EMPTY" });
    assert.throws(() => decide([p(0.5, 0.5, 0.5)], 0), { code: "STATISTICS_BAD_ARGUMENT" });
  });
});

describe("the overall verdict", () => {
  it("is the first by precedence, wherever it stands", () => {
    const order: readonly Verdict[] = [
      "rejected",
      "regressed",
      "inconclusive",
      "improved",
      "non_inferior",
      "no_baseline",
    ];
    for (let from = 0; from < order.length; from++) {
      assert.equal(overallVerdict(order.slice(from).toReversed()), order[from]);
    }
  });

  it("of no verdict is refused", () => {
    assert.throws(() => overallVerdict([]), { code: "STATISTICS_EMPTY" });
  });
});

describe("the verdict's error rates over seeded fork means, cv 2 %, 20 forks", () => {
  const rate = (change: number, seed: string): Readonly<Record<string, number>> => {
    const random = seededRandom(seed);
    const means = (centre: number): Float64Array =>
      Float64Array.from({ length: 20 }, () => centre * (1 + 0.02 * normalQuantile(random.next() || 0.5)));
    const counts: Record<string, number> = {};
    for (let trial = 0; trial < 400; trial++) {
      const { verdict } = decide([{ p: changeP(means(100), means(100 * (1 + change)), "lower", 0.02) }])[0]!;
      counts[verdict] = (counts[verdict] ?? 0) + 1 / 400;
    }
    return counts;
  };

  it("flags a change of exactly the tolerance in about 5 % and equal versions hardly ever", () => {
    // Binomial(400, 0.05): 0.0125 and 0.0925 leave less than 0.05 % on either side.
    const edge = rate(0.02, "size")["regressed"] ?? 0;
    assert.ok(edge > 0.0125 && edge < 0.0925, String(edge));
    const equal = rate(0, "equal");
    assert.ok((equal["regressed"] ?? 0) + (equal["improved"] ?? 0) < 0.01, JSON.stringify(equal));
  });

  it("finds a slowdown of 5 % and a speed-up of 10 %", () => {
    assert.ok((rate(0.05, "slower")["regressed"] ?? 0) > 0.95);
    assert.ok((rate(-0.1, "faster")["improved"] ?? 0) > 0.95);
  });
});
