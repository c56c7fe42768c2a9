import type { Fence } from "../../runtime/contracts/index.ts";
import { crc32 } from "./checksum.ts";

/**
 * The bytes of a journal segment. All numbers little-endian.
 *
 *   segment = header frame*
 *   header  = "MYRJOURN" version:u32 ordinal:u32 framesBefore:f64 salt:8 crc:u32
 *   frame   = marker:u32 bodyLength:u32 crc:u32 entry*        one group commit
 *   entry   = length:u32 crc:u32 recordedAt:f64 eventsBefore:f64 eventCount:u32 fence:f64
 *             nameLength:u16 name payload                     one append
 *
 * A frame is written only after the one before it is on the disk. So a frame that does not match its
 * checksum is a torn tail when nothing valid follows, and damage when something does.
 * The frame's checksum covers the segment's random salt and the frame's place in the file: bytes inside
 * an event cannot pass for a frame, not even a copy of this very file.
 * The entry's own checksum (over all that follows it) lets one append be read and checked alone.
 */
export const FORMAT_VERSION = 1;
export const SEGMENT_HEADER_BYTES = 36;
export const FRAME_HEADER_BYTES = 12;
export const MAX_FRAME_BYTES: number = 256 * 1024 * 1024;
const MAGIC = Buffer.from("MYRJOURN", "latin1");
const MARKER = Buffer.from([0xf7, 0x4d, 0x59, 0x52]);
const ENTRY_FIXED_BYTES = 38;

export interface SegmentHeader {
  readonly version: number;
  readonly ordinal: number;
  /** Frames in all earlier segments: shows a lost or shortened one. */
  readonly framesBefore: number;
  readonly salt: Uint8Array;
}

export interface Entry {
  readonly stream: string;
  readonly recordedAt: number;
  /** Events of the stream before this append. */
  readonly eventsBefore: number;
  readonly eventCount: number;
  readonly fence: Fence | null;
  /** The events, as one array of plain data. */
  readonly payload: Uint8Array;
}

export function encodeHeader(header: SegmentHeader): Uint8Array {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  bytes.set(MAGIC, 0);
  bytes.writeUInt32LE(header.version, 8);
  bytes.writeUInt32LE(header.ordinal, 12);
  bytes.writeDoubleLE(header.framesBefore, 16);
  bytes.set(header.salt, 24);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 32)), 32);
  return bytes;
}

/** Null when these bytes are no whole, undamaged header. */
export function decodeHeader(bytes: Buffer): SegmentHeader | null {
  if (bytes.length < SEGMENT_HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return null;
  if (bytes.readUInt32LE(32) !== crc32(bytes.subarray(0, 32))) return null;
  return {
    version: bytes.readUInt32LE(8),
    ordinal: bytes.readUInt32LE(12),
    framesBefore: bytes.readDoubleLE(16),
    salt: Uint8Array.from(bytes.subarray(24, 32)),
  };
}

/** The frame that holds `entries` when it stands at `offset` of the segment with this salt. */
export function encodeFrame(entries: readonly Uint8Array[], salt: Uint8Array, offset: number): Uint8Array {
  const frame = Buffer.concat([Buffer.alloc(FRAME_HEADER_BYTES), ...entries]);
  frame.set(MARKER, 0);
  frame.writeUInt32LE(frame.length - FRAME_HEADER_BYTES, 4);
  frame.writeUInt32LE(frameChecksum(frame.subarray(FRAME_HEADER_BYTES), salt, offset), 8);
  return frame;
}

/** The end of the valid frame at `offset`, or what is wrong there. */
export function checkFrame(segment: Buffer, salt: Uint8Array, offset: number): number | string {
  if (segment.length < offset + FRAME_HEADER_BYTES) return "the header of a frame is cut off";
  if (!segment.subarray(offset, offset + 4).equals(MARKER)) return "no frame begins where one should";
  const end = offset + FRAME_HEADER_BYTES + segment.readUInt32LE(offset + 4);
  if (end > segment.length) return "a frame is cut off";
  const body = segment.subarray(offset + FRAME_HEADER_BYTES, end);
  return segment.readUInt32LE(offset + 8) === frameChecksum(body, salt, offset)
    ? end
    : "a frame does not match its checksum";
}

/** Where a valid frame begins behind `offset`; null when there is none. */
export function findFrame(segment: Buffer, salt: Uint8Array, offset: number): number | null {
  for (let at = segment.indexOf(MARKER, offset); at !== -1; at = segment.indexOf(MARKER, at + 1)) {
    if (typeof checkFrame(segment, salt, at) === "number") return at;
  }
  return null;
}

export function encodeEntry(entry: Entry): Uint8Array {
  const name = Buffer.from(entry.stream);
  const bytes = Buffer.alloc(ENTRY_FIXED_BYTES + name.length + entry.payload.length);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeDoubleLE(entry.recordedAt, 8);
  bytes.writeDoubleLE(entry.eventsBefore, 16);
  bytes.writeUInt32LE(entry.eventCount, 24);
  bytes.writeDoubleLE(entry.fence ?? -1, 28);
  bytes.writeUInt16LE(name.length, 36);
  bytes.set(name, ENTRY_FIXED_BYTES);
  bytes.set(entry.payload, ENTRY_FIXED_BYTES + name.length);
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
  return bytes;
}

/** The length that the entry at `offset` gives itself; 0 when not even that is there. */
export function entryLength(bytes: Buffer, offset: number): number {
  return bytes.length - offset < 4 ? 0 : bytes.readUInt32LE(offset);
}

/** Null when the bytes of this one entry do not match its checksum. */
export function decodeEntry(bytes: Buffer): Entry | null {
  if (bytes.length < ENTRY_FIXED_BYTES || bytes.readUInt32LE(0) !== bytes.length) return null;
  if (bytes.readUInt32LE(4) !== crc32(bytes.subarray(8))) return null;
  const fence = bytes.readDoubleLE(28);
  const payloadAt = ENTRY_FIXED_BYTES + bytes.readUInt16LE(36);
  return {
    stream: bytes.toString("utf8", ENTRY_FIXED_BYTES, payloadAt),
    recordedAt: bytes.readDoubleLE(8),
    eventsBefore: bytes.readDoubleLE(16),
    eventCount: bytes.readUInt32LE(24),
    fence: fence < 0 ? null : (fence as Fence),
    payload: bytes.subarray(payloadAt),
  };
}

function frameChecksum(body: Uint8Array, salt: Uint8Array, offset: number): number {
  const place = Buffer.alloc(20);
  place.set(salt, 0);
  place.writeDoubleLE(offset, 8);
  place.writeUInt32LE(body.length, 16);
  return crc32(body, crc32(place));
}
