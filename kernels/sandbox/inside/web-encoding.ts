/** TextEncoder and TextDecoder, UTF-8 only; any other label is refused. */
import { publishClass } from "./slots.ts";
import { textOf } from "./web-text.ts";

const LABELS: readonly string[] =
  "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8".split(" ");
const REPLACEMENT = 0xfffd;
const BYTE_ORDER_MARK = 0xfeff;
/** As many codes as one call of `fromCharCode` is given. */
const CHUNK = 1024;

/** The code point at an index; a lone surrogate is U+FFFD. */
function codePointAt(text: string, index: number): number {
  const code = text.codePointAt(index)!;
  return code >= 0xd800 && code <= 0xdfff ? REPLACEMENT : code;
}

function byteLengthOf(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

/** Writes as many whole code points as fit. */
function encodeInto(text: string, bytes: Uint8Array): { read: number; written: number } {
  let [read, written] = [0, 0];
  while (read < text.length) {
    const code = codePointAt(text, read);
    const length = byteLengthOf(code);
    if (written + length > bytes.length) break;
    writeCode(bytes, written, code, length);
    written += length;
    read += code >= 0x10000 ? 2 : 1;
  }
  return { read, written };
}

function writeCode(bytes: Uint8Array, at: number, code: number, length: number): void {
  if (length === 1) {
    bytes[at] = code;
    return;
  }
  for (let index = length - 1, rest = code; index > 0; index--, rest >>>= 6)
    bytes[at + index] = 0x80 | (rest & 0x3f);
  const lead = length === 2 ? 0xc0 : length === 3 ? 0xe0 : 0xf0;
  bytes[at] = lead | (code >>> (6 * (length - 1)));
}

export function encodeUtf8(text: string): Uint8Array {
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const code = codePointAt(text, index);
    length += byteLengthOf(code);
    if (code >= 0x10000) index++;
  }
  const bytes = new Uint8Array(length);
  encodeInto(text, bytes);
  return bytes;
}

export class TextEncoder {
  get encoding(): string {
    return "utf-8";
  }
  encode(text: unknown = ""): Uint8Array {
    return encodeUtf8(textOf(text));
  }
  encodeInto(text: unknown, bytes: Uint8Array): { read: number; written: number } {
    if (!(bytes instanceof Uint8Array)) throw new TypeError("What is encoded into is a Uint8Array");
    return encodeInto(textOf(text), bytes);
  }
}

/** Decodes bytes as they come; ill-formed sequences become U+FFFD one maximal part at a time, or throw. */
export class Utf8Reader {
  readonly #fatal: boolean;
  #text = "";
  #codes: number[] = [];
  #code = 0;
  #needed = 0;
  #lower = 0x80;
  #upper = 0xbf;

  constructor(fatal: boolean) {
    this.#fatal = fatal;
  }

  read(bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index]!;
      if (this.#needed === 0) this.#begin(byte);
      else if (byte < this.#lower || byte > this.#upper) {
        this.#fail();
        index--;
      } else this.#goOn(byte);
    }
  }

  /** What was decoded since the last call. */
  take(): string {
    this.#flush();
    const text = this.#text;
    this.#text = "";
    return text;
  }

  /** No more bytes come: what was begun is ill-formed. */
  end(): void {
    if (this.#needed > 0) this.#fail();
  }

  #begin(byte: number): void {
    if (byte < 0x80) this.#emit(byte);
    else if (byte >= 0xc2 && byte <= 0xdf) this.#expect(1, byte & 0x1f);
    else if (byte >= 0xe0 && byte <= 0xef) {
      if (byte === 0xe0) this.#lower = 0xa0;
      if (byte === 0xed) this.#upper = 0x9f;
      this.#expect(2, byte & 0xf);
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      if (byte === 0xf0) this.#lower = 0x90;
      if (byte === 0xf4) this.#upper = 0x8f;
      this.#expect(3, byte & 0x7);
    } else this.#fail();
  }

  #expect(needed: number, code: number): void {
    this.#needed = needed;
    this.#code = code;
  }

  #goOn(byte: number): void {
    this.#lower = 0x80;
    this.#upper = 0xbf;
    this.#code = (this.#code << 6) | (byte & 0x3f);
    if (--this.#needed === 0) this.#emit(this.#code);
  }

  #fail(): void {
    this.#needed = 0;
    this.#lower = 0x80;
    this.#upper = 0xbf;
    if (this.#fatal) throw new TypeError("The encoded data was not valid for encoding utf-8");
    this.#emit(REPLACEMENT);
  }

  #emit(code: number): void {
    if (code < 0x10000) this.#codes.push(code);
    else this.#codes.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
    if (this.#codes.length >= CHUNK) this.#flush();
  }

  #flush(): void {
    this.#text += String.fromCharCode(...this.#codes);
    this.#codes = [];
  }
}

export function decodeUtf8(bytes: Uint8Array): string {
  const reader = new Utf8Reader(false);
  reader.read(bytes);
  reader.end();
  return reader.take();
}

function bytesOf(data: unknown): Uint8Array {
  if (data === undefined) return new Uint8Array(0);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return new Uint8Array(data);
  throw new TypeError("What is decoded is an ArrayBuffer or a view of one");
}

export class TextDecoder {
  readonly #fatal: boolean;
  readonly #ignoreBOM: boolean;
  #reader: Utf8Reader | null = null;
  #begun = false;

  constructor(
    label: unknown = "utf-8",
    options: { readonly fatal?: unknown; readonly ignoreBOM?: unknown } = {},
  ) {
    const wanted = textOf(label)
      .replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, "")
      .toLowerCase();
    if (!LABELS.includes(wanted)) {
      throw new RangeError(`The "${wanted}" encoding is not supported`);
    }
    this.#fatal = Boolean(options.fatal);
    this.#ignoreBOM = Boolean(options.ignoreBOM);
  }

  get encoding(): string {
    return "utf-8";
  }
  get fatal(): boolean {
    return this.#fatal;
  }
  get ignoreBOM(): boolean {
    return this.#ignoreBOM;
  }

  decode(data?: unknown, options: { readonly stream?: unknown } = {}): string {
    const reader = (this.#reader ??= new Utf8Reader(this.#fatal));
    const more = Boolean(options.stream);
    if (!more) this.#reader = null;
    try {
      reader.read(bytesOf(data));
      if (!more) reader.end();
    } catch (error) {
      this.#reader = null;
      this.#begun = false;
      throw error;
    }
    const text = this.#withoutMark(reader.take());
    if (!more) this.#begun = false;
    return text;
  }

  /** A byte order mark is dropped at the begin of all that is decoded, nowhere else. */
  #withoutMark(text: string): string {
    if (this.#begun || text === "") return text;
    this.#begun = true;
    return !this.#ignoreBOM && text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  }
}

export function installEncoding(): void {
  publishClass("TextEncoder", TextEncoder, () => "utf-8");
  publishClass("TextDecoder", TextDecoder);
}
