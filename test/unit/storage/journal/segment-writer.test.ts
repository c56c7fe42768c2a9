import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";

import { FrameBuilder } from "../../../../storage/journal/frame-builder.ts";
import { checkFrame, SEGMENT_HEADER_BYTES } from "../../../../storage/journal/segment-format.ts";
import { createSegment, openSegmentFile, SegmentWriter } from "../../../../storage/journal/segment-writer.ts";
import type { SegmentFile } from "../../../../storage/journal/segment-writer.ts";
import { hasCode } from "../../../contract/journal-contract.ts";

/** A file in memory whose disk can be full after some bytes, and whose sync and truncation can fail. */
class FaultyFile {
  bytes: Buffer = Buffer.alloc(SEGMENT_HEADER_BYTES);
  capacity = Infinity;
  syncFails = false;
  truncateFails = false;
  syncs = 0;

  readonly asFile: SegmentFile & { writesThrough: boolean } = {
    writesThrough: false,
    write: (data, position) => {
      const room = Math.min(data.length, this.capacity - position);
      if (room > 0) this.bytes = Buffer.concat([this.bytes.subarray(0, position), data.subarray(0, room)]);
      return room < data.length ? Promise.reject(systemError("ENOSPC")) : Promise.resolve();
    },
    truncate: (length) => {
      if (this.truncateFails) return Promise.reject(systemError("EIO"));
      this.bytes = this.bytes.subarray(0, length);
      return Promise.resolve();
    },
    datasync: () => {
      this.syncs += 1;
      return this.syncFails ? Promise.reject(systemError("EIO")) : Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

describe("a segment writer", () => {
  it("cuts a frame that the disk took only in part, and writes the next in its place", async () => {
    const { file, writer, salt } = prepare();
    await writer.write(frameOf(Buffer.from("first")), true);
    const confirmed = Buffer.from(file.bytes);
    file.capacity = confirmed.length + 5;
    await assert.rejects(writer.write(frameOf(Buffer.alloc(100)), true), hasCode("JOURNAL_WRITE_FAILED"));
    assert.deepEqual(file.bytes, confirmed);
    file.capacity = Infinity;
    await writer.write(frameOf(Buffer.from("second")), true);
    assert.equal(checkFrame(file.bytes, salt, confirmed.length), file.bytes.length);
    assert.equal(writer.sizeBytes, file.bytes.length);
  });

  it("syncs a file that does not write through, and only such a one", async () => {
    const { file, writer } = prepare();
    await writer.write(frameOf(Buffer.from("first")), true);
    assert.equal(file.syncs, 1);
    file.asFile.writesThrough = true;
    await writer.write(frameOf(Buffer.from("second")), true);
    assert.equal(file.syncs, 1);
  });

  it("opens files that write through where the system knows them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "through-"));
    try {
      const { path } = await createSegment(folder, 1, 0);
      const opened = { through: process.platform === "linux", "r+": false } as const;
      for (const flags of ["through", "r+"] as const) {
        const file = await openSegmentFile(path, flags);
        assert.equal(file.writesThrough, opened[flags]);
        await file.write(Buffer.from(flags), SEGMENT_HEADER_BYTES);
        await file.close();
        assert.equal(
          (await readFile(path, "latin1")).slice(SEGMENT_HEADER_BYTES).slice(0, flags.length),
          flags,
        );
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("does not confirm what could not be synced", async () => {
    const { file, writer } = prepare();
    file.syncFails = true;
    await assert.rejects(writer.write(frameOf(Buffer.from("lost")), true), hasCode("JOURNAL_WRITE_FAILED"));
    assert.equal(writer.sizeBytes, SEGMENT_HEADER_BYTES);
    file.syncFails = false;
    await writer.write(frameOf(Buffer.from("kept")), true);
    assert.equal(writer.sizeBytes, file.bytes.length);
  });

  it("writes nothing while a torn tail cannot be cut, and goes on once it can", async () => {
    const { file, writer, salt } = prepare();
    file.capacity = file.bytes.length + 5;
    file.truncateFails = true;
    await assert.rejects(writer.write(frameOf(Buffer.alloc(100)), true), hasCode("JOURNAL_WRITE_FAILED"));
    const torn = Buffer.from(file.bytes);
    file.capacity = Infinity;
    await assert.rejects(
      writer.write(frameOf(Buffer.from("too early")), true),
      hasCode("JOURNAL_WRITE_FAILED"),
    );
    assert.deepEqual(file.bytes, torn);
    file.truncateFails = false;
    await writer.write(frameOf(Buffer.from("in time")), true);
    assert.equal(checkFrame(file.bytes, salt, SEGMENT_HEADER_BYTES), file.bytes.length);
  });

  it("syncs a frame only when told to, and then all before it", async () => {
    const { file, writer } = prepare();
    await writer.write(frameOf(Buffer.from("x")), false);
    await writer.write(frameOf(Buffer.from("y")), false);
    assert.deepEqual([file.syncs, writer.synced], [0, false]);
    await writer.sync();
    await writer.sync();
    assert.deepEqual([file.syncs, writer.synced], [1, true]);
  });

  it("takes no more once a sync has failed that earlier confirmations hung on", async () => {
    const { file, writer } = prepare();
    await writer.write(frameOf(Buffer.from("confirmed, not synced")), false);
    file.syncFails = true;
    await assert.rejects(writer.sync(), hasCode("JOURNAL_WRITE_FAILED"));
    file.syncFails = false;
    const { bytes } = file;
    await assert.rejects(writer.write(frameOf(Buffer.from("next")), true), hasCode("JOURNAL_WRITE_FAILED"));
    await assert.rejects(writer.sync(), hasCode("JOURNAL_WRITE_FAILED"));
    assert.equal(file.bytes, bytes);
  });
});

function frameOf(payload: Uint8Array): FrameBuilder {
  const frame = new FrameBuilder();
  frame.begin();
  frame.add({ stream: "s", recordedAt: 0, eventsBefore: 0, eventCount: 1, fence: null, payload });
  return frame;
}

function prepare(): { file: FaultyFile; writer: SegmentWriter; salt: Uint8Array } {
  const file = new FaultyFile();
  const salt = new Uint8Array(8).fill(7);
  const header = { version: 1, ordinal: 1, framesBefore: 0, salt };
  const segment = { path: "00000001.journal", header, sizeBytes: SEGMENT_HEADER_BYTES, frames: 0 };
  return { file, writer: new SegmentWriter(file.asFile, segment), salt };
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
