/** Texts, bytes and copies as the sandbox makes them, against Node's own. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { decodeBase64, encodeBase64 } from "../../../kernels/sandbox/inside/web-base64.ts";
import { structuredCloneOf } from "../../../kernels/sandbox/inside/web-clone.ts";
import {
  TextDecoder as OurDecoder,
  TextEncoder as OurEncoder,
} from "../../../kernels/sandbox/inside/web-encoding.ts";

/** What an act gives, or the name of what it throws. */
function ending(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return `throws ${(error as Error).name}`;
  }
}

describe("the encoders of a sandbox", () => {
  const texts = fc.string({ unit: "binary" });

  it("encode as Node's do, lone surrogates included", () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 12 }), (text, room) => {
        const [ours, theirs] = [new OurEncoder(), new TextEncoder()];
        assert.deepEqual(ours.encode(text), theirs.encode(text));
        const [left, right] = [new Uint8Array(room), new Uint8Array(room)];
        assert.deepEqual(ours.encodeInto(text, left), { ...theirs.encodeInto(text, right) });
        assert.deepEqual(left, right);
      }),
      { numRuns: 2_000 },
    );
  });

  it("decode as Node's do, ill-formed bytes in any pieces included", () => {
    const odd = [0xef, 0xbb, 0xbf, 0xc2, 0xe0, 0xa0, 0x80, 0xed, 0x9f, 0xf0, 0x90, 0xf4, 0x8f, 0x41];
    const byte = fc.oneof(fc.constantFrom(...odd), fc.integer({ min: 0, max: 255 }));
    const pieces = fc.array(
      fc.array(byte, { maxLength: 12 }).map((bytes) => Uint8Array.from(bytes)),
      { maxLength: 4 },
    );
    const decoded = (make: typeof TextDecoder, all: readonly Uint8Array[], options: object): unknown =>
      ending(() => {
        const decoder = new make("utf-8", options);
        return all.map((bytes) => decoder.decode(bytes, { stream: true })).join("") + decoder.decode();
      });
    fc.assert(
      fc.property(pieces, fc.boolean(), fc.boolean(), (all, fatal, ignoreBOM) => {
        const options = { fatal, ignoreBOM };
        const ours = decoded(OurDecoder, all, options);
        assert.equal(ours, decoded(TextDecoder, all, options));
      }),
      { numRuns: 6_000 },
    );
  });

  it("refuse every encoding but UTF-8", () => {
    assert.throws(() => new OurDecoder("utf-16le"), RangeError);
    assert.equal(new OurDecoder(" UTF8\n").encoding, "utf-8");
  });

  it("go to base64 and back as Node's do", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from("ABCab01+/= \n\t-_é")) }), (text) => {
        assert.equal(
          ending(() => decodeBase64(text)),
          ending(() => atob(text)),
        );
        assert.equal(
          ending(() => encodeBase64(text)),
          ending(() => btoa(text)),
        );
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("the structuredClone of a sandbox", () => {
  const shown = (clone: (value: unknown) => unknown, value: unknown): unknown =>
    ending(() => inspect(clone(value), { depth: 30, showHidden: true, sorted: false }));

  it("copies as Node's does", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withBoxedValues: true,
      withNullPrototype: true,
      withObjectString: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        assert.equal(shown(structuredCloneOf, value), shown(structuredClone, value));
      }),
      { numRuns: 2_000 },
    );
  });

  class Point {
    x = 1;
    #hidden = 2;
    get sum(): number {
      return this.x + this.#hidden;
    }
  }
  const kinds: readonly (readonly [string, () => unknown])[] = [
    ["an instance of a class", () => new Point()],
    [
      "a getter",
      () => ({
        get x() {
          return 1;
        },
      }),
    ],
    ["a regular expression", () => Object.assign(/a+/giu, { lastIndex: 3 })],
    ["an array with holes and more", () => Object.assign(new Array<number>(3).fill(1, 1, 2), { x: 1 })],
    ["a boxed bigint", (): unknown => Object(5n)],
    ["a resizable buffer's view", () => new Uint16Array(new ArrayBuffer(8), 2, 2)],
    ["a view of data", () => new DataView(new ArrayBuffer(8), 2, 4)],
    [
      "symbol keys and hidden keys",
      () => Object.defineProperty({ [Symbol("s")]: 1, b: 2 }, "c", { value: 3 }),
    ],
    ["a function", () => ({ f: () => 1 })],
    ["a symbol", () => [Symbol("s")]],
    ["a boxed symbol", (): unknown => Object(Symbol("s"))],
    ["a promise", () => Promise.resolve(1)],
    ["a WeakMap", () => new WeakMap()],
    ["a WeakRef", () => new WeakRef({})],
    [
      "a generator",
      () =>
        (function* () {
          yield 1;
        })(),
    ],
    ["a map's iterator", () => new Map().entries()],
  ];
  for (const [what, make] of kinds) {
    it(`does with ${what} what Node's does`, () => {
      assert.equal(shown(structuredCloneOf, make()), shown(structuredClone, make()));
    });
  }

  it("keeps cycles and aliases", () => {
    const shared = new Map<string, unknown>();
    const value = { shared, again: [shared], self: null as unknown };
    value.self = value;
    shared.set("value", value);
    const copy = structuredCloneOf(value) as typeof value;
    assert.ok(copy !== value && copy.self === copy && copy.again[0] === copy.shared);
    assert.equal(copy.shared.get("value"), copy);
  });

  it("keeps an error's class by its name, its message and its cause", () => {
    for (const error of [
      new RangeError("a"),
      new Error("b", { cause: 1 }),
      Object.assign(new Error("c"), { name: "TypeError" }),
      Object.assign(new Error("d"), { name: "Odd", code: 1 }),
    ]) {
      const copies = [structuredCloneOf(error), structuredClone(error)] as [Error, Error];
      const [ours, theirs] = copies.map((copy) => [
        copy.constructor.name,
        copy.message,
        copy.name,
        Object.keys(copy),
      ]);
      assert.deepEqual(ours, theirs);
    }
    assert.equal((structuredCloneOf(new Error("b", { cause: [1] })) as Error).cause instanceof Array, true);
  });
});
