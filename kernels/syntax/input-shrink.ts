/**
 * Smaller variants of an argument list. A variant keeps the number of arguments, every value's kind, every
 * object's keys, and what is shared stays shared. Each is strictly smaller by `measure`, so taking one variant
 * after another ends.
 *
 * Every edit is made on one decoded list, encoded, and taken back: no copy of the whole is needed.
 */
import type { EncodedInput } from "../sandbox/protocol.ts";
import { decodeInput, encodeInput } from "./encoded-input.ts";
import { DAY_MS, isTypedArray, measure, measureDate, measurePrimitive, SLOT } from "./input-measure.ts";
import type { TypedArray } from "./input-measure.ts";

const MAX_VARIANTS = 200;
/** Encoding a large list hundreds of times takes seconds; its most aggressive variants are enough for a step. */
const MAX_TOTAL_CHARACTERS = 2_000_000;
const MIN_VARIANTS = 16;
const MAX_CHUNKS = 64;
/** Below it a sum over a large list could not tell the two apart. */
const SMALLEST_GAIN = 1e-6;

interface Edit {
  /** About how much smaller the list gets: the order in which variants are offered. */
  readonly gain: number;
  readonly apply: () => void;
  readonly undo: () => void;
}

/**
 * At most 200, most aggressive first; fewer where the list is so long that 200 of them pass 2 MB.
 * @throws INPUT_NOT_DECODABLE
 */
export function shrinkCandidates(encoded: EncodedInput): EncodedInput[] {
  const args = decodeInput(encoded);
  const edits: Edit[] = [];
  for (const [index] of args.entries()) edits.push(...slotEdits(args, index));
  for (const container of containersOf(args)) edits.push(...editsOf(container));
  edits.sort((left, right) => right.gain - left.gain);
  const variants = new Set<EncodedInput>();
  let characters = 0;
  for (const { apply, undo } of edits) {
    if (variants.size >= MAX_VARIANTS || (variants.size >= MIN_VARIANTS && characters > MAX_TOTAL_CHARACTERS))
      break;
    apply();
    const variant = encodeInput(args);
    undo();
    characters += variant.length;
    if (variant !== encoded) variants.add(variant);
  }
  return [...variants];
}

/** Every object inside the list, once each, the list itself not. */
function containersOf(args: readonly unknown[]): ReadonlySet<object> {
  const found = new Set<object>();
  const waiting: unknown[] = [...args].reverse();
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== "object" || value === null || found.has(value)) continue;
    found.add(value);
    if (value instanceof Map) for (const [key, held] of value) waiting.push(held, key);
    else if (value instanceof Set) for (const held of value as Set<unknown>) waiting.push(held);
    else if (!isTypedArray(value)) waiting.push(...(Object.values(value) as unknown[]));
  }
  return found;
}

function editsOf(container: object): readonly Edit[] {
  if (Array.isArray(container)) return arrayEdits(container as unknown[]);
  if (container instanceof Map) return mapEdits(container);
  if (container instanceof Set) return setEdits(container);
  if (container instanceof Date) return dateEdits(container);
  if (isTypedArray(container)) return typedArrayEdits(container);
  return Object.keys(container).flatMap((key) => slotEdits(container as Record<string, unknown>, key));
}

function arrayEdits(list: unknown[]): readonly Edit[] {
  const before = list.slice();
  const undo = (): void => refill(list, before);
  const removals = removalsOf(before).map(({ kept, removed }) => ({
    gain: gainOf(removed),
    apply: () => refill(list, kept),
    undo,
  }));
  return [...removals, ...list.flatMap((_, index) => slotEdits(list, index))];
}

function mapEdits(map: Map<unknown, unknown>): readonly Edit[] {
  const before = [...map];
  const put = (entries: readonly (readonly [unknown, unknown])[]): void => {
    map.clear();
    for (const [key, value] of entries) map.set(key, value);
  };
  const undo = (): void => put(before);
  const removals = removalsOf(before).map(({ kept, removed }) => ({
    gain: gainOf(removed.flat()),
    apply: () => put(kept),
    undo,
  }));
  const changes = before.flatMap(([key, value], index) => [
    ...smallerPrimitives(value).map(({ gain, value: smaller }) => ({
      gain,
      apply: () => void map.set(key, smaller),
      undo,
    })),
    ...smallerPrimitives(key)
      .filter(({ value: smaller }) => !map.has(smaller))
      .map(({ gain, value: smaller }) => ({
        gain,
        apply: () => put(before.with(index, [smaller, value])),
        undo,
      })),
  ]);
  return [...removals, ...changes];
}

