/**
 * Hosts of URLs: domains, IPv4 in all its spellings, IPv6, and opaque hosts of schemes that are not special.
 * Names beyond ASCII go by NFKC and lower case to Punycode: what the full table of UTS 46 does beside that
 * (deviations, disallowed characters, direction of writing) is not done.
 */
import { decodeUtf8 } from "./web-encoding.ts";
import { ENCODED, percentDecode, percentEncode } from "./web-url-encode.ts";

const FORBIDDEN_HOST = /[\0\t\n\r #/:<>?@[\\\]^|]/;
const FORBIDDEN_DOMAIN = /[\0-\x20#%/:<>?@[\\\]^|\x7f]/;
/** Mapped to nothing: soft hyphen, joiners of words, variation selectors. */
const IGNORED = /\u00ad|\u034f|\u200b|\u2060|\ufeff|[\ufe00-\ufe0f]/g;
const DOTS = /[\u3002\uff0e\uff61]/g;

/** Serialised; null when it is none. */
export function parseHost(input: string, isSpecial: boolean): string | null {
  if (input.startsWith("[")) return input.endsWith("]") ? parseIpv6(input.slice(1, -1)) : null;
  if (!isSpecial) return FORBIDDEN_HOST.test(input) ? null : percentEncode(input, ENCODED.control);
  const domain = toAscii(decodeUtf8(percentDecode(input)));
  if (domain === null || domain === "" || FORBIDDEN_DOMAIN.test(domain)) return null;
  return endsInNumber(domain) ? parseIpv4(domain) : domain;
}

// --- domains --------------------------------------------------------------------------------------------

const ASCII = /^[\0-\x7f]*$/;

function toAscii(domain: string): string | null {
  if (ASCII.test(domain) && !/(?:^|\.)xn--/i.test(domain)) return domain.toLowerCase();
  const labels: string[] = [];
  for (const label of mapped(domain).split(".")) {
    if (label.startsWith("xn--") && !isPunycode(label)) return null;
    const written = ASCII.test(label) ? label : punycode(label);
    if (written === null) return null;
    labels.push(written);
  }
  return labels.join(".");
}

function mapped(domain: string): string {
  const folded = domain.replace(IGNORED, "").toLowerCase().normalize("NFKC").toLowerCase();
  return folded.replace(DOTS, ".").normalize("NFC");
}

const BASE = 36;
const MIN_THRESHOLD = 1;
const MAX_THRESHOLD = 26;
const MOST_DELTA = 2 ** 31 - 1;
const DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789";

/** How far the threshold for digits goes with the bias (RFC 3492, 6.1). */
function adapt(delta: number, count: number, isFirst: boolean): number {
  let rest = isFirst ? Math.floor(delta / 700) : delta >> 1;
  rest += Math.floor(rest / count);
  let bias = 0;
  for (; rest > ((BASE - MIN_THRESHOLD) * MAX_THRESHOLD) >> 1; bias += BASE)
    rest = Math.floor(rest / (BASE - MIN_THRESHOLD));
  return bias + Math.floor(((BASE - MIN_THRESHOLD + 1) * rest) / (rest + 38));
}

function threshold(at: number, bias: number): number {
  return Math.min(Math.max(at - bias, MIN_THRESHOLD), MAX_THRESHOLD);
}

/** One delta as digits of mixed base (RFC 3492, 6.3). */
function encodeDelta(delta: number, bias: number): string {
  let text = "";
  let rest = delta;
  for (let at = BASE; ; at += BASE) {
    const limit = threshold(at, bias);
    if (rest < limit) return text + DIGITS[rest]!;
    text += DIGITS[limit + ((rest - limit) % (BASE - limit))]!;
    rest = Math.floor((rest - limit) / (BASE - limit));
  }
}

/** `xn--…`; null for what has no code points that may stand in a name. */
function punycode(label: string): string | null {
  const codes = Array.from(label, (character) => character.codePointAt(0)!);
  if (codes.some((code) => code >= 0xd800 && code <= 0xdfff) || codes.includes(0xfffd)) return null;
  const basic = codes.filter((code) => code < 0x80);
  let text = String.fromCharCode(...basic) + (basic.length > 0 ? "-" : "");
  let [next, delta, bias, handled] = [0x80, 0, 72, basic.length];
  while (handled < codes.length) {
    const least = Math.min(...codes.filter((code) => code >= next));
    delta += (least - next) * (handled + 1);
    next = least;
    for (const code of codes) {
      if (code < next) delta++;
      if (code !== next) continue;
      text += encodeDelta(delta, bias);
      bias = adapt(delta, handled + 1, handled === basic.length);
      delta = 0;
      handled++;
    }
    delta++;
    next++;
  }
  return `xn--${text}`;
}

/** Whether it says a name that is not ASCII alone and would be written so. */
function isPunycode(label: string): boolean {
  const decoded = decodePunycode(label.slice(4));
  return (
    decoded !== null && !ASCII.test(decoded) && mapped(decoded) === decoded && punycode(decoded) === label
  );
}

/** RFC 3492, 6.2; null for what is none. */
function decodePunycode(text: string): string | null {
  const split = text.lastIndexOf("-");
  const codes = Array.from(text.slice(0, Math.max(split, 0)), (character) => character.codePointAt(0)!);
  let [next, place, bias] = [0x80, 0, 72];
  for (let at = split + 1; at < text.length;) {
    const before = place;
    for (let weight = 1, step = BASE; ; step += BASE) {
      const digit = DIGITS.indexOf(text[at++] ?? "?");
      place += digit * weight;
      if (digit < 0 || place > MOST_DELTA) return null;
      const limit = threshold(step, bias);
      if (digit < limit) break;
      weight *= BASE - limit;
    }
    bias = adapt(place - before, codes.length + 1, before === 0);
    next += Math.floor(place / (codes.length + 1));
    place %= codes.length + 1;
    if (next > 0x10ffff) return null;
    codes.splice(place++, 0, next);
  }
  return String.fromCodePoint(...codes);
}

// --- IPv4 -----------------------------------------------------------------------------------------------

function endsInNumber(domain: string): boolean {
  const parts = domain.split(".");
  if (parts.at(-1) === "" && parts.length > 1) parts.pop();
  const last = parts.at(-1)!;
  return /^[0-9]+$/.test(last) || /^0x[0-9a-f]*$/i.test(last);
}

function parseIpv4(domain: string): string | null {
  const parts = domain.split(".");
  if (parts.at(-1) === "" && parts.length > 1) parts.pop();
  if (parts.length > 4) return null;
  const numbers = parts.map(ipv4Number);
  const last = numbers.pop()!;
  if (!numbers.every((number) => number <= 255) || !(last < 256 ** (4 - numbers.length))) return null;
  let address = last;
  numbers.forEach((number, index) => {
    address += number * 256 ** (3 - index);
  });
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** NaN when it is none. */
function ipv4Number(text: string): number {
  if (/^0x[0-9a-f]*$/i.test(text)) return text.length === 2 ? 0 : parseInt(text.slice(2), 16);
  if (/^0[0-7]+$/.test(text)) return parseInt(text, 8);
  return /^(?:0|[1-9][0-9]*)$/.test(text) ? +text : NaN;
}

// --- IPv6 -----------------------------------------------------------------------------------------------

const PIECES = 8;

function parseIpv6(text: string): string | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const head = ipv6Pieces(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? ipv6Pieces(halves[1]!, true) : [];
  if (head === null || tail === null) return null;
  const zeros = PIECES - head.length - tail.length;
  if (halves.length === 1 ? zeros !== 0 : zeros < 1) return null;
  return `[${ipv6Text([...head, ...new Array<number>(zeros).fill(0), ...tail])}]`;
}

/** @param isEnd whether an IPv4 address may stand at its end. */
function ipv6Pieces(text: string, isEnd: boolean): number[] | null {
  if (text === "") return [];
  const pieces: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) pieces.push(parseInt(part, 16));
    else if (isEnd && index === parts.length - 1 && isDottedQuad(part)) {
      const [a, b, c, d] = part.split(".").map(Number);
      pieces.push(a! * 256 + b!, c! * 256 + d!);
    } else return null;
  }
  return pieces;
}

function isDottedQuad(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && +part <= 255);
}

/** The first of the longest runs of two or more zeros is left out. */
function ipv6Text(pieces: readonly number[]): string {
  let [start, length] = [-1, 1];
  for (let at = 0; at < PIECES; at++) {
    let end = at;
    while (end < PIECES && pieces[end] === 0) end++;
    if (end - at > length) [start, length] = [at, end - at];
  }
  const hex = (part: readonly number[]): string => part.map((piece) => piece.toString(16)).join(":");
  return start < 0 ? hex(pieces) : `${hex(pieces.slice(0, start))}::${hex(pieces.slice(start + length))}`;
}
