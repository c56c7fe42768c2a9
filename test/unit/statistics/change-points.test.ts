import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { changePoints, changePointsKernel } from "../../../kernels/statistics/change-points.ts";
import { normals } from "./normals.ts";
import { assertClose, byR, dataSet } from "./reference.ts";

/** Normal values of the given levels, `each` values a level. */
function stepped(levels: readonly number[], each: number, seed: string): Float64Array {
  const normal = normals(seed);
  return Float64Array.from({ length: levels.length * each }, (_, index) => {
    return levels[Math.floor(index / each)]! + normal();
  });
}

describe("e-divisive", () => {
  it("finds where the level changes, with the means before and after and the relative change", () => {
    const series = dataSet("history30");
    const [change, ...others] = changePoints({ series, seed: 1 });
    assert.deepEqual(others, []);
    assert.equal(change!.index, byR("energy_split(history30, 5)")[0]);
    assert.equal(change!.p, 1 / 200);
    const mean = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;
    const [before, after] = [mean(series.subarray(0, 17)), mean(series.subarray(17))];
    assertClose([change!.before, change!.after], [before, after], 1e-14);
    assertClose(change!.relDelta!, [after / before - 1], 1e-12);
  });

  it("finds a rise that falls back, and measures each segment up to the next change", () => {
    const series = stepped([10, 12, 10], 40, "up and down");
    const changes = changePoints({ series, seed: 1 });
    assert.equal(changes.length, 2);
    assert.ok(Math.abs(changes[0]!.index - 40) <= 3 && Math.abs(changes[1]!.index - 80) <= 3);
    assert.equal(changes[0]!.after, changes[1]!.before);
    assert.ok(changes[0]!.relDelta! > 0.1 && changes[1]!.relDelta! < -0.1);
  });

  it("finds a change of spread with the level unmoved", () => {
    const normal = normals("spread");
    const series = Float64Array.from({ length: 200 }, (_, index) => (index < 100 ? 1 : 4) * normal());
    const [change] = changePoints({ series, seed: 1 });
    assert.ok(Math.abs(change!.index - 100) <= 12, String(change!.index));
  });

  it("has the p of all orders, as far as its permutations tell", () => {
    const permutations = 4_999;
    const request = { series: dataSet("binary10"), seed: "exact", permutations, leastSegment: 2 };
    const [change] = changePoints({ ...request, significance: 0.5, mostChanges: 1 });
    const exact = byR("energy_p(binary10, 2)")[0]!;
    const error = Math.sqrt((exact * (1 - exact)) / permutations);
    assert.ok(Math.abs(change!.p - exact) < 4 * error, `${change!.p} against ${exact}`);
  });

  it("has the same p in any unit, though rounding differs", () => {
    const pOf = (series: Float64Array, seed: number): number | undefined => {
      const request = { series, seed, leastSegment: 2, permutations: 499, significance: 0.5 };
      return changePoints({ ...request, mostChanges: 1 })[0]?.p;
    };
    const binary = dataSet("binary10");
    for (let seed = 0; seed < 5; seed++) {
      assert.equal(
        pOf(
          binary.map((value) => 0.1 + value / 3),
          seed,
        ),
        pOf(binary, seed),
      );
    }
  });

  it("raises a false alarm as rarely as it says", () => {
    const normal = normals("false alarms");
    const trials = 300;
    let alarms = 0;
    for (let trial = 0; trial < trials; trial++) {
      const series = Float64Array.from({ length: 40 }, normal);
      alarms += changePoints({ series, seed: trial, permutations: 59 }).length > 0 ? 1 : 0;
    }
    // 15 of 300 are expected; more than 27 come once in 500 such tests.
    assert.ok(alarms <= 27 && alarms >= 3, String(alarms));
  });

  it("is the same for the same seed", () => {
    const series = stepped([5, 6, 5.4], 50, "seeds");
    const request = { series, permutations: 99 };
    assert.deepEqual(changePoints({ ...request, seed: 3 }), changePoints({ ...request, seed: 3 }));
  });

  it("finds what is plain whatever the seed, and whatever was found before it", () => {
    const series = stepped([0, 9, 0, 20], 15, "plain");
    const indexes = (seed: number, mostChanges: number): readonly number[] =>
      changePoints({ series, seed, permutations: 39, mostChanges }).map(({ index }) => index);
    for (let seed = 0; seed < 10; seed++) {
      assert.deepEqual(indexes(seed, 9), [15, 30, 45]);
      for (let most = 0; most < 3; most++) {
        assert.equal(indexes(seed, most).length, most);
        assert.ok(indexes(seed, most).every((index) => [15, 30, 45].includes(index)));
      }
    }
  });

  it("keeps segments as long as asked, their means those of the series", () => {
    const values = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 12, maxLength: 60 });
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 6 }), (run, leastSegment) => {
        const series = Float64Array.from(run);
        const changes = changePoints({ series, seed: 1, permutations: 19, significance: 0.3, leastSegment });
        const ends = [0, ...changes.map(({ index }) => index), series.length];
        ends.slice(1).forEach((end, at) => assert.ok(end - ends[at]! >= leastSegment));
        changes.forEach(({ p }) => assert.ok(p > 0 && p <= 0.3));
      }),
      { numRuns: 40 },
    );
  });

  it("finds nothing in a constant series, nor in rounding", () => {
    const series = new Float64Array(50).fill(0.3);
    assert.deepEqual(changePoints({ series, seed: 1 }), []);
    const alternating = series.map((value, index) => (index % 2 === 0 ? value : 7));
    assert.deepEqual(changePoints({ series: alternating, seed: 1 }), []);
  });

  it("counts a relative change from the size of a negative mean, and none from 0", () => {
    const flat = (before: number, after: number): Float64Array =>
      Float64Array.from({ length: 20 }, (_, index) => (index < 10 ? before : after));
    assert.equal(changePoints({ series: flat(-2, -1), seed: 1 })[0]!.relDelta, 0.5);
    assert.equal(changePoints({ series: flat(0, 1), seed: 1 })[0]!.relDelta, null);
  });

  it("survives the largest values", () => {
    const series = Float64Array.from({ length: 40 }, (_, index) => (index < 20 ? -1e100 : 1e100));
    assert.equal(changePoints({ series, seed: 1 })[0]!.index, 20);
  });

  it("refuses what it cannot judge", () => {
    const series = dataSet("history30");
    const refuses = (code: string, request: object): void => {
      assert.throws(() => changePoints({ series, seed: 1, ...request }), { code });
    };
    refuses("STATISTICS_EMPTY", { series: new Float64Array(0) });
    refuses("STATISTICS_TOO_FEW", { series: series.slice(0, 9) });
    refuses("STATISTICS_NOT_FINITE", { series: series.map((x, index) => (index === 7 ? Number.NaN : x)) });
    refuses("STATISTICS_NOT_FINITE", { series: series.map(() => Number.POSITIVE_INFINITY) });
    refuses("STATISTICS_BAD_ARGUMENT", { leastSegment: 1 });
    refuses("STATISTICS_BAD_ARGUMENT", { significance: 0 });
    refuses("STATISTICS_BAD_ARGUMENT", { permutations: 18 });
    refuses("STATISTICS_BAD_ARGUMENT", { mostChanges: -1 });
  });

  it("has a kernel that is the function itself", async () => {
    const module = (await import(changePointsKernel.module)) as Readonly<Record<string, unknown>>;
    assert.equal(module[changePointsKernel.export], changePoints);
  });
});
