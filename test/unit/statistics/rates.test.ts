import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  clopperPearsonLower,
  clopperPearsonUpper,
  newcombeInterval,
  wilsonInterval,
  zeroFailureBound,
} from "../../../kernels/statistics/rates.ts";
import { assertClose, byR, byScipy } from "./reference.ts";

describe("the Wilson interval", () => {
  it("agrees with prop.test without continuity correction, and with SciPy", () => {
    assertClose(wilsonInterval({ events: 0, n: 10 }), byR("wilson(0, 10, 0.99)"), 1e-13);
    assertClose(wilsonInterval({ events: 81, n: 263 }, 0.95), byR("wilson(81, 263, 0.95)"), 1e-13);
    assertClose(wilsonInterval({ events: 9999, n: 10000 }), byR("wilson(9999, 10000, 0.99)"), 1e-13);
    const scipy = byScipy("list(stats.binomtest(81, 263).proportion_ci(0.99, 'wilson'))");
    assertClose(wilsonInterval({ events: 81, n: 263 }), scipy, 1e-13);
  });

  it("ends at exactly 0 and 1 where nothing or everything happened", () => {
    for (let n = 1; n < 300; n++) {
      assert.equal(wilsonInterval({ events: 0, n })[0], 0);
      assert.equal(wilsonInterval({ events: n, n })[1], 1);
    }
  });

  it("holds the observed rate and stays within 0 and 1", () => {
    const rate = fc
      .integer({ min: 1, max: 20_000 })
      .chain((n) => fc.record({ events: fc.integer({ min: 0, max: n }), n: fc.constant(n) }));
    fc.assert(
      fc.property(rate, (observed) => {
        const [lo, hi] = wilsonInterval(observed);
        const share = observed.events / observed.n;
        assert.ok(0 <= lo && lo <= share && share <= hi && hi <= 1);
      }),
    );
  });
});

describe("Newcombe's interval", () => {
  it("agrees with the Wilson limits of prop.test put together", () => {
    const small = newcombeInterval({ events: 48, n: 80 }, { events: 56, n: 70 }, 0.95);
    assertClose(small, byR("newcombe(48, 80, 56, 70, 0.95)"), 1e-12);
    const rare = newcombeInterval({ events: 12, n: 10000 }, { events: 31, n: 10000 });
    assertClose(rare, byR("newcombe(12, 10000, 31, 10000, 0.99)"), 1e-11);
  });

  it("gives the figures printed in Newcombe 1998, table II, method 10", () => {
    const printed = (events1: number, n1: number, events2: number, n2: number): readonly string[] =>
      newcombeInterval({ events: events2, n: n2 }, { events: events1, n: n1 }, 0.95).map((end) =>
        end.toFixed(4),
      );
    assert.deepEqual(printed(56, 70, 48, 80), ["0.0524", "0.3339"]);
    assert.deepEqual(printed(9, 10, 3, 10), ["0.1705", "0.8090"]);
    assert.deepEqual(printed(10, 10, 0, 20), ["0.6791", "1.0000"]);
  });
});

describe("Clopper–Pearson bounds", () => {
  it("agree with binom.test and SciPy", () => {
    const twenty = { events: 4, n: 20 };
    assertClose(
      [clopperPearsonLower(twenty, 0.975), clopperPearsonUpper(twenty, 0.975)],
      byR("binom.test(4, 20, conf.level = 0.95)$conf.int[1:2]"),
      1e-12,
    );
    const flagged = byR("binom.test(9, 100, alternative = 'greater', conf.level = 0.95)$conf.int[1]");
    assertClose(clopperPearsonLower({ events: 9, n: 100 }, 0.95), flagged, 1e-12);
    const three = byR("binom.test(3, 10000, alternative = 'less', conf.level = 0.99)$conf.int[2]");
    assertClose(clopperPearsonUpper({ events: 3, n: 10000 }), three, 1e-11);
    assertClose(
      [
        clopperPearsonLower({ events: 81, n: 263 }, 0.995),
        clopperPearsonUpper({ events: 81, n: 263 }, 0.995),
      ],
      byScipy("list(stats.binomtest(81, 263).proportion_ci(0.99, 'exact'))"),
      1e-12,
    );
  });

  it("close at the ends of the range", () => {
    assert.equal(clopperPearsonLower({ events: 0, n: 5 }), 0);
    assert.equal(clopperPearsonUpper({ events: 5, n: 5 }), 1);
    const all = byR("binom.test(10000, 10000, alternative = 'greater', conf.level = 0.99)$conf.int[1]");
    assertClose(clopperPearsonLower({ events: 10000, n: 10000 }), all, 1e-13);
  });

  it("bound the rate of failures at 0.00046 after 10,000 runs without one", () => {
    assert.equal(zeroFailureBound(10_000).toFixed(5), "0.00046");
    const inR = byR("binom.test(0, 10000, alternative = 'less', conf.level = 0.99)$conf.int[2]");
    assertClose(zeroFailureBound(10_000), inR, 1e-13);
    assert.equal(clopperPearsonUpper({ events: 0, n: 10_000 }), zeroFailureBound(10_000));
  });
});

describe("a rate", () => {
  it("that cannot be is refused", () => {
    for (const rate of [
      { events: 1, n: 0 },
      { events: 3, n: 2 },
      { events: 0.5, n: 2 },
      { events: -1, n: 2 },
    ]) {
      assert.throws(() => wilsonInterval(rate), { code: "STATISTICS_BAD_ARGUMENT" });
    }
    assert.throws(() => zeroFailureBound(0), { code: "STATISTICS_BAD_ARGUMENT" });
    assert.throws(() => zeroFailureBound(10, 1), { code: "STATISTICS_BAD_ARGUMENT" });
  });
});
