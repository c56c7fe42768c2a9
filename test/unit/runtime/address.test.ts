import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatAddress, makeAddress, parseAddress } from "../../../runtime/index.ts";

const segment = fc
  .string({ minLength: 1, maxLength: 20, unit: "grapheme" })
  .map(encodeURIComponent)
  .filter((text) => text.length <= 200);

describe("addresses", () => {
  it("an address survives format and parse", () => {
    const parts = fc.tuple(
      segment,
      fc.array(segment, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1 }),
    );
    fc.assert(
      fc.property(parts, ([node, path, incarnation]) => {
        const made = makeAddress(node, path.join("/"), incarnation);
        assert.deepEqual(parseAddress(formatAddress(made)), made);
      }),
    );
  });

  it("reads as node/path#incarnation", () => {
    assert.equal(formatAddress(makeAddress("n1", "sessions/a1", 17)), "n1/sessions/a1#17");
  });

  for (const text of [
    "",
    "a",
    "a/b",
    "/b#1",
    "a/#1",
    "a/b#0",
    "a/b#01",
    "a/b#1.5",
    "a//b#1",
    "a/b c#1",
    "a/b#1#",
    "a#1/b",
    "a/b#99999999999999999",
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseAddress(text), { code: "ADDRESS_INVALID" });
    });
  }

  it("refuses what is no text, and parts that are none", () => {
    for (const given of [5, null, undefined, {}]) {
      assert.throws(() => parseAddress(given as never), { code: "ADDRESS_INVALID" });
      assert.throws(() => makeAddress(given as never, "a", 1), { code: "ADDRESS_INVALID" });
      assert.throws(() => makeAddress("local", given as never, 1), { code: "ADDRESS_INVALID" });
    }
    for (const incarnation of ["1", 0, 1.5, NaN, null]) {
      assert.throws(() => makeAddress("local", "a", incarnation as never), { code: "ADDRESS_INVALID" });
    }
  });

  it("any text either parses to an address that formats back to it or is refused with a code", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          assert.equal(formatAddress(parseAddress(text)), text);
        } catch (error) {
          assert.equal((error as { code?: unknown }).code, "ADDRESS_INVALID");
        }
      }),
    );
  });
});
