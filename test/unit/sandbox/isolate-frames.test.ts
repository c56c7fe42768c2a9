import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  FrameError,
  frameBytes,
  FrameReader,
  parseConditions,
  parseDone,
  parseObservation,
  parseSamples,
} from "../../../kernels/sandbox/isolate-frames.ts";
import type { Frame, FrameKind } from "../../../kernels/sandbox/isolate-frames.ts";

const kinds: readonly FrameKind[] = [
  "ready",
  "program",
  "observation",
  "warm-up",
  "samples",
  "conditions",
  "proof",
  "spoiled",
  "done",
];
const frames = fc.array(
  fc.record(
    { kind: fc.constantFrom(...kinds), text: fc.string({ unit: "grapheme" }) },
    { noNullPrototype: true },
  ),
  { maxLength: 8 },
);

/** Cuts bytes at the given places, in whatever order they come. */
function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length));
}

describe("frames", () => {
  it("come out as they went in, however the stream is cut", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat()), (sent, places) => {
        const bytes = Buffer.concat(sent.map(({ kind, text }) => frameBytes(kind, text)));
        const reader = new FrameReader();
        const got = cut(bytes, places).flatMap((piece) => reader.push(piece));
        assert.deepEqual(got, sent);
      }),
    );
  });

  it("of arbitrary bytes are refused, or are frames; nothing else happens", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (pieces) => {
        const reader = new FrameReader();
        const got: Frame[] = [];
        try {
          for (const piece of pieces) got.push(...reader.push(Buffer.from(piece)));
        } catch (thrown) {
          assert.ok(thrown instanceof FrameError);
        }
        for (const { kind } of got) assert.ok(kinds.includes(kind));
      }),
    );
  });

  it("that announce more than any frame may hold are refused before they are gathered", () => {
    const header = Buffer.from([2, 0xff, 0xff, 0xff, 0xff]);
    assert.throws(() => new FrameReader().push(header), FrameError);
  });
});

describe("what frames say", () => {
  it("is an observation only with an outcome that exists", () => {
    assert.deepEqual(parseObservation("returned\nreturned 1\narguments"), {
      outcome: "returned",
      text: "returned 1\narguments",
    });
    for (const text of ["", "returned", "won\nx", "\nx"])
      assert.throws(() => parseObservation(text), FrameError);
  });

  it("is conditions only of seven numbers, the last three of which may be unknown", () => {
    assert.deepEqual(parseConditions("40 100.5 8 12.5 3 1.25 4096"), {
      timer: { resolutionNs: 40, overheadNs: 100.5 },
      stretch: 8,
      cpuMs: 12.5,
      collections: { count: 3, ms: 1.25 },
      allocatedBytes: 4096,
    });
    const unknown = parseConditions("40 100 1 12 - - -");
    assert.deepEqual([unknown.collections, unknown.allocatedBytes], [null, null]);
    for (const text of [
      "",
      "1 2 3 4 5 6",
      "1 2 3 4 5 6 7 8",
      "- 2 3 4 5 6 7",
      "1 2 3 4 5 6 -7",
      "1 2 3 4 5 x 7",
    ])
      assert.throws(() => parseConditions(text), FrameError);
  });

  it("is samples only of whole, finite, non-negative numbers; a dash is a failure", () => {
    assert.deepEqual(parseSamples(""), []);
    assert.deepEqual(parseSamples("12 - 0"), [12, Number.NaN, 0]);
    for (const text of ["x", "1  2", "-1", "Infinity", "NaN", "1 "]) {
      assert.throws(() => parseSamples(text), FrameError);
    }
  });

  it("is an end only of two numbers", () => {
    assert.deepEqual(parseDone("1.5 60"), { cpuMs: 1.5, peakMb: 60 });
    for (const text of ["", "1", "1 2 3", "a b", "1 -2"]) assert.throws(() => parseDone(text), FrameError);
  });
});
