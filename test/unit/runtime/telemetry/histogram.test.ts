import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { bucketOf, Histogram } from "../../../../runtime/telemetry/histogram.ts";

const PRECISION = 0.044;
const milliseconds = fc.double({ min: 2 ** -20, max: 2 ** 40, noNaN: true });

const recorded = (values: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

const exactly = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(q * values.length)) - 1]!;

describe("a histogram", () => {
  it("puts a value into the bucket whose bounds hold it, the upper one included", () => {
    fc.assert(
      fc.property(milliseconds, (value) => {
        const bucket = bucketOf(value);
        assert.ok(2 ** (bucket / 8) < value * (1 + 1e-12), `${value} is not above bucket ${bucket}`);
        assert.ok(value <= 2 ** ((bucket + 1) / 8) * (1 + 1e-12), `${value} is above bucket ${bucket}`);
      }),
    );
    for (let power = -20; power <= 40; power++) assert.equal(bucketOf(2 ** power), 8 * power - 1);
  });

  it("knows every quantile to within 4.4 % of itself", () => {
    fc.assert(
      fc.property(
        fc.array(milliseconds, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const exact = exactly(values, q);
          const told = recorded(values).quantile(q);
          assert.ok(Math.abs(told - exact) <= PRECISION * exact, `${told} for ${exact}`);
        },
      ),
    );
  });

  it("keeps count, sum, least and greatest exactly", () => {
    const histogram = recorded([0, 3, 0.5, 7]);
    const { count, sum, min, max, mean, zeroCount } = histogram;
    assert.deepEqual(
      { count, sum, min, max, mean, zeroCount },
      { count: 4, sum: 10.5, min: 0, max: 7, mean: 2.625, zeroCount: 1 },
    );
    assert.equal(histogram.quantile(0), 0);
    assert.equal(histogram.quantile(1), 7);
  });

  it("that is empty knows nothing", () => {
    const { count, sum, min, max, mean } = new Histogram();
    assert.deepEqual([count, sum, min, max, mean], [0, 0, NaN, NaN, NaN]);
    assert.equal(new Histogram().quantile(0.5), NaN);
  });

  it("merged from parts is the one of the whole", () => {
    const values = fc.array(fc.oneof(milliseconds, fc.constant(0)));
    fc.assert(
      fc.property(values, values, (some, others) => {
        const merged = Histogram.of(recorded(some).data);
        merged.add(recorded(others).data);
        const whole = recorded([...some, ...others]);
        assert.deepEqual({ ...merged.data, sum: 0 }, { ...whole.data, sum: 0 });
        assert.equal(merged.count, whole.count);
        assert.ok(Math.abs(merged.sum - whole.sum) <= 1e-9 * whole.sum);
      }),
    );
  });

  it("takes what is beyond its buckets into the nearest", () => {
    const histogram = recorded([1e-9, 1e300]);
    assert.equal(histogram.zeroCount, 1);
    assert.equal(
      histogram.counts.reduce((sum, count) => sum + count, 0),
      1,
    );
    assert.equal(histogram.max, 1e300);
  });
});
