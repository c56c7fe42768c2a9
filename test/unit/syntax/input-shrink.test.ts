import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse, stringify } from "devalue";
import fc from "fast-check";
import { shrinkCandidates } from "../../../kernels/syntax/index.ts";
import { measure } from "../../../kernels/syntax/input-measure.ts";
import type { EncodedInput } from "../../../kernels/sandbox/index.ts";

function encode(args: readonly unknown[]): EncodedInput {
  return stringify(args) as EncodedInput;
}

function measureOf(encoded: EncodedInput): number {
  return (parse(encoded) as unknown[]).reduce<number>((sum, value) => sum + measure(value), 0);
}

const key = fc.string({ maxLength: 3 }).filter((text) => text !== "__proto__");

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.oneof(
      fc.integer(),
      fc.double(),
      fc.string(),
      fc.boolean(),
      fc.bigInt(),
      fc.date({ noInvalidDate: false }),
      fc.constantFrom(null, undefined, -0),
    ),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(tie("value"), { maxLength: 3 }).map((values) => new Set(values)),
    fc.uint8Array({ maxLength: 4 }),
    fc.bigInt64Array({ maxLength: 3 }),
  ),
}));

/** Small enough for the longest way down, one step at a time. */
const few = fc.oneof(
  fc.integer({ min: -30, max: 30 }),
  fc.array(fc.string({ maxLength: 3 }), { maxLength: 3 }),
  fc.boolean(),
);

const argumentList = fc.array(value, { maxLength: 3 }).map(encode);

/** Kinds of all values by place, objects with their keys; arrays, Maps and Sets by kind alone. */
function shape(of: unknown): unknown {
  if (typeof of !== "object" || of === null) return of === null ? "null" : typeof of;
  const kind = Object.prototype.toString.call(of);
  return kind === "[object Object]" ? Object.entries(of).map(([name, held]) => [name, shape(held)]) : kind;
}

describe("shrinking an input", () => {
  it("only gives strictly smaller variants, at most 200, each once", () => {
    fc.assert(
      fc.property(argumentList, (encoded) => {
        const variants = shrinkCandidates(encoded);
        assert.ok(variants.length <= 200);
        assert.equal(new Set(variants).size, variants.length);
        for (const variant of variants)
          assert.ok(measureOf(variant) < measureOf(encoded), `${encoded} → ${variant}`);
      }),
    );
  });

  it("keeps the number of arguments, their kinds and every key", () => {
    fc.assert(
      fc.property(argumentList, (encoded) => {
        const before = (parse(encoded) as unknown[]).map(shape);
        for (const variant of shrinkCandidates(encoded)) {
          assert.deepEqual((parse(variant) as unknown[]).map(shape), before);
        }
      }),
    );
  });

  it("ends, whichever variant is taken", () => {
    fc.assert(
      fc.property(fc.array(few, { maxLength: 3 }).map(encode), fc.nat(), (encoded, choice) => {
        let [input, steps] = [encoded, 0];
        for (
          let variants = shrinkCandidates(input);
          variants.length > 0;
          variants = shrinkCandidates(input)
        ) {
          input = variants[choice % variants.length]!;
          assert.ok(++steps < 5_000);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("offers the most aggressive variant first", () => {
    const [first] = shrinkCandidates(encode([[1, 2, 3, 4], 1]));
    assert.deepEqual(parse(first!), [[], 1]);
  });

  it("keeps shared objects shared and cycles closed", () => {
    const shared = { n: 4 };
    const cycle: unknown[] = [7];
    cycle.push(cycle);
    for (const variant of shrinkCandidates(encode([[shared, shared], { cycle }]))) {
      const [list] = parse(variant) as [unknown[]];
      if (list.length === 2) assert.equal(list[0], list[1]);
    }
  });

  it("finds the two elements that matter among a thousand", () => {
    const matters = (encoded: EncodedInput): boolean => {
      const [list] = parse(encoded) as [number[]];
      return list.includes(417) && list.includes(802);
    };
    let input = encode([Array.from({ length: 1000 }, (_, index) => index)]);
    for (;;) {
      const next = shrinkCandidates(input).find(matters);
      if (next === undefined) break;
      input = next;
    }
    assert.deepEqual(parse(input), [[417, 802]]);
  });

  it("finds the smallest number that matters in few steps", () => {
    let [input, steps] = [encode([987_654]), 0];
    for (;;) {
      const next = shrinkCandidates(input).find((variant) => (parse(variant) as number[])[0]! >= 4_321);
      if (next === undefined) break;
      [input, steps] = [next, steps + 1];
    }
    assert.deepEqual(parse(input), [4_321]);
    assert.ok(steps < 40, String(steps));
  });

  it("offers fewer variants of a very long input", () => {
    const long = encode([Array.from({ length: 3000 }, (_, index) => ({ id: `u${index}`, amount: index }))]);
    const variants = shrinkCandidates(long);
    assert.ok(variants.length >= 16 && variants.length < 60, String(variants.length));
  });

  it("refuses what is no encoded argument list", () => {
    for (const text of ["", "{", "[0]", '"x"', '[{"a":1},2]']) {
      assert.throws(() => shrinkCandidates(text as EncodedInput), { code: "INPUT_NOT_DECODABLE" });
    }
  });
});
