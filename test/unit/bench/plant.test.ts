import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { plantAll } from "../../../bench/plant.ts";
import { MyriadError } from "../../../runtime/contracts/index.ts";

describe("planting a slowdown", () => {
  it("finds the share for any power law", async () => {
    const law = fc.record({
      factor: fc.double({ min: 0.5, max: 2, noNaN: true }),
      power: fc.double({ min: 0.8, max: 2.5, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(law, async ({ factor, power }) => {
        const planted = await plantAll([0.05, 0.1], (share) => Promise.resolve(factor * share ** power));
        for (const [index, wanted] of [0.05, 0.1].entries()) {
          const { share, slowdown } = planted[index]!;
          assert.ok(Math.abs(slowdown - wanted) <= 0.05 * wanted, `${slowdown} for ${wanted}`);
          assert.ok(share > 0 && share <= 1);
        }
      }),
    );
  });

  it("corrects its guess where every call costs something extra", async () => {
    const [planted] = await plantAll([0.05], (share) => Promise.resolve(0.02 + 0.8 * share ** 2));
    assert.ok(Math.abs(planted!.slowdown - 0.05) <= 0.01, String(planted!.slowdown));
  });

  it("refuses to go on when the measurements never come near", async () => {
    let asked = 0;
    const deaf = (): Promise<number> => {
      asked += 1;
      return Promise.resolve(0.4);
    };
    await assert.rejects(
      plantAll([0.05], deaf),
      (error) => error instanceof MyriadError && error.code === "BENCH_WORK_INVALID",
    );
    assert.ok(asked <= 7, String(asked));
  });

  it("survives a measurement that finds a version faster than it can be", async () => {
    const measured = [-0.03, 0.2];
    const [planted] = await plantAll([0.05], (share) => Promise.resolve(measured.shift() ?? share * 0.9));
    assert.ok(Math.abs(planted!.slowdown - 0.05) <= 0.01, String(planted!.slowdown));
  });
});
