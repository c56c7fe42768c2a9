/**
 * How large an argument list is, for shrinking: a sum over everything reachable, each object counted once.
 *
 *   array, Map, Set, typed array   4, and 4 for each slot
 *   object                         4
 *   string                         2 a code point, 1 more for each that is no `a`
 *   integer                        log2(|n| + 1), half more when negative
 *   other number                   64 + log2(|n| + 1); NaN, an infinity and −0 count 2,000
 *   bigint                         as an integer; from 2^20 on the count of its binary digits
 *   Date                           0 at the epoch, else 1 + log2(|ms| + 1), 64 more off midnight, 2,000 if invalid
 *   true                           1
 */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

export const SLOT = 4;
const SPECIAL = 2000;
const OFF = 64;
export const DAY_MS = 86_400_000;
const EXACT_BIGINT = 2n ** 20n;

export function isTypedArray(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** Of everything reachable from `value`. */
export function measure(value: unknown, seen: Set<object> = new Set()): number {
  if (typeof value !== "object" || value === null) return measurePrimitive(value);
  if (seen.has(value)) return 0;
  seen.add(value);
  if (value instanceof Date) return measureDate(value.getTime());
  let total = SLOT;
  for (const child of childrenOf(value)) total += child.slots * SLOT + measure(child.value, seen);
  return total;
}

function* childrenOf(value: object): Iterable<{ readonly slots: 0 | 1; readonly value: unknown }> {
  if (value instanceof Map) {
    for (const [key, held] of value) {
      yield { slots: 1, value: key };
      yield { slots: 0, value: held };
    }
  } else if (value instanceof Set || Array.isArray(value) || isTypedArray(value)) {
    for (const held of value as Iterable<unknown>) yield { slots: 1, value: held };
  } else if (!(value instanceof ArrayBuffer)) {
    for (const held of Object.values(value)) yield { slots: 0, value: held };
  }
}

export function measurePrimitive(value: unknown): number {
  switch (typeof value) {
    case "string":
      return measureString(value);
    case "number":
      return measureNumber(value);
    case "bigint":
      return measureBigint(value);
    case "boolean":
      return value ? 1 : 0;
    case "undefined":
    case "object":
    case "function":
    case "symbol":
      return 0;
  }
}

function measureString(text: string): number {
  let total = 0;
  for (const character of text) total += character === "a" ? 2 : 3;
  return total;
}

function measureNumber(value: number): number {
  if (!Number.isFinite(value) || Object.is(value, -0)) return SPECIAL;
  const sign = value < 0 ? 0.5 : 0;
  return Math.log2(Math.abs(value) + 1) + sign + (Number.isInteger(value) ? 0 : OFF);
}

function measureBigint(value: bigint): number {
  const size = value < 0n ? -value : value;
  const sign = value < 0n ? 0.5 : 0;
  return sign + (size < EXACT_BIGINT ? Math.log2(Number(size) + 1) : size.toString(2).length);
}

export function measureDate(timeMs: number): number {
  if (Number.isNaN(timeMs)) return SPECIAL;
  if (timeMs === 0) return 0;
  return 1 + Math.log2(Math.abs(timeMs) + 1) + (timeMs % DAY_MS === 0 ? 0 : OFF);
}
