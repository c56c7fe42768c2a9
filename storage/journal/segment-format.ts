import type { Fence } from "../../runtime/contracts/index.ts";
import { crc32 } from "./checksum.ts";

/**
 * The bytes of a journal segment. All numbers little-endian.
 *
 *   segment = header frame*
 *   header  = "MYRJOURN" version:u32 ordinal:u32 framesBefore:f64 salt:8 crc:u32
 *   frame   = marker:u32 bodyLength:u32 crc:u32 entry*        one group commit
 *   marker  = F7 4D 59 52: all before this frame was on the disk when it was written
 *           | F8 4D 59 52: the frames before it may not have been (version 2)
 *   entry   = length:u32 crc:u32 recordedAt:f64 eventsBefore:f64 eventCount:u32 fence:f64
 *             nameLength:u16 name payload                     one append
 *
 * Where every frame is synced, each is written only after the one before it is on the disk. So a frame that
 * does not match its checksum is a torn tail when nothing valid follows, and damage when something does.
 * Where not every frame is synced, frames reach the disk in any order: what follows proves nothing then,
 * unless it was written after a sync, which its marker says.
 * The frame's checksum covers the segment's random salt and the frame's place in the file: bytes inside
 * an event cannot pass for a frame, not even a copy of this very file.
 * Version 2 also has payloads in the plain form (`plain-data.ts`); version 1 is read, never written on.
 * The entry's own checksum (over all that follows it) lets one append be read and checked alone.
 */
export const FORMAT_VERSION = 2;
export const SEGMENT_HEADER_BYTES = 36;
export const FRAME_HEADER_BYTES = 12;
export const MAX_FRAME_BYTES: number = 256 * 1024 * 1024;
const MAGIC = Buffer.from("MYRJOURN", "latin1");
const MARKER_TAIL = Buffer.from([0x4d, 0x59, 0x52]);
const SYNCED = 0xf7;
const UNSYNCED = 0xf8;
export const ENTRY_FIXED_BYTES = 38;

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

/**
 * Completes the frame in `frame`, whose entries stand behind `FRAME_HEADER_BYTES`, for its place in the file.
 * @param synced whether all before it is on the disk
 */
export function sealFrame(frame: Buffer, salt: Uint8Array, offset: number, synced: boolean): void {
  frame[0] = synced ? SYNCED : UNSYNCED;
  frame.set(MARKER_TAIL, 1);
  frame.writeUInt32LE(frame.length - FRAME_HEADER_BYTES, 4);
  frame.writeUInt32LE(frameChecksum(frame, salt, offset), 8);
}

/** The end of the valid frame at `offset`, or what is wrong there. */
export function checkFrame(segment: Buffer, salt: Uint8Array, offset: number): number | string {
  if (segment.length < offset + FRAME_HEADER_BYTES) return "the header of a frame is cut off";
  if (!hasMarker(segment, offset)) return "no frame begins where one should";
  const end = offset + FRAME_HEADER_BYTES + segment.readUInt32LE(offset + 4);
  if (end > segment.length) return "a frame is cut off";
  return segment.readUInt32LE(offset + 8) === frameChecksum(segment.subarray(offset, end), salt, offset)
    ? end
    : "a frame does not match its checksum";
}

/** Where a valid frame begins behind `offset` that proves all before it to have been on the disk; null: nowhere. */
export function findProof(segment: Buffer, salt: Uint8Array, offset: number): number | null {
  for (let at = nextMarker(segment, offset); at !== -1; at = nextMarker(segment, at + 1)) {
    if (segment[at] === SYNCED && typeof checkFrame(segment, salt, at) === "number") return at;
  }
  return null;
}

function nextMarker(segment: Buffer, offset: number): number {
  const tail = segment.indexOf(MARKER_TAIL, offset + 1);
  return tail === -1 ? -1 : tail - 1;
}

function hasMarker(segment: Buffer, offset: number): boolean {
  const first = segment[offset];
  return (
    (first === SYNCED || first === UNSYNCED) && segment.subarray(offset + 1, offset + 4).equals(MARKER_TAIL)
  );
}

/** Writes the entry to `bytes`, of which `view` is a view, at `offset`; it must fit. @returns its end */
export function encodeEntry(entry: Entry, bytes: Buffer, view: DataView, offset: number): number {
  const nameLength = writeName(entry.stream, bytes, offset + ENTRY_FIXED_BYTES);
  const payloadAt = offset + ENTRY_FIXED_BYTES + nameLength;
  const end = payloadAt + entry.payload.length;
  view.setUint32(offset, end - offset, true);
  view.setFloat64(offset + 8, entry.recordedAt, true);
  view.setFloat64(offset + 16, entry.eventsBefore, true);
  view.setUint32(offset + 24, entry.eventCount, true);
  view.setFloat64(offset + 28, entry.fence ?? -1, true);
  view.setUint16(offset + 36, nameLength, true);
  bytes.set(entry.payload, payloadAt);
  view.setUint32(offset + 4, crc32(bytes.subarray(offset + 8, end)), true);
  return end;
}

/** Most names are ASCII: written here, without a call into the machine. @returns its length in bytes */
function writeName(name: string, bytes: Buffer, offset: number): number {
  for (let index = 0; index < name.length; index++) {
    const unit = name.charCodeAt(index);
    if (unit > 0x7f) return bytes.write(name, offset);
    bytes[offset + index] = unit;
  }
  return name.length;
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

function frameChecksum(frame: Buffer, salt: Uint8Array, offset: number): number {
  const body = frame.subarray(FRAME_HEADER_BYTES);
  const place = Buffer.alloc(20);
  place.set(salt, 0);
  place.writeDoubleLE(offset, 8);
  place.writeUInt32LE(body.length, 16);
  const checksum = crc32(body, crc32(place));
  // So that one marker cannot pass for the other.
  return frame[0] === SYNCED ? checksum : ~checksum >>> 0;
}
