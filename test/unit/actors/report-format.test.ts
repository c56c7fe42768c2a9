import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  formatChange,
  formatChangeInterval,
  formatCount,
  formatDuration,
  formatMoment,
  formatNumber,
  formatPercent,
  formatPercentTick,
  formatProbability,
  formatQuantity,
  formatQuantityInterval,
  formatTick,
} from "../../../actors/evidence/report-format.ts";

describe("quantities", () => {
  it("moves times to the unit that suits them and leaves other units", () => {
    assert.equal(formatQuantity(0.3651, "ms"), "365 µs");
    assert.equal(formatQuantity(1_250, "us"), "1.25 ms");
    assert.equal(formatQuantity(0.5, "ns"), "0.500 ns");
    assert.equal(formatQuantity(93, "s"), "93.0 s");
    assert.equal(formatQuantity(18.44, "MB"), "18.4 MB");
    assert.equal(formatQuantity(12_345.6, "ops/s"), "12,346 ops/s");
    assert.equal(formatQuantity(4, ""), "4.00");
  });

  it("shows a pair in one unit when told what is typical", () => {
    assert.equal(formatQuantity(0.3651, "ms", 1.25), "0.365 ms");
    assert.equal(formatQuantityInterval([0.3638, 0.3669], "ms", 0.3651, 1.25), "0.364–0.367 ms");
  });

  it("gives an interval the decimals that its width needs", () => {
    assert.equal(formatQuantityInterval([1.2448, 1.2642], "ms", 1.2545), "1.245–1.264 ms");
    assert.equal(formatQuantityInterval([1.1, 1.4], "ms", 1.25), "1.10–1.40 ms");
    assert.equal(formatQuantityInterval([-0.5, 0.5], "MB", 0.1), "−0.500 to 0.500 MB");
  });
});

describe("changes", () => {
  it("are signed percentages with a real minus sign", () => {
    assert.equal(formatChange(-0.7085), "−70.9 %");
    assert.equal(formatChange(0.0312), "+3.1 %");
    assert.equal(formatChange(0), "0.0 %");
    assert.equal(formatChange(null), "–");
    assert.equal(formatChangeInterval([-0.711, -0.707]), "−71.1 to −70.7 %");
    assert.equal(formatChangeInterval([-0.0001, 0.0001]), "−0.01 to +0.01 %");
    assert.equal(formatChangeInterval(null), "–");
  });

  it("a percentage that is whole has no decimals, also where floating point says otherwise", () => {
    assert.equal(formatPercent(0.07), "7 %");
    assert.equal(formatPercent(0.0124), "1.2 %");
    assert.equal(formatPercent(0), "0 %");
  });
});

describe("numbers", () => {
  it("have three significant digits, thousands apart, and signs for what is no figure", () => {
    assert.equal(formatNumber(10_000), "10,000");
    assert.equal(formatNumber(0.010149), "0.0101");
    assert.equal(formatNumber(-79.52), "−79.5");
    assert.equal(formatNumber(Number.NaN), "–");
    assert.equal(formatNumber(null), "–");
    assert.equal(formatNumber(Number.NEGATIVE_INFINITY), "−∞");
    assert.equal(formatNumber(-1e-9), "0.000000");
  });

  it("count in singular and plural", () => {
    assert.equal(formatCount(1, "input"), "1 input");
    assert.equal(formatCount(10_000, "sandbox", "sandboxes"), "10,000 sandboxes");
  });

  it("on an axis have no idle zeros", () => {
    assert.equal(formatTick(0.4), "0.4");
    assert.equal(formatTick(0.30000000000000004), "0.3");
    assert.equal(formatPercentTick(2.5), "+2.5 %");
    assert.equal(formatPercentTick(-2), "−2 %");
  });

  it("a probability near 0 or 1 is bounded, not rounded to it", () => {
    assert.equal(formatProbability(3e-17), "< 0.0001");
    assert.equal(formatProbability(0.99999), "> 0.9999");
    assert.equal(formatProbability(0.0312), "0.0312");
    assert.equal(formatProbability(0.4321), "0.432");
  });
});

describe("times", () => {
  it("durations grow from milliseconds to minutes", () => {
    assert.equal(formatDuration(0.2), "< 1 ms");
    assert.equal(formatDuration(812.4), "812 ms");
    assert.equal(formatDuration(14_310), "14.3 s");
    assert.equal(formatDuration(119_700), "2 min 0 s");
  });

  it("a moment is cut to the minute, other text stays", () => {
    assert.equal(formatMoment("2026-02-03T14:05:09.120Z"), "2026-02-03 14:05 UTC");
    assert.equal(formatMoment("yesterday"), "yesterday");
  });
});
