import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import { parse } from "devalue";
import { deriveInputs } from "../../../kernels/syntax/index.ts";
import { fixture, temporaryProject } from "./fixture.ts";

const FILE = fixture("types.ts");

function derive(exportName: string, count = 100, seed = 1): readonly unknown[][] {
  const { inputs } = deriveInputs({ ref: { file: FILE, exportName }, count, seed });
  return inputs.map((input) => parse(input) as unknown[]);
}

describe("deriving inputs", () => {
  it("gives the same inputs for the same seed and others for another", () => {
    const ref = { file: FILE, exportName: "orders" };
    const first = deriveInputs({ ref, count: 40, seed: 7 });
    assert.deepEqual(deriveInputs({ ref, count: 40, seed: 7 }), first);
    assert.notDeepEqual(deriveInputs({ ref, count: 40, seed: 8 }), first);
  });

  it("gives exactly as many as asked for", () => {
    for (const count of [0, 1, 37]) assert.equal(derive("orders", count).length, count);
  });

  it("mixes sizes seven to two to one", () => {
    const lengths = derive("orders", 200).map(([orders]) => (orders as unknown[]).length);
    assert.equal(lengths.filter((length) => length <= 8).length, 140);
    assert.equal(lengths.filter((length) => length >= 20 && length <= 300).length, 40);
    assert.equal(lengths.filter((length) => length >= 900 && length <= 1100).length, 20);
  });

  it("gives large lists with many equal values and large lists with few", () => {
    const shares = derive("orders", 200)
      .map(([orders]) => (orders as { id: string }[]).map(({ id }) => id))
      .filter((ids) => ids.length >= 900)
      .map((ids) => new Set(ids).size / ids.length);
    assert.ok(
      shares.some((share) => share < 0.1),
      `shares of distinct ids: ${shares.join(" ")}`,
    );
    assert.ok(
      shares.some((share) => share > 0.7),
      `shares of distinct ids: ${shares.join(" ")}`,
    );
  });

  it("fills every property as its type says", () => {
    for (const [orders, limit] of derive("orders")) {
      assert.ok(limit === undefined || typeof limit === "number");
      for (const order of (orders as Record<string, unknown>[]).slice(0, 20)) {
        assert.equal(typeof order["id"], "string");
        assert.equal(typeof order["amount"], "number");
        assert.ok(["open", "closed"].includes(order["status"] as string));
        assert.ok(order["tags"] === undefined || Array.isArray(order["tags"]));
        const { name } = order["customer"] as { name: unknown };
        assert.ok(name === null || typeof name === "string");
      }
    }
  });

  it("covers literals, enums, null and the edges of strings and numbers", () => {
    const inputs = derive("primitives", 300);
    assert.deepEqual(new Set(inputs.map((input) => input[5])), new Set([1, "two", null]));
    assert.deepEqual(new Set(inputs.map((input) => input[4])), new Set([0, 5]));
    assert.ok(inputs.some((input) => Object.is(input[0], -0)));
    assert.ok(inputs.some((input) => Number.isNaN(input[0])));
    assert.ok(inputs.some((input) => input[1] === ""));
    assert.ok(inputs.every((input) => typeof input[3] === "bigint" && input[6] instanceof Date));
  });

  it("makes collections, tuples, typed arrays and rest arguments", () => {
    for (const [map, set, record, tuple, bytes, partial, ...rest] of derive("collections", 50)) {
      assert.ok(map instanceof Map && set instanceof Set && bytes instanceof Uint8Array);
      assert.ok(Object.values(record as object).every(Array.isArray));
      const [first, second, ...booleans] = tuple as unknown[];
      assert.equal(typeof first, "number");
      assert.ok(second === undefined || typeof second === "string");
      assert.ok(booleans.every((value) => typeof value === "boolean"));
      assert.equal(typeof partial, "object");
      assert.ok(rest.length <= 50 && rest.every((value) => typeof value === "number"));
    }
  });

  it("ends recursive types and keeps them within bounds", () => {
    const { inputs } = deriveInputs({ ref: { file: FILE, exportName: "recursive" }, count: 100, seed: 3 });
    assert.ok(inputs.reduce((sum, input) => sum + input.length, 0) < 5_000_000);
    const depth = (tree: unknown): number =>
      tree === null
        ? 0
        : 1 + Math.max(depth((tree as { left: unknown }).left), depth((tree as { right: unknown }).right));
    assert.ok(inputs.some((input) => depth((parse(input) as unknown[])[0]) >= 3));
  });

  it("uses one type for a type parameter within a call", () => {
    for (const [items, item, key, order] of derive("generic", 60)) {
      const kinds = new Set([...(items as unknown[]), item].map((value) => typeof value));
      assert.equal(kinds.size, 1);
      assert.ok(["id", "amount", "tags", "status", "customer"].includes(key as string));
      assert.ok(typeof (order as { id: unknown }).id === "string");
    }
  });

  it("understands template literals, brands and iterables", () => {
    for (const [size, brand, numbers] of derive("special", 40)) {
      assert.match(size as string, /px$/);
      assert.equal(typeof brand, "string");
      assert.ok(Array.isArray(numbers));
    }
  });

  it("leaves out an optional function", () => {
    assert.ok(derive("optionalFunction", 20).every((input) => input.length === 1));
  });

  it("takes the overloads in turn", () => {
    const kinds = new Set(derive("overloads", 10).map(([value]) => typeof value));
    assert.deepEqual(kinds, new Set(["string", "object"]));
  });

  it("keeps the numbers of a function that calls itself small", () => {
    assert.ok(derive("factorial", 200).every(([n]) => !((n as number) > 20)));
  });

  it("reads the types of JSDoc in scripts", () => {
    const text =
      "/** @param {string[]} list @param {number} [n] */\nexport function f(list, n) { return list[n]; }";
    const directory = temporaryProject({ "a.js": text });
    const { inputs } = deriveInputs({
      ref: { file: path.join(directory, "a.js"), exportName: "f" },
      count: 5,
      seed: 1,
    });
    assert.ok(inputs.every((input) => Array.isArray((parse(input) as unknown[])[0])));
  });

  const refusals: readonly (readonly [string, RegExp])[] = [
    ["takesFunction", /`visit` of type `\(a: number\) => number` is a function/],
    ["takesRegExp", /`options\.nested\[\]\.pattern` of type `RegExp`/],
    ["takesUnknown", /`value` of type `unknown` can be anything/],
    ["takesAny", /`values\[\]` of type `any` can be anything/],
    ["takesInstance", /`shapes \(value\)` of type `Shape` is an instance of a class/],
    ["takesEndless", /`value` of type `Endless` contains itself without end/],
  ];
  for (const [exportName, message] of refusals) {
    it(`names the parameter and its type where ${exportName} cannot be served`, () => {
      const hint = /examples|generator/;
      assert.throws(() => derive(exportName), {
        code: "INPUTS_NOT_DERIVABLE",
        message,
        hint,
        location: /types\.ts:\d+:\d+$/,
      });
    });
  }
});
