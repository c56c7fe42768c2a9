import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { canonical, MAX_CANONICAL_CHARACTERS } from "../../../kernels/sandbox/inside/canonical.ts";

/** The text of a comparable value. */
function text(value: unknown, args: readonly unknown[] | null = null): string {
  const seen = canonical("returned", value, args);
  assert.ok(seen.comparable, seen.text);
  return seen.text.slice("returned ".length);
}

function refusal(value: unknown): string {
  const seen = canonical("returned", value, null);
  assert.ok(!seen.comparable, seen.text);
  return seen.text;
}

const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});

describe("the canonical text", () => {
  it("is the same for values made alike, whatever they are", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const [left] = fc.sample(anything, { seed, numRuns: 1 });
        const [right] = fc.sample(anything, { seed, numRuns: 1 });
        assert.equal(text(left), text(right));
      }),
      { numRuns: 500 },
    );
  });

  it("tells any two primitives apart that Object.is tells apart", () => {
    const primitive = fc.oneof(
      fc.double(),
      fc.integer(),
      fc.string({ unit: "binary" }),
      fc.bigInt(),
      fc.boolean(),
      fc.constantFrom(null, undefined, -0, 0, NaN, "", "null", 0n),
    );
    fc.assert(
      fc.property(primitive, primitive, (left, right) => {
        assert.equal(text(left) === text(right), Object.is(left, right));
      }),
      { numRuns: 1_000 },
    );
  });

  it("differs where one element of an array was replaced", () => {
    const changed = Symbol.for("changed");
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1 }), fc.nat(), (list, at) => {
        const other = list.slice();
        other[at % list.length] = changed;
        assert.notEqual(text(other), text(list));
      }),
    );
  });

  it("differs where one property was removed or its key renamed", () => {
    const key = fc.string().filter((name) => name !== "__proto__" && name !== "renamed");
    fc.assert(
      fc.property(fc.dictionary(key, anything, { minKeys: 1 }), fc.nat(), (object, at) => {
        const keys = Object.keys(object);
        const gone = keys[at % keys.length]!;
        const without = Object.fromEntries(
          keys.filter((name) => name !== gone).map((name) => [name, object[name]]),
        );
        const renamed = Object.fromEntries(
          keys.map((name) => [name === gone ? "renamed" : name, object[name]]),
        );
        assert.notEqual(text(without), text(object));
        assert.notEqual(text(renamed), text(object));
      }),
    );
  });

  const symbol = Symbol("local");
  class Point {
    x = 1;
  }
  class Point3 extends Point {}
  const otherPoint = {
    Point: class Point {
      x = 1;
    },
  }.Point;
  const mapLike: object = { Map: class Map extends Point {} }.Map.prototype;
  const frozen = Object.freeze({ a: 1 });
  const differing: readonly (readonly [string, unknown, unknown])[] = [
    ["zero and minus zero", 0, -0],
    ["undefined and null", undefined, null],
    ["a number and its text", 1, "1"],
    ["a number and its bigint", 1, 1n],
    ["a number and its box", 1, Object(1)],
    ["a hole and undefined", Object.assign(new Array(2), { 1: 1 }), [undefined, 1]],
    ["trailing holes", new Array(2), new Array(3)],
    ["key orders", { a: 1, b: 2 }, { b: 2, a: 1 }],
    ["symbol keys", { [Symbol.iterator]: 1 }, { [Symbol.for("Symbol.iterator")]: 1 }],
    ["symbols: local and registered", Symbol("x"), Symbol.for("x")],
    ["one symbol twice and two symbols alike", [symbol, symbol], [Symbol("local"), Symbol("local")]],
    ["an array and an object like it", [1], { 0: 1, length: 1 }],
    ["an array with a named property", [1], Object.assign([1], { name: 1 })],
    ["prototypes: Object and null", {}, Object.create(null)],
    ["prototypes: Object and a class", { x: 1 }, new Point()],
    ["prototypes: a class and its subclass", new Point(), new Point3()],
    ["a class and the builtin of the same name", new Map(), Object.create(mapLike)],
    ["a nameless prototype's content", Object.create({ a: 1 }), Object.create({ a: 2 })],
    ["a Map and what only inherits from Map", new Map(), Object.create(Map.prototype)],
    ["an array and what only inherits from Array", [], Object.create(Array.prototype)],
    ["frozen and not", frozen, { a: 1 }],
    ["frozen and sealed", frozen, Object.seal({ a: 1 })],
    ["sealed and non-extensible", Object.seal({ a: 1 }), Object.preventExtensions({ a: 1 })],
    ["non-extensible and not", Object.preventExtensions({ a: 1 }), { a: 1 }],
    ["an array that is frozen", Object.freeze([1]), [1]],
    ["an attribute", Object.defineProperty({}, "a", { value: 1 }), { a: 1 }],
    ["dates", new Date(1), new Date(2)],
    ["an invalid date", new Date(NaN), new Date(0)],
    ["expressions by source", /a/, /b/],
    ["expressions by flags", /a/g, /a/],
    ["expressions by lastIndex", /a/g, Object.assign(/a/g, { lastIndex: 1 })],
    [
      "Maps by order",
      new Map([
        [1, 1],
        [2, 2],
      ]),
      new Map([
        [2, 2],
        [1, 1],
      ]),
    ],
    ["Maps by value", new Map([[1, 1]]), new Map([[1, 2]])],
    ["Sets by order", new Set([1, 2]), new Set([2, 1])],
    ["a Set and a Map", new Set([1]), new Map([[1, 1]])],
    ["typed arrays by class", new Uint8Array(2), new Int8Array(2)],
    ["typed arrays by content", new Uint8Array([1]), new Uint8Array([2])],
    ["typed arrays by sign of zero", new Float64Array([0]), new Float64Array([-0])],
    ["views by offset", new Uint8Array(new ArrayBuffer(4), 0, 2), new Uint8Array(new ArrayBuffer(4), 2, 2)],
    [
      "views by what they leave out",
      new Uint8Array(Uint8Array.of(1, 2).buffer, 0, 1),
      new Uint8Array(Uint8Array.of(1, 3).buffer, 0, 1),
    ],
    ["buffers by content", Uint8Array.of(1).buffer, Uint8Array.of(2).buffer],
    ["DataViews by window", new DataView(new ArrayBuffer(4)), new DataView(new ArrayBuffer(4), 1)],
    ["errors by class", new TypeError("x"), new RangeError("x")],
    ["errors by message", new Error("x"), new Error("y")],
    ["errors by cause", new Error("x", { cause: 1 }), new Error("x", { cause: 2 })],
    ["errors by own properties", Object.assign(new Error("x"), { code: 1 }), new Error("x")],
    ["an empty message and none", new Error(""), new Error()],
    ["a text that looks like a reference", [{}, "#1"], (([shared]) => [shared, shared])([{}])],
  ];
  for (const [what, left, right] of differing) {
    it(`tells apart ${what}`, () => assert.notEqual(text(left), text(right)));
  }

  const alike: readonly (readonly [string, unknown, unknown])[] = [
    ["errors made in different places", (() => new Error("x"))(), new Error("x")],
    ["two classes of one name and content", new otherPoint(), new Point()],
    [
      "NaN of different bits",
      new Float64Array(new BigUint64Array([0xfff8000000000000n]).buffer),
      new Float64Array([NaN]),
    ],
  ];
  for (const [what, left, right] of alike) {
    it(`is the same for ${what}`, () => assert.equal(text(left), text(right)));
  }

  it("shows aliasing within the result, and between result and arguments", () => {
    const shared = { a: 1 };
    assert.equal(text([shared, shared]), '[{"a": 1}, #1]');
    assert.equal(text([{ a: 1 }, { a: 1 }]), '[{"a": 1}, {"a": 1}]');
    assert.equal(text(shared, [shared]), '{"a": 1}\narguments #0');
    assert.equal(text({ a: 1 }, [shared]), '{"a": 1}\narguments {"a": 1}');
    const buffer = new ArrayBuffer(1);
    assert.notEqual(
      text([new Uint8Array(buffer), new Uint8Array(buffer)]),
      text([new Uint8Array(1), new Uint8Array(1)]),
    );
  });

  it("ends on cycles", () => {
    const loop: unknown[] = [];
    loop.push(loop, new Map([[loop, loop]]));
    assert.equal(text(loop), "[#0, Map{#0 => #0}]");
  });

  it("needs no stack for depth", () => {
    let deep: unknown = 1;
    for (let level = 0; level < 300_000; level++) deep = [deep];
    assert.equal(text(deep).length, 600_001);
  });

  it("runs no code of the value", () => {
    let ran = 0;
    const count = (): number => ran++;
    class Loud {
      toString = undefined;
      get x() {
        return count();
      }
      toJSON() {
        return count();
      }
      [Symbol.toPrimitive]() {
        return count();
      }
      get [Symbol.toStringTag]() {
        return String(count());
      }
      *[Symbol.iterator]() {
        yield count();
      }
    }
    text([new Loud(), new Map([[new Loud(), new Loud()]])]);
    refusal({
      get x() {
        return count();
      },
    });
    assert.equal(ran, 0);
  });

  it("refuses what it cannot see into, and says where", () => {
    assert.equal(refusal({ a: [() => 1] }), 'result["a"][0]: a function');
    assert.equal(refusal(new Map([[1, new WeakMap()]])), 'result["values()"][0]: a WeakMap');
    assert.match(refusal([][Symbol.iterator]()), /Iterator/);
    assert.match(refusal(Promise.resolve()), /Promise/);
    assert.match(refusal(new WeakRef({})), /WeakRef/);
    assert.match(refusal(new Intl.Collator()), /builtin/);
    assert.match(refusal(new SharedArrayBuffer(1)), /SharedArrayBuffer/);
    assert.match(refusal(Point), /a function/);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    assert.match(refusal([proxy]), /^result\[0\]: an object that throws/);
  });

  it("refuses a graph that is too large", () => {
    const part = "x".repeat(1 << 20);
    assert.match(refusal(Array.from({ length: 17 }, (_, index) => `${index}${part}`)), /more than/);
    assert.ok(text(part).length < MAX_CANONICAL_CHARACTERS);
  });
});
