import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { simulateEarlyStop } from "../../../bench/early-stop-statistics.ts";
import { normals } from "../../../bench/normals.ts";
import { clopperPearsonLower } from "../../../kernels/statistics/index.ts";
import { seededRandom } from "../../../runtime/contracts/index.ts";

const BURSTS = 400;
const MACHINE = { name: "cv 0.023", draw: (normal: () => number) => 1 + 0.023 * normal() };

function bursts(changes: readonly number[]): readonly ReturnType<typeof simulateEarlyStop>[] {
  const normal = normals(seededRandom(30).fork(changes.join()));
  return Array.from({ length: BURSTS }, () => simulateEarlyStop({ machine: MACHINE, changes }, normal));
}

describe("a simulated burst that may end early", () => {
  it("claims of a change by exactly the tolerance in either way no more than 5 %", () => {
    const verdicts = bursts([0.02]).map(({ verdict }) => verdict);
    for (const wrong of [["regressed"], ["non_inferior", "improved"]]) {
      const events = verdicts.filter((verdict) => wrong.includes(verdict)).length;
      assert.ok(clopperPearsonLower({ events, n: BURSTS }, 0.95) <= 0.05, `${wrong.join()}: ${events}`);
    }
  });

  it("finds fewer slowdowns than the fixed test of all forks, which is the price of looking", () => {
    const found = bursts([0.05]);
    const share = (name: "verdict" | "fixed"): number =>
      found.filter((one) => one[name] === "regressed").length / BURSTS;
    assert.ok(share("verdict") > 0.8, String(share("verdict")));
    assert.ok(share("fixed") > share("verdict"));
  });

  it("ends a burst of a plain change after half of its forks", () => {
    const pairs = bursts([0.1]).map((one) => one.pairs);
    assert.ok(pairs.filter((count) => count <= 10).length > 0.95 * BURSTS);
    assert.ok(Math.max(...pairs) <= 20);
  });
});
