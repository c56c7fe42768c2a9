/**
 * Reads MessagePack of strangers: what JSON could say and nothing else. Extensions and binary data are refused, a
 * length is believed only as far as there are bytes, and depth is bounded before anything is made of it.
 */

/** @throws Error, saying what is wrong. */
export function readMsgpack(bytes: Uint8Array, mostDepth: number): unknown {
  const reader = new Reader(bytes, mostDepth);
  const value = reader.value(0);
  if (reader.left > 0) throw new Error(`${reader.left} bytes follow its end`);
  return value;
}

const TEXT = new TextDecoder("utf-8", { fatal: true });

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #mostDepth: number;
  #at = 0;

  constructor(bytes: Uint8Array, mostDepth: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#mostDepth = mostDepth;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  value(depth: number): unknown {
    if (depth > this.#mostDepth) throw new Error(`it is nested deeper than ${this.#mostDepth}`);
    const head = this.#whole(1);
    if (head < 0x80) return head;
    if (head < 0x90) return this.#map(head & 0x0f, depth);
    if (head < 0xa0) return this.#list(head & 0x0f, depth);
    if (head < 0xc0) return this.#text(head & 0x1f);
    if (head >= 0xe0) return head - 0x100;
    return this.#tagged(head, depth);
  }

  #tagged(head: number, depth: number): unknown {
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xca:
        return finite(this.#view.getFloat32(this.#take(4)));
      case 0xcb:
        return finite(this.#view.getFloat64(this.#take(8)));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#whole(2 ** (head - 0xcc));
      case 0xcf:
        return safe(this.#view.getBigUint64(this.#take(8)));
      case 0xd0:
        return this.#view.getInt8(this.#take(1));
      case 0xd1:
        return this.#view.getInt16(this.#take(2));
      case 0xd2:
        return this.#view.getInt32(this.#take(4));
      case 0xd3:
        return safe(this.#view.getBigInt64(this.#take(8)));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#whole(2 ** (head - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#list(this.#whole(2 ** (head - 0xdb)), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#whole(2 ** (head - 0xdd)), depth);
      default:
        throw new Error(`a value begins with 0x${head.toString(16)}, which has no counterpart in JSON`);
    }
  }

  #whole(size: number): number {
    const at = this.#take(size);
    if (size === 1) return this.#view.getUint8(at);
    return size === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #text(size: number): string {
    const at = this.#take(size);
    return TEXT.decode(this.#bytes.subarray(at, at + size));
  }

  #list(length: number, depth: number): readonly unknown[] {
    this.#requireLeft(length);
    return Array.from({ length }, () => this.value(depth + 1));
  }

  #map(size: number, depth: number): object {
    this.#requireLeft(2 * size);
    const map = {};
    for (let index = 0; index < size; index++) {
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw new Error("a key is no text");
      // Defined, not set: `__proto__` is a key like any other.
      const value = this.value(depth + 1);
      Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
    }
    return map;
  }

  #take(size: number): number {
    this.#requireLeft(size);
    const at = this.#at;
    this.#at += size;
    return at;
  }

  /** Everything takes a byte at least. */
  #requireLeft(count: number): void {
    if (count > this.left) throw new Error("it ends before its time");
  }
}

function finite(number: number): number {
  if (!Number.isFinite(number)) throw new Error("a number is not finite");
  return number;
}

function safe(number: bigint): number {
  if (!Number.isSafeInteger(Number(number))) throw new Error("a whole number is too large");
  return Number(number);
}
