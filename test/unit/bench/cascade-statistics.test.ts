import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { simulateCascade } from "../../../bench/cascade-statistics.ts";
import { normals } from "../../../bench/normals.ts";
import { clopperPearsonLower } from "../../../kernels/statistics/index.ts";
import type { MetricVerdict } from "../../../kernels/statistics/index.ts";
import { seededRandom } from "../../../runtime/contracts/index.ts";

const SUITES = 400;
const QUIET = { screen: 0.015, full: 0.01 };
const NOISY = { screen: 0.1, full: 0.1 };

function suites(changes: readonly number[], machine: typeof QUIET): readonly (readonly MetricVerdict[])[] {
  const normal = normals(seededRandom(20).fork(JSON.stringify([changes, machine])));
  return Array.from({ length: SUITES }, () => simulateCascade(changes, machine, normal).verdicts);
}

function share(events: number): { readonly events: number; readonly n: number } {
  return { events, n: SUITES };
}

describe("a simulated cascade", () => {
  for (const [name, machine] of [
    ["quiet", QUIET],
    ["noisy", NOISY],
  ] as const) {
    it(`calls no more than 5 % of unchanged suites red on a ${name} machine`, () => {
      const red = suites(new Array<number>(10).fill(0), machine).filter((one) => one.includes("regressed"));
      assert.ok(clopperPearsonLower(share(red.length), 0.95) <= 0.05, `${red.length} of ${SUITES}`);
    });

    it(`claims of a change by exactly the tolerance in either way no more than 5 %, ${name}`, () => {
      const verdicts = suites([0.02], machine).flat();
      for (const wrong of [["regressed"], ["non_inferior", "improved"]]) {
        const events = verdicts.filter((verdict) => wrong.includes(verdict)).length;
        assert.ok(
          clopperPearsonLower(share(events), 0.95) <= 0.05,
          `${wrong.join()}: ${events} of ${SUITES}`,
        );
      }
    });
  }

  it("finds a slowdown of 5 % among unchanged cases on a quiet machine", () => {
    const found = suites([0.05, ...new Array<number>(9).fill(0)], QUIET).filter(
      ([first]) => first === "regressed",
    );
    assert.ok(found.length >= 0.95 * SUITES, `${found.length} of ${SUITES}`);
  });

  it("spares nearly all unchanged cases the full look on a quiet machine", () => {
    const normal = normals(seededRandom(21));
    const full = Array.from(
      { length: 100 },
      () => simulateCascade(new Array<number>(10).fill(0), QUIET, normal).full,
    );
    assert.ok(full.reduce((sum, one) => sum + one) < 0.15 * 1000, String(full));
  });
});
