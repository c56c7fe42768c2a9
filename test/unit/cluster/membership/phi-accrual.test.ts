import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { PhiAccrual, phiOf } from "../../../../cluster/membership/phi-accrual.ts";

describe("phi", () => {
  it("is minus the decimal logarithm of the normal distribution's upper tail", () => {
    // −log10 Q(z), from tables of the normal distribution to twelve digits.
    const tails: readonly (readonly [number, number])[] = [
      [0, 0.5],
      [0.5, 0.308537538726],
      [1, 0.158655253931],
      [1.96, 0.0249978951482],
      [2.5, 0.00620966532578],
      [3.5, 2.32629079036e-4],
      [4, 3.16712418331e-5],
      [4.5, 3.39767312473e-6],
      [6, 9.86587645038e-10],
      [8, 6.22096057427e-16],
      [20, 2.75362411861e-89],
      [37, 5.72557122252e-300],
    ];
    for (const [z, tail] of tails) {
      const expected = -Math.log10(tail);
      assert.ok(Math.abs(phiOf(100 + z * 10, 100, 10) / expected - 1) < 1e-10, `Q(${z})`);
      if (z < 8) assert.ok(Math.abs(phiOf(100 - z * 10, 100, 10) + Math.log10(1 - tail)) < 1e-10);
    }
  });

  it("never falls while nothing is heard, and is finite however long that is", () => {
    const time = fc.integer({ min: 0, max: 1_000_000 });
    fc.assert(
      fc.property(time, time, fc.integer({ min: 1, max: 5_000 }), (one, other, deviation) => {
        const [early, late] = one < other ? [one, other] : [other, one];
        const [before, after] = [phiOf(early, 1_000, deviation), phiOf(late, 1_000, deviation)];
        assert.ok(Number.isFinite(after) && before >= -1e-12 && after >= before - 1e-9);
      }),
    );
  });
});

describe("the detector", () => {
  it("expects the next sign of life by the mean and the deviation of those before", () => {
    const detector = new PhiAccrual(0, 100, 1);
    let at = 0;
    for (const interval of [80, 120, 90, 110]) detector.heartbeat((at += interval));
    const intervals = [100, 80, 120, 90, 110];
    const deviation = Math.sqrt(intervals.reduce((sum, one) => sum + (one - 100) ** 2, 0) / 5);
    for (const later of [50, 100, 130, 200]) {
      assert.ok(Math.abs(detector.phi(at + later) - phiOf(later, 100, deviation)) < 1e-12);
    }
  });

  it("forgets how it was more than a hundred signs ago, and lets the punctual be late", () => {
    const detector = new PhiAccrual(0, 5_000, 20);
    let at = 0;
    for (let count = 0; count < 100; count++) detector.heartbeat((at += 100));
    assert.ok(Math.abs(detector.phi(at + 150) - phiOf(150, 100, 20)) < 1e-9);
    assert.ok(detector.phi(at + 100) < 1 && detector.phi(at + 250) > 8);
  });
});
