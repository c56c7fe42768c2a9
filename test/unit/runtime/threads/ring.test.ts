import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ringMemory, RingReader, RingWriter } from "../../../../runtime/threads/ring.ts";

interface Frame {
  readonly kind: number;
  readonly text: string;
}

const readAll = (reader: RingReader, limit = 1_000_000): Frame[] => {
  const frames: Frame[] = [];
  reader.read(limit, (kind, ring, at, bytes) => {
    frames.push({ kind, text: ring.bytes.toString("latin1", at, at + bytes) });
  });
  return frames;
};

function write(writer: RingWriter, { kind, text }: Frame): boolean {
  const at = writer.claim(text.length);
  if (at < 0) return false;
  writer.bytes.write(text, at, "latin1");
  writer.commit(at, kind, text.length);
  return true;
}

describe("a ring", () => {
  it("gives back what was written, whatever the sizes, the pauses, and the place where it wraps", () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ write: fc.integer({ min: 0, max: 1_000 }) }) },
      { weight: 1, arbitrary: fc.constant("publish" as const) },
      { weight: 2, arbitrary: fc.record({ read: fc.integer({ min: 1, max: 9 }) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.integer(), (steps, start) => {
        const memory = ringMemory(4_096);
        // Positions near the end of their range wrap like all others.
        new Int32Array(memory).fill(start, 0, 1).fill(start, 16, 17);
        const writer = new RingWriter(memory);
        const reader = new RingReader(memory);
        const expected: Frame[] = [];
        const visible: Frame[] = [];
        const seen: Frame[] = [];
        let number = 0;
        for (const now of steps) {
          if (now === "publish") {
            writer.publish();
            visible.push(...expected.splice(0));
          } else if ("write" in now) {
            const frame = { kind: number++, text: String.fromCharCode(33 + (number % 90)).repeat(now.write) };
            if (write(writer, frame)) expected.push(frame);
          } else {
            const frames = readAll(reader, now.read);
            assert.deepEqual(frames, visible.splice(0, frames.length));
            seen.push(...frames);
          }
        }
        writer.publish();
        assert.deepEqual(readAll(reader), [...visible, ...expected]);
        assert.ok(reader.empty);
      }),
    );
  });

  it("has no room left when it is full, and all of it again when it has been read", () => {
    const memory = ringMemory(4_096);
    const writer = new RingWriter(memory);
    const reader = new RingReader(memory);
    for (let round = 0; round < 50; round++) {
      let written = 0;
      while (write(writer, { kind: 1, text: "x".repeat(100) })) written += 1;
      assert.ok(written >= 35 && written <= 4_096 / 112, `${written} frames of 112 bytes in round ${round}`);
      writer.publish();
      assert.equal(readAll(reader).length, written);
    }
  });

  it("shows nothing before it is published", () => {
    const memory = ringMemory(4_096);
    const writer = new RingWriter(memory);
    const reader = new RingReader(memory);
    write(writer, { kind: 7, text: "now" });
    assert.ok(reader.empty);
    assert.equal(writer.unpublished, 1);
    writer.publish();
    assert.deepEqual(readAll(reader), [{ kind: 7, text: "now" }]);
  });

  it("tells its reader once that the writer waits for room", () => {
    const memory = ringMemory(4_096);
    const writer = new RingWriter(memory);
    const reader = new RingReader(memory);
    assert.equal(reader.takeWaiting(), false);
    writer.waitForRoom();
    assert.deepEqual([reader.takeWaiting(), reader.takeWaiting()], [true, false]);
  });

  it("refuses sizes that no mask fits", () => {
    for (const bytes of [0, 100, 4_095, 5_000, 2 ** 31]) {
      assert.throws(() => ringMemory(bytes), { code: "THREADS_INVALID" });
    }
  });
});
