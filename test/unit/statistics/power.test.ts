import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../../../runtime/contracts/index.ts";
import {
  changeP,
  changePower,
  decide,
  forksNeeded,
  normalQuantile,
} from "../../../kernels/statistics/index.ts";
import type { PowerQuestion } from "../../../kernels/statistics/index.ts";
import { byR } from "./reference.ts";

const slower: PowerQuestion = {
  family: "regressed",
  direction: "lower",
  relDelta: 0.05,
  cv: 0.1,
  tolerance: 0.02,
};

function assertNear(actual: number, [expected]: readonly number[], tolerance: number): void {
  assert.ok(Math.abs(actual - expected!) <= tolerance, `${actual} is not ${expected!}`);
}

describe("the power of the verdict", () => {
  it("is R's integral over the ratio of both variances", () => {
    assertNear(changePower(slower, 20), byR("welch_power(20, 0.03, 0.105, 0.102, 0.05)"), 1e-8);
    const five = { ...slower, cv: 0.05 };
    assertNear(changePower(five, 5), byR("welch_power(5, 0.03, 0.0525, 0.051, 0.05)"), 1e-8);
    const three = { ...slower, relDelta: 0.04, cv: 0.01, alpha: 0.01 };
    assertNear(changePower(three, 3), byR("welch_power(3, 0.02, 0.0104, 0.0102, 0.01)"), 1e-8);
  });

  it("comes close to R's power.t.test, which assumes equal variances and knows it, and stays below", () => {
    const [inR] = byR(
      "power.t.test(n = 20, delta = 0.001, sd = 0.001, type = 'two.sample', alternative = 'one.sided')$power",
    );
    const power = changePower({ ...slower, relDelta: 0.001, cv: 0.001, tolerance: 0 }, 20);
    assert.ok(power < inR! && power > inR! - 0.002, `${power} against ${inR!}`);
  });

  it("is the share of verdicts in seeded bursts, of each kind", () => {
    const random = seededRandom("power");
    const means = (centre: number, cv: number, forks: number): Float64Array =>
      Float64Array.from({ length: forks }, () => centre * (1 + cv * normalQuantile(random.next() || 0.5)));
    const share = ({ family, relDelta, cv, tolerance }: PowerQuestion, forks: number): number => {
      let named = 0;
      for (let trial = 0; trial < 1000; trial++) {
        const p = changeP(means(1, cv, forks), means(1 + relDelta, cv, forks), "lower", tolerance);
        if (decide([{ p }])[0]!.q[family] < 0.05) named += 1;
      }
      return named / 1000;
    };
    const questions: readonly (readonly [PowerQuestion, number])[] = [
      [{ ...slower, cv: 0.04 }, 12],
      [{ ...slower, cv: 0.02 }, 4],
      [{ ...slower, family: "nonInferior", relDelta: 0, cv: 0.02 }, 15],
      [{ ...slower, family: "improved", relDelta: -0.04, cv: 0.02 }, 10],
    ];
    for (const [question, forks] of questions) {
      const power = changePower(question, forks);
      // Four standard errors of 1,000 trials.
      const slack = 4 * Math.sqrt((power * (1 - power)) / 1000);
      const seen = share(question, forks);
      assert.ok(Math.abs(seen - power) < slack, `${question.family}: ${seen} seen, ${power} computed`);
    }
  });

  it("at the tolerance is the level of the test, a little less with few forks", () => {
    const atTheEdge = { ...slower, relDelta: 0.02 };
    assertNear(changePower(atTheEdge, 200), [0.05], 1e-5);
    assert.ok(changePower(atTheEdge, 3) < 0.04);
  });

  it("does not depend on which way is better, for the mirrored change", () => {
    const faster: PowerQuestion = { ...slower, family: "improved", direction: "higher" };
    assert.equal(changePower(faster, 12), changePower(slower, 12));
  });

  it("grows with forks and with the change, and falls with the spread", () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(unit, unit, fc.integer({ min: 2, max: 60 }), (far, wide, forks) => {
        const question = { ...slower, relDelta: 0.02 + 0.1 * far, cv: 0.02 + 0.1 * wide };
        const power = changePower(question, forks);
        assert.ok(power >= 0 && power <= 1 + 1e-9);
        assert.ok(changePower(question, forks + 1) >= power - 1e-8);
        assert.ok(changePower({ ...question, relDelta: question.relDelta + 0.01 }, forks) >= power - 1e-8);
        assert.ok(changePower({ ...question, cv: question.cv * 1.1 }, forks) <= power + 1e-8);
      }),
      { numRuns: 20 },
    );
  });
});

describe("the forks that a verdict needs", () => {
  it("are the fewest that reach the power", () => {
    const forks = forksNeeded(slower, 0.95)!;
    assert.ok(changePower(slower, forks) >= 0.95);
    assert.ok(changePower(slower, forks - 1) < 0.95);
    assert.equal(forks, 259);
  });

  it("are those of R's power.t.test where many are needed", () => {
    const [inR] = byR(
      "power.t.test(power = 0.95, delta = 0.0005, sd = 0.001, type = 'two.sample', alternative = 'one.sided')$n",
    );
    const question = { ...slower, relDelta: 0.0005, cv: 0.001, tolerance: 0 };
    assert.ok(Math.abs(forksNeeded(question, 0.95)! - inR!) <= 1, String(inR));
  });

  it("are two where two suffice", () => {
    assert.equal(forksNeeded({ ...slower, cv: 1e-4 }, 0.95), 2);
  });

  it("are none for a change within the tolerance", () => {
    assert.equal(forksNeeded({ ...slower, relDelta: 0.02 }, 0.95), null);
    assert.equal(forksNeeded({ ...slower, relDelta: -0.05 }, 0.95), null);
  });

  it("need a question that can be answered", () => {
    const bad: readonly (readonly [Partial<PowerQuestion>, string])[] = [
      [{ cv: 0 }, "cv"],
      [{ cv: Number.NaN }, "cv"],
      [{ relDelta: -1 }, "relDelta"],
      [{ relDelta: Number.POSITIVE_INFINITY }, "relDelta"],
      [{ tolerance: 1 }, "tolerance"],
      [{ alpha: 0 }, "alpha"],
    ];
    for (const [change, location] of bad) {
      const refused = { code: "STATISTICS_BAD_ARGUMENT", location };
      assert.throws(() => forksNeeded({ ...slower, ...change }, 0.9), refused);
      assert.throws(() => changePower({ ...slower, ...change }, 10), refused);
    }
    assert.throws(() => changePower(slower, 1), { location: "forks" });
    assert.throws(() => forksNeeded(slower, 1), { location: "power" });
  });
});
