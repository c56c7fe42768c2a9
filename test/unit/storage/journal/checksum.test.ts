import assert from "node:assert/strict";
import { describe, it } from "node:test";

import fc from "fast-check";

import { crc32, crc32ByTable } from "../../../../storage/journal/checksum.ts";

describe("the checksum", () => {
  it("gives the published check value of CRC-32/ISO-HDLC", () => {
    assert.equal(crc32ByTable(Buffer.from("123456789")), 0xcbf43926);
    assert.equal(crc32(Buffer.from("123456789")), 0xcbf43926);
  });

  it("is the same by table and by zlib, in one piece and in two", () => {
    const parts = fc.tuple(fc.uint8Array(), fc.uint8Array());
    fc.assert(
      fc.property(parts, ([head, tail]) => {
        const whole = crc32(Buffer.concat([head, tail]));
        assert.equal(crc32(tail, crc32(head)), whole);
        assert.equal(crc32ByTable(tail, crc32ByTable(head)), whole);
      }),
    );
  });
});