function setEdits(set: Set<unknown>): readonly Edit[] {
  const before = [...set];
  const put = (values: readonly unknown[]): void => {
    set.clear();
    for (const value of values) set.add(value);
  };
  const undo = (): void => put(before);
  const removals = removalsOf(before).map(({ kept, removed }) => ({
    gain: gainOf(removed),
    apply: () => put(kept),
    undo,
  }));
  const changes = before.flatMap((value, index) =>
    smallerPrimitives(value)
      .filter(({ value: smaller }) => !set.has(smaller))
      .map(({ gain, value: smaller }) => ({ gain, apply: () => put(before.with(index, smaller)), undo })),
  );
  return [...removals, ...changes];
}

function dateEdits(date: Date): readonly Edit[] {
  const before = date.getTime();
  const day = (time: number): number => Math.trunc(time / DAY_MS) * DAY_MS;
  const times = Number.isNaN(before) ? [0] : [0, day(before / 2), day(before)];
  return times
    .map((time) => ({ gain: measureDate(before) - measureDate(time), time }))
    .filter(({ gain }) => gain > 0)
    .map(({ gain, time }) => ({
      gain,
      apply: () => void date.setTime(time),
      undo: () => void date.setTime(before),
    }));
}

/** A typed array keeps its length, which is its object's own; its elements go to zero, in chunks. */
function typedArrayEdits(array: TypedArray): readonly Edit[] {
  const before = array.slice();
  const undo = (): void => array.set(before as never);
  const zero = (array instanceof BigInt64Array || array instanceof BigUint64Array ? 0n : 0) as never;
  const indexes = Array.from(array.keys());
  return removalsOf(indexes).flatMap(({ removed }) => {
    const first = removed[0]!;
    const end = first + removed.length;
    const gain = measure(before.subarray(first, end)) - measure(new Array(removed.length).fill(zero));
    return gain > 0 ? [{ gain, apply: () => void array.fill(zero, first, end), undo }] : [];
  });
}

function slotEdits<Key extends PropertyKey>(holder: Record<Key, unknown>, key: Key): readonly Edit[] {
  if (!Object.hasOwn(holder, key)) return [];
  const before = holder[key];
  return smallerPrimitives(before).map(({ gain, value }) => ({
    gain,
    apply: () => void (holder[key] = value),
    undo: () => void (holder[key] = before),
  }));
}

interface Removal<Item> {
  readonly kept: readonly Item[];
  readonly removed: readonly Item[];
}

/** Everything, each half, each quarter, … down to single items, at most 64 chunks of one size. */
function removalsOf<Item>(items: readonly Item[]): readonly Removal<Item>[] {
  const removals: Removal<Item>[] = [];
  for (let size = items.length; size >= 1; size = Math.floor(size / 2)) {
    const chunks = Math.min(Math.ceil(items.length / size), MAX_CHUNKS);
    for (let chunk = 0; chunk < chunks; chunk++) {
      const [start, end] = [chunk * size, (chunk + 1) * size];
      removals.push({
        kept: items.slice(0, start).concat(items.slice(end)),
        removed: items.slice(start, end),
      });
    }
  }
  return removals;
}

function gainOf(removed: readonly unknown[]): number {
  return removed.length * SLOT + removed.reduce<number>((sum, value) => sum + measure(value), 0);
}

/** Keeps holes. */
function refill(list: unknown[], items: readonly unknown[]): void {
  list.length = 0;
  items.forEach((item, index) => (list[index] = item));
  list.length = items.length;
}

interface Smaller {
  readonly gain: number;
  readonly value: unknown;
}

function smallerPrimitives(value: unknown): readonly Smaller[] {
  const size = measurePrimitive(value);
  return candidatesFor(value).flatMap((candidate) => {
    const gain = size - measurePrimitive(candidate);
    return gain > SMALLEST_GAIN ? [{ gain, value: candidate }] : [];
  });
}

function candidatesFor(value: unknown): readonly unknown[] {
  if (typeof value === "string") return smallerStrings(value);
  if (typeof value === "number") return smallerNumbers(value);
  if (typeof value === "bigint") return smallerBigints(value);
  return value === true ? [false] : [];
}

/** Zero, a half, three quarters, … one step down; fractions first lose their fraction. */
function smallerNumbers(value: number): readonly number[] {
  if (!Number.isFinite(value)) return [0];
  const whole = Math.trunc(value);
  const steps = [-value, whole];
  for (let part = whole; part !== 0; part = Math.trunc(part / 2)) steps.push(whole - part);
  return [0, ...steps].map((number) => number + 0);
}

function smallerBigints(value: bigint): readonly bigint[] {
  const steps = [-value];
  for (let part = value; part !== 0n; part /= 2n) steps.push(value - part);
  return steps;
}

function smallerStrings(text: string): readonly string[] {
  const characters = Array.from(text);
  const shorter = removalsOf(characters).map(({ kept }) => kept.join(""));
  return [...shorter, "a".repeat(characters.length)];
}
