import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seriesRows } from "../../../bench/series-statistics.ts";
import { seededRandom } from "../../../runtime/contracts/index.ts";

describe("the simulations of series", () => {
  it("give a figure for every promise, the same for the same seed", () => {
    const rows = seriesRows(0.01, seededRandom(1));
    const estimators = [
      "e-divisive",
      "Page–Hinkley",
      "Mann–Kendall",
      "Theil–Sen",
      "seasonal",
      "isotonic",
      "ratio",
    ];
    for (const estimator of estimators) assert.ok(rows.some(({ name }) => name.startsWith(estimator)));
    assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length);
    for (const { name, value } of rows) assert.ok(Number.isFinite(value), name);
    assert.deepEqual(seriesRows(0.01, seededRandom(1)), rows);
  });
});
