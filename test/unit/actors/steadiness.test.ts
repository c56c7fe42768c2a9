import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededRandom } from "../../../runtime/contracts/index.ts";
import { steadyAfter } from "../../../actors/evidence/steadiness.ts";

/** @param shape of the times, 1 where they are steady @param noise share by which one varies, evenly */
function times(shape: (index: number) => number, noise = 0.02, length = 650, seed = "times"): Float64Array {
  const random = seededRandom(seed);
  return Float64Array.from(
    { length },
    (_, index) => 1e6 * shape(index) * (1 + noise * (2 * random.next() - 1)),
  );
}

describe("a fork is steady", () => {
  it("from the first window at the level of its end", () => {
    assert.equal(steadyAfter(times(() => 1)), 0);
    assert.equal(steadyAfter(times((index) => (index < 65 ? 3 : 1))), 75);
    assert.equal(steadyAfter(times((index) => (index < 300 ? 1.2 : 1))), 300);
  });

  it("after a start that was too fast, too", () => {
    assert.equal(steadyAfter(times((index) => (index < 100 ? 0.7 : 1))), 100);
  });

  it("whatever single iterations do", () => {
    assert.equal(steadyAfter(times((index) => (index % 9 === 4 ? 40 : 1))), 0);
  });

  it("on a machine that is noisy: the band is as wide as the noise", () => {
    const random = seededRandom("noisy");
    const perWindow = Array.from({ length: 26 }, () => 1 + 0.3 * (random.next() - 0.5));
    assert.equal(steadyAfter(times((index) => perWindow[Math.floor(index / 25)]!)), 0);
  });

  it("never, when its end still gets faster or slower", () => {
    assert.equal(steadyAfter(times((index) => 2 - index / 650)), null);
    assert.equal(steadyAfter(times((index) => 1 + index / 650)), null);
  });

  it("never, when only the half that it is judged by is at its level", () => {
    assert.equal(steadyAfter(times((index) => (index < 400 ? 2 : 1))), null);
  });

  it("never, when an iteration failed or too few were run", () => {
    const failed = times(() => 1);
    failed[600] = Number.NaN;
    assert.equal(steadyAfter(failed), null);
    assert.equal(steadyAfter(times(() => 1, 0.02, 100)), null);
  });

  it("early in nearly all forks that are nothing but noise", () => {
    const after = Array.from({ length: 200 }, (_, fork) =>
      steadyAfter(times(() => 1, 0.3, 650, `fork ${fork}`)),
    );
    const early = after.filter((iterations) => iterations !== null && iterations <= 100);
    assert.ok(early.length >= 190, `${early.length} of 200`);
  });
});
