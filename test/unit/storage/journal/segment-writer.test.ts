import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { checkFrame, SEGMENT_HEADER_BYTES } from "../../../../storage/journal/segment-format.ts";
import { SegmentWriter } from "../../../../storage/journal/segment-writer.ts";
import type { SegmentFile } from "../../../../storage/journal/segment-writer.ts";
import { hasCode } from "../../../contract/journal-contract.ts";

/** A file in memory whose disk can be full after some bytes, and whose sync and truncation can fail. */
class FaultyFile {
  bytes: Buffer = Buffer.alloc(SEGMENT_HEADER_BYTES);
  capacity = Infinity;
  syncFails = false;
  truncateFails = false;
  syncs = 0;

  readonly asFile = {
    write: (data: Uint8Array, from: number, length: number, position: number) => {
      const room = Math.min(length, this.capacity - position);
      if (room <= 0) return Promise.reject(systemError("ENOSPC"));
      this.bytes = Buffer.concat([this.bytes.subarray(0, position), data.subarray(from, from + room)]);
      return Promise.resolve({ bytesWritten: room, buffer: data });
    },
    truncate: (length: number) => {
      if (this.truncateFails) return Promise.reject(systemError("EIO"));
      this.bytes = this.bytes.subarray(0, length);
      return Promise.resolve();
    },
    datasync: () => {
      this.syncs += 1;
      return this.syncFails ? Promise.reject(systemError("EIO")) : Promise.resolve();
    },
  } as SegmentFile;
}

describe("a segment writer", () => {
  it("cuts a frame that the disk took only in part, and writes the next in its place", async () => {
    const { file, writer, salt } = prepare();
    await writer.write([Buffer.from("first")]);
    const confirmed = Buffer.from(file.bytes);
    file.capacity = confirmed.length + 5;
    await assert.rejects(writer.write([Buffer.alloc(100)]), hasCode("JOURNAL_WRITE_FAILED"));
    assert.deepEqual(file.bytes, confirmed);
    file.capacity = Infinity;
    await writer.write([Buffer.from("second")]);
    assert.equal(checkFrame(file.bytes, salt, confirmed.length), file.bytes.length);
    assert.equal(writer.sizeBytes, file.bytes.length);
  });

  it("does not confirm what could not be synced", async () => {
    const { file, writer } = prepare();
    file.syncFails = true;
    await assert.rejects(writer.write([Buffer.from("lost")]), hasCode("JOURNAL_WRITE_FAILED"));
    assert.equal(writer.sizeBytes, SEGMENT_HEADER_BYTES);
    file.syncFails = false;
    await writer.write([Buffer.from("kept")]);
    assert.equal(writer.sizeBytes, file.bytes.length);
  });

  it("writes nothing while a torn tail cannot be cut, and goes on once it can", async () => {
    const { file, writer, salt } = prepare();
    file.capacity = file.bytes.length + 5;
    file.truncateFails = true;
    await assert.rejects(writer.write([Buffer.alloc(100)]), hasCode("JOURNAL_WRITE_FAILED"));
    const torn = Buffer.from(file.bytes);
    file.capacity = Infinity;
    await assert.rejects(writer.write([Buffer.from("too early")]), hasCode("JOURNAL_WRITE_FAILED"));
    assert.deepEqual(file.bytes, torn);
    file.truncateFails = false;
    await writer.write([Buffer.from("in time")]);
    assert.equal(checkFrame(file.bytes, salt, SEGMENT_HEADER_BYTES), file.bytes.length);
  });

  it("never syncs under the policy `never`", async () => {
    const { file, writer } = prepare("never");
    await writer.write([Buffer.from("x")]);
    assert.equal(file.syncs, 0);
  });
});

function prepare(fsync: "always" | "never" = "always"): {
  file: FaultyFile;
  writer: SegmentWriter;
  salt: Uint8Array;
} {
  const file = new FaultyFile();
  const salt = new Uint8Array(8).fill(7);
  const header = { version: 1, ordinal: 1, framesBefore: 0, salt };
  const segment = { path: "00000001.journal", header, sizeBytes: SEGMENT_HEADER_BYTES, frames: 0 };
  return { file, writer: new SegmentWriter(file.asFile, segment, fsync), salt };
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
