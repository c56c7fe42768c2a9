import assert from "node:assert/strict";
import { describe, it } from "node:test";

import fc from "fast-check";

import { decodePlainData, encodePlainData } from "../../../../storage/journal/plain-data.ts";
import { hasCode } from "../../../contract/journal-contract.ts";

const roundTrip = (value: unknown): unknown => decodePlainData(encodePlainData(value));

describe("plain data", () => {
  it("comes back as structuredClone gives it, for anything", () => {
    const anything = fc.anything({
      values: [
        fc.boolean(),
        fc.integer(),
        fc.double(),
        fc.string({ unit: "binary" }),
        fc.constantFrom(null, undefined),
        fc.bigInt(),
        // Node 20's assert calls two invalid dates different; they have their own test.
        fc.date({ noInvalidDate: true }),
      ],
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: true,
      maxDepth: 5,
    });
    fc.assert(
      fc.property(anything, (value) => assert.deepStrictEqual(roundTrip(value), structuredClone(value))),
      { numRuns: 1000 },
    );
  });

  it("keeps an invalid date", () => {
    const [date] = roundTrip([new Date(NaN)]) as [Date];
    assert.ok(date instanceof Date && Number.isNaN(date.getTime()));
  });

  it("keeps what MessagePack alone would bend", () => {
    const sparse: unknown[] = [1];
    sparse[2] = 3;
    const values = [-0, [-0], "\ud800", { "\udfff": 1 }, JSON.parse('{"__proto__":{"x":1},"a":-0}'), sparse, new Map([[1, -0]]), new Set(["\ud800"])]; // prettier-ignore
    for (const value of values as unknown[]) assert.deepStrictEqual(roundTrip(value), value);
  });

  it("keeps a key `toJSON` in every form, and never calls it", () => {
    const plain = { toJSON: "x", list: [{ toJSON: { toJSON: 1 } }] };
    const direct = { toJSON: 1n };
    const tagged = { toJSON: [-0], "\ud800": new Set([{ toJSON: null }]) };
    for (const value of [plain, direct, tagged, [plain, direct, tagged, new Map([["toJSON", plain]])]]) {
      assert.deepStrictEqual(roundTrip(value), value);
    }
    // Of these MessagePack would call what is no function.
    for (const toJSON of ["x", 1, { toJSON: true }]) {
      const bare: unknown = Object.assign(Object.create(null) as object, { toJSON });
      assert.deepStrictEqual(roundTrip([bare]), [{ toJSON }]);
    }
    let calls = 0;
    for (const beside of [{}, { odd: -0 }, { big: 1n }]) {
      const called = { ...beside, toJSON: () => (calls += 1) };
      assert.throws(() => encodePlainData(called), hasCode("JOURNAL_EVENT_REFUSED"));
    }
    assert.equal(calls, 0);
  });

  it("keeps shared and cyclic references, in both forms", () => {
    for (const odd of [1, -0]) {
      const shared = { odd };
      const cyclic: Record<string, unknown> = { first: shared, second: shared };
      cyclic["self"] = cyclic;
      const back = roundTrip(cyclic) as Record<string, unknown>;
      assert.equal(back["self"], back);
      assert.equal(back["first"], back["second"]);
      assert.ok(Object.is((back["first"] as typeof shared).odd, odd));
    }
  });

  it("keeps sharing in records, however large or deep", () => {
    for (const depth of [1, 80]) {
      const shared = { list: Array.from({ length: 5_000 }, (_, index) => index) };
      let value: unknown = [shared, shared, undefined, { 1: "a", "": null }];
      for (let level = 0; level < depth; level++) value = { level, value };
      const back = roundTrip(value);
      assert.deepStrictEqual(back, value);
      let inner = back;
      for (let level = 0; level < depth; level++) inner = (inner as { value: unknown }).value;
      assert.equal((inner as unknown[])[0], (inner as unknown[])[1]);
    }
  });

  it("refuses what would come back poorer, and says where it is", () => {
    const refused = [
      () => 1,
      Symbol("s"),
      new URL("a:b"),
      new WeakSet(),
      new Uint8Array(new SharedArrayBuffer(1)),
    ];
    for (const odd of refused) {
      const hasPath = (thrown: unknown): boolean =>
        hasCode("JOURNAL_EVENT_REFUSED")(thrown) && (thrown as { location: string }).location === "a.0.b";
      assert.throws(() => encodePlainData({ a: [{ b: odd }] }), hasPath);
    }
  });

  it("refuses bottomless nesting instead of overflowing the stack", () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    assert.throws(() => encodePlainData(deep), hasCode("JOURNAL_EVENT_REFUSED"));
  });
});
