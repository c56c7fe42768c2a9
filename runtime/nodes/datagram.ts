/**
 * What travels between two nodes: a head of 20 bytes, then a payload. Numbers are little-endian.
 *
 *     | magic u8 | version u8 | kind u8 | more u8 | from u32 | to u32 | number u32 | taken u32 |
 *
 * `from` and `to` are sessions: the sender's, and the receiver's as the sender knows it (0: not yet). `number`
 * counts the datagrams of a session that are kept until they are taken, `taken` is the last one of the other
 * side that was taken in order.
 */

/** Payload: a `Greeting`. Not numbered; said until it is answered. */
export const HELLO = 1;
/** Payload: a batch of frames. */
export const FRAMES = 2;
/** Payload: what travels beside one frame, or a part of it while `more` is set. */
export const ITEM = 3;
/** No payload; `number` is that of the last datagram sent. */
export const ALIVE = 4;
/** No payload: what comes after `taken` has not come. */
export const AGAIN = 5;
/** No payload: the session is over, or was never known. */
export const BYE = 6;

export const HEAD_BYTES = 20;
/** Of this protocol: nodes talk only to nodes of the same one. */
export const VERSION = 1;
const MAGIC = 0x4d;

export interface Datagram {
  readonly kind: number;
  readonly more: boolean;
  readonly from: number;
  readonly to: number;
  readonly number: number;
  readonly taken: number;
  readonly payload: Buffer;
}

export function writeDatagram(datagram: Omit<Datagram, "payload">, payload: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(HEAD_BYTES + payload.length);
  bytes[0] = MAGIC;
  bytes[1] = VERSION;
  bytes[2] = datagram.kind;
  bytes[3] = datagram.more ? 1 : 0;
  bytes.writeUInt32LE(datagram.from, 4);
  bytes.writeUInt32LE(datagram.to, 8);
  bytes.writeUInt32LE(datagram.number, 12);
  bytes.writeUInt32LE(datagram.taken, 16);
  bytes.set(payload, HEAD_BYTES);
  return bytes;
}

/** @returns null: it is none, or one of another version. */
export function readDatagram(data: Uint8Array): Datagram | null {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (bytes.length < HEAD_BYTES || bytes[0] !== MAGIC || bytes[1] !== VERSION) return null;
  return {
    kind: bytes[2]!,
    more: bytes[3] === 1,
    from: bytes.readUInt32LE(4),
    to: bytes.readUInt32LE(8),
    number: bytes.readUInt32LE(12),
    taken: bytes.readUInt32LE(16),
    payload: bytes.subarray(HEAD_BYTES),
  };
}
