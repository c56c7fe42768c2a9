import zlib from "node:zlib";

/** CRC-32 (IEEE 802.3, reflected polynomial 0xEDB88320) of `bytes`, continuing from `previous`. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  // Node before 20.15 has no crc32 in zlib.
  return typeof zlib.crc32 === "function" ? zlib.crc32(bytes, previous) : crc32ByTable(bytes, previous);
}

export function crc32ByTable(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous;
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff]!;
  return ~crc >>> 0;
}

const table: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});
