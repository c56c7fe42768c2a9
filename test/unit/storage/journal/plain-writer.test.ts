import assert from "node:assert/strict";
import { describe, it } from "node:test";

import fc from "fast-check";
import { Packr } from "msgpackr";

import { PlainWriter } from "../../../../storage/journal/plain-writer.ts";

const FORM = 7;
const packr = new Packr({ useRecords: false });
const packed = (value: unknown): Buffer => Buffer.concat([Buffer.of(FORM), packr.pack(value)]);

function assertPacked(writer: PlainWriter, value: unknown): void {
  const bytes = writer.write(FORM, value);
  assert.ok(bytes !== null, "it was left");
  assert.deepEqual(Buffer.from(bytes), packed(value));
}

const isKept = (number: number): boolean => !Object.is(number, -0);

const { tree } = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }).filter(isKept),
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc.string({ unit: "grapheme-ascii", maxLength: 40 }),
  ),
  tree: fc.oneof(
    { depthSize: "small" },
    tie("leaf"),
    fc.array(tie("tree")),
    fc.dictionary(
      fc.string({ unit: "grapheme" }).filter((key) => key !== "__proto__"),
      tie("tree"),
      { noNullPrototype: true },
    ),
  ),
}));

describe("the writer of plain data", () => {
  it("writes what msgpackr writes", () => {
    const writer = new PlainWriter();
    fc.assert(
      fc.property(tree, (value) => assertPacked(writer, value)),
      { numRuns: 1000 },
    );
  });

  it("knows every size of number, text and array", () => {
    const writer = new PlainWriter();
    for (const edge of [
      0,
      1,
      0x1f,
      0x20,
      0x7f,
      0x80,
      0xff,
      0x100,
      0xffff,
      0x10000,
      2 ** 31,
      2 ** 32,
      2 ** 53,
    ]) {
      for (const number of [edge - 1, edge, edge + 1, -edge - 1, 1 - edge, edge + 0.5]) {
        if (isKept(number)) assertPacked(writer, number);
      }
      if (edge > 2 ** 17) continue;
      for (const unit of ["x", "é", "語", "🙂"]) assertPacked(writer, unit.repeat(edge));
      if (edge < 4096) assertPacked(writer, new Array(edge).fill(1));
    }
    assertPacked(writer, NaN);
  });

  it("writes a key `toJSON` like any other", () => {
    const value = { toJSON: { a: "b" }, list: [{ toJSON: 1 }] };
    assert.deepEqual(packr.unpack(new PlainWriter().write(FORM, value)!.subarray(1)), value);
  });

  it("never writes again what it has given, however large the next value is", () => {
    const writer = new PlainWriter();
    const values = Array.from({ length: 300 }, (_, index) => ({ index, text: "x".repeat(index * 7) }));
    const large = { text: "y".repeat(200_000), list: values };
    const given = [...values, large, ...values].map((value) => ({
      value,
      bytes: writer.write(FORM, value)!,
    }));
    for (const { value, bytes } of given) assert.deepEqual(Buffer.from(bytes), packed(value));
  });

  it("leaves what MessagePack would bend, and what it does not know", () => {
    const writer = new PlainWriter();
    const shared = {};
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    const many = Array.from({ length: 100 }, () => ({}));
    let deep: unknown = 1;
    for (let depth = 0; depth < 65; depth++) deep = [deep];
    const others = [
      -0, "\ud800", { "\udfff": 1 }, JSON.parse('{"__proto__":1}'), new Array(3), [shared, shared], cyclic,
      [...many, many[99]], deep, new Array(4096).fill(1), new Date(0), new Map(), new Uint8Array(1),
      Object.create(null), new URL("http://localhost"), () => 1, Symbol("s"), 1n,
    ] as unknown[]; // prettier-ignore
    for (const value of others) assert.equal(writer.write(FORM, value), null);
    assertPacked(writer, [...many, shared]);
  });

  it("goes on after a value that throws, and one that writes another one meanwhile", () => {
    const writer = new PlainWriter();
    const throwing = {
      get bad(): never {
        throw new Error("a getter");
      },
    };
    assert.throws(() => writer.write(FORM, ["a", throwing]), /a getter/);
    let meanwhile: Uint8Array | null | undefined;
    const nested = {
      get value(): number {
        meanwhile = writer.write(FORM, [1]);
        return 2;
      },
    };
    const bytes = writer.write(FORM, nested);
    assert.equal(meanwhile, null);
    assert.deepEqual(Buffer.from(bytes!), packed({ value: 2 }));
    assertPacked(writer, ["still", { there: true }]);
  });
});
