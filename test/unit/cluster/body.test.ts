import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  contentTypeOf,
  MOST_DEPTH,
  MOST_REQUEST_BYTES,
  readBody,
  writeBody,
} from "../../../cluster/services/body.ts";
import { hasCode } from "../../contract/journal-contract.ts";

const JSON_TYPE = "application/json";
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("bodies", () => {
  it("are JSON unless the header says MessagePack, and nothing else", () => {
    assert.equal(contentTypeOf(""), JSON_TYPE);
    assert.equal(contentTypeOf("Application/JSON; charset=utf-8"), JSON_TYPE);
    assert.equal(contentTypeOf("application/msgpack"), "application/msgpack");
    for (const other of ["text/plain", "application/jsonx", "json"]) {
      assert.throws(() => contentTypeOf(other), hasCode("REQUEST_TYPE_UNKNOWN"));
    }
  });

  it("hold the same in both forms", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        for (const type of [JSON_TYPE, "application/msgpack"] as const) {
          assert.deepEqual(JSON.parse(JSON.stringify(readBody(writeBody(plain, type), type))), plain);
        }
      }),
    );
    const odd = { none: undefined, far: Infinity, when: new Date(0) };
    const json: unknown = readBody(writeBody(odd, JSON_TYPE), JSON_TYPE);
    assert.deepEqual(json, { far: null, when: "1970-01-01T00:00:00.000Z" });
    assert.deepEqual(readBody(writeBody(odd, "application/msgpack"), "application/msgpack"), json);
  });

  it("that are empty are empty objects", () => {
    assert.deepEqual(readBody(new Uint8Array(0), JSON_TYPE), {});
  });

  it("are refused when they are broken, too deep or too large", () => {
    for (const text of ["{", "nul", '{"a":1}}', "[1,]", '"\\u12"']) {
      assert.throws(() => readBody(bytesOf(text), JSON_TYPE), hasCode("REQUEST_UNREADABLE"));
    }
    assert.throws(() => readBody(Uint8Array.of(0x22, 0xff, 0x22), JSON_TYPE), hasCode("REQUEST_UNREADABLE"));
    const nested = (depth: number): Uint8Array => bytesOf("[".repeat(depth) + "]".repeat(depth));
    assert.ok(Array.isArray(readBody(nested(MOST_DEPTH), JSON_TYPE)));
    assert.throws(() => readBody(nested(MOST_DEPTH + 1), JSON_TYPE), hasCode("REQUEST_UNREADABLE"));
    assert.throws(() => readBody(nested(200_000), JSON_TYPE), hasCode("REQUEST_UNREADABLE"));
    const large = new Uint8Array(MOST_REQUEST_BYTES + 1).fill(0x20);
    assert.throws(() => readBody(large, JSON_TYPE), hasCode("REQUEST_TOO_LARGE"));
  });

  it("may hold any brackets in a text", () => {
    const text = JSON.stringify({ a: `${"[{".repeat(500)}\\"` });
    assert.deepEqual(readBody(bytesOf(text), JSON_TYPE), JSON.parse(text));
  });
});
