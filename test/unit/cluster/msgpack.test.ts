import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Packr } from "msgpackr";
import { readMsgpack } from "../../../cluster/services/msgpack.ts";

const packer = new Packr({ useRecords: false, variableMapSize: true });
const read = (bytes: Uint8Array): unknown => readMsgpack(bytes, 64);

describe("MessagePack of strangers", () => {
  it("is what another library wrote, of all that JSON can say", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // JSON itself knows no -0.
        const plain: unknown = JSON.parse(JSON.stringify(value));
        assert.deepEqual(JSON.parse(JSON.stringify(read(packer.pack(plain)))), plain);
      }),
    );
  });

  it("reads numbers of every width", () => {
    const numbers = [0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, -1, -32, -33, -128, -129];
    for (const number of [...numbers, -32_769, -(2 ** 31), 2 ** 53 - 1, 0.5, -1.25e300]) {
      assert.equal(read(packer.pack(number)), number);
    }
    assert.equal(read(Uint8Array.of(0xcf, 0, 0, 0, 0, 0, 0, 1, 0)), 256);
    assert.equal(read(Uint8Array.of(0xd3, 255, 255, 255, 255, 255, 255, 255, 254)), -2);
    assert.equal(read(Uint8Array.of(0xca, 0x3f, 0x80, 0, 0)), 1);
  });

  it("is refused with a word where JSON has none, or it is broken", () => {
    const refused: readonly (readonly [RegExp, readonly number[]])[] = [
      [/no counterpart/, [0xc1]],
      [/no counterpart/, [0xc4, 0]],
      [/no counterpart/, [0xd4, 0x72, 0x40]],
      [/no counterpart/, [0xc7, 1, 0x65, 0]],
      [/not finite/, [0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0]],
      [/too large/, [0xcf, 255, 255, 255, 255, 255, 255, 255, 255]],
      [/no text/, [0x81, 1, 1]],
      [/before its time/, [0xdd, 255, 255, 255, 255]],
      [/before its time/, [0xdf, 127, 255, 255, 255]],
      [/before its time/, [0xdb, 255, 255, 255, 255, 65]],
      [/before its time/, []],
      [/follow/, [1, 1]],
      [/deeper/, [...Array.from({ length: 65 }, () => 0x91), 1]],
    ];
    for (const [why, bytes] of refused) assert.throws(() => read(Uint8Array.from(bytes)), why);
    assert.throws(() => read(Uint8Array.of(0xa1, 0xff)), TypeError);
  });

  it("gives every key to the object itself, whatever it is called", () => {
    const value = read(Uint8Array.of(0x81, 0xa9, ...Buffer.from("__proto__"), 0x80)) as object;
    assert.ok(Object.hasOwn(value, "__proto__"));
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  });

  it("throws nothing but errors, and ends, whatever comes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          JSON.stringify(read(bytes));
        } catch (error) {
          assert.ok(error instanceof Error && !(error instanceof RangeError), String(error));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
