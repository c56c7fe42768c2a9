/** Percent encoding: which characters a part of a URL may hold as they are, and the form encoding of queries. */
import { decodeUtf8, encodeUtf8 } from "./web-encoding.ts";

const FRAGMENT = ' "<>`';
const QUERY = ' "#<>';
const PATH = `${QUERY}?^\`{}`;
const USERINFO = `${PATH}/:;=@[\\]|`;

type EncodeSet = "control" | "fragment" | "query" | "specialQuery" | "path" | "userinfo" | "form";

/** Characters that are encoded beside controls and all above `~`. */
export const ENCODED: Readonly<Record<EncodeSet, string>> = {
  control: "",
  fragment: FRAGMENT,
  query: QUERY,
  specialQuery: `${QUERY}'`,
  path: PATH,
  userinfo: USERINFO,
  form: `${USERINFO}$%&+,!'()~`,
};

function hexByte(byte: number): string {
  return `%${byte < 16 ? "0" : ""}${byte.toString(16).toUpperCase()}`;
}

export function percentEncode(text: string, encoded: string): string {
  let out = "";
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code > 0x1f && code < 0x7f && !encoded.includes(character)) out += character;
    else for (const byte of encodeUtf8(character)) out += hexByte(byte);
  }
  return out;
}

export function percentDecode(text: string): Uint8Array {
  const bytes = encodeUtf8(text);
  let length = 0;
  for (let index = 0; index < bytes.length; index++) {
    const value = bytes[index] === 0x25 ? hexAt(bytes, index + 1) : -1;
    if (value >= 0) index += 2;
    bytes[length++] = value >= 0 ? value : bytes[index]!;
  }
  return bytes.subarray(0, length);
}

function hexAt(bytes: Uint8Array, at: number): number {
  if (at + 1 >= bytes.length) return -1;
  const text = String.fromCharCode(bytes[at]!, bytes[at + 1]!);
  return /^[0-9a-fA-F]{2}$/.test(text) ? parseInt(text, 16) : -1;
}

export function encodeForm(pairs: readonly (readonly [string, string])[]): string {
  const piece = (text: string): string => percentEncode(text, ENCODED.form).replaceAll("%20", "+");
  return pairs.map(([name, value]) => `${piece(name)}=${piece(value)}`).join("&");
}

export function decodeForm(text: string): [string, string][] {
  const piece = (part: string): string => decodeUtf8(percentDecode(part.replaceAll("+", " ")));
  const pairs: [string, string][] = [];
  for (const part of text.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    pairs.push([piece(name), piece(equals < 0 ? "" : part.slice(equals + 1))]);
  }
  return pairs;
}
