import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { seededRandom, type Random } from "../../../../runtime/contracts/index.ts";
import {
  formatTraceparent,
  newSpanId,
  newTraceId,
  parseTraceparent,
  UNSAMPLED,
} from "../../../../runtime/telemetry/trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

const hex = (digits: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...Array.from({ length: 16 }, (_, digit) => digit.toString(16))), {
      minLength: digits,
      maxLength: digits,
    })
    .map((all) => all.join(""))
    .filter((id) => /[^0]/.test(id));

describe("traceparent", () => {
  it("is read as the recommendation says", () => {
    assert.deepEqual(parseTraceparent(`00-${TRACE}-${PARENT}-01`), {
      traceId: TRACE,
      parentId: PARENT,
      sampled: true,
      hops: 0,
    });
    assert.equal(parseTraceparent(`00-${TRACE}-${PARENT}-00`)?.sampled, false);
  });

  it("of which only the last bit of the flags counts", () => {
    assert.equal(parseTraceparent(`00-${TRACE}-${PARENT}-ff`)?.sampled, true);
    assert.equal(parseTraceparent(`00-${TRACE}-${PARENT}-fe`)?.sampled, false);
  });

  it("of a later version is read by its beginning, with more behind a dash or nothing", () => {
    for (const header of [
      `01-${TRACE}-${PARENT}-01`,
      `cc-${TRACE}-${PARENT}-01-what-the-future-will-be-like`,
    ]) {
      assert.equal(parseTraceparent(header)?.traceId, TRACE, header);
    }
    assert.equal(parseTraceparent(`cc-${TRACE}-${PARENT}-01.what`), null);
  });

  it("that is invalid counts for none", () => {
    const invalid = [
      "",
      "00",
      `ff-${TRACE}-${PARENT}-01`,
      `0-${TRACE}-${PARENT}-01`,
      `00-${"0".repeat(32)}-${PARENT}-01`,
      `00-${TRACE}-${"0".repeat(16)}-01`,
      `00-${TRACE.toUpperCase()}-${PARENT}-01`,
      `00-${TRACE}-${PARENT.toUpperCase()}-01`,
      `00-${TRACE.slice(1)}-${PARENT}-01`,
      `00-${TRACE}-${PARENT.slice(1)}-01`,
      `00-${TRACE}0-${PARENT}-01`,
      `00-${TRACE}-${PARENT}-1`,
      `00-${TRACE}-${PARENT}-0g`,
      `00-${TRACE}-${PARENT}-01-`,
      `00-${TRACE}-${PARENT}-01-more`,
      `00-${TRACE}-${PARENT}`,
      `00_${TRACE}_${PARENT}_01`,
      ` 00-${TRACE}-${PARENT}-01`,
      `00-${TRACE}-${PARENT}-01\n`,
    ];
    for (const header of invalid) assert.equal(parseTraceparent(header), null, JSON.stringify(header));
  });

  it("that was written is read as it was", () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (traceId, parentId, sampled) => {
        const context = { traceId, parentId, sampled, hops: 0 };
        assert.deepEqual(parseTraceparent(formatTraceparent(context)!), context);
      }),
    );
  });

  it("is not written where there is no span to be a parent", () => {
    assert.equal(formatTraceparent(UNSAMPLED), null);
    assert.equal(formatTraceparent({ traceId: TRACE, parentId: null, sampled: true, hops: 0 }), null);
  });
});

describe("ids of traces and spans", () => {
  it("are 32 and 16 lower-case hex digits, the same from the same seed", () => {
    assert.match(newTraceId(seededRandom(1)), /^[0-9a-f]{32}$/);
    assert.match(newSpanId(seededRandom(1)), /^[0-9a-f]{16}$/);
    assert.equal(newTraceId(seededRandom(7)), newTraceId(seededRandom(7)));
    assert.notEqual(newTraceId(seededRandom(7)), newTraceId(seededRandom(8)));
  });

  it("are never all zeros", () => {
    const words = [0, 0, 0, 9];
    const random: Random = { ...seededRandom(1), below: () => words.shift()! };
    assert.equal(newSpanId(random), "0000000000000009");
  });
});
