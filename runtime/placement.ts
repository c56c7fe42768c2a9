/** Where an actor is to live. It is data: the same spawn, the same ref. */
import { isText, isWhole } from "./contracts/index.ts";
import { check } from "./errors.ts";

/**
 * - `local`: on its parent's thread; the default.
 * - `spread`: on the next thread in turn.
 * - `{ thread }`: on that one; 0 is the main thread, workers count from 1.
 * - `{ key }`: on the thread that the key is hashed to; the same key, the same thread, as long as the number
 *   of threads is the same.
 */
export type Placement = "local" | "spread" | { readonly thread: number } | { readonly key: string };

/**
 * Jump consistent hash (Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", 2014):
 * when the number of slots grows from n to n + 1, only 1/(n + 1) of the keys move, all to the new slot.
 */
export function slotOf(key: string, slots: number): number {
  let state = fnv1a64(key);
  let slot = -1n;
  let next = 0n;
  while (next < BigInt(slots)) {
    slot = next;
    state = BigInt.asUintN(64, state * 2862933555777941757n + 1n);
    next = BigInt(Math.floor(Number(slot + 1n) * (2 ** 31 / (Number(state >> 33n) + 1))));
  }
  return Number(slot);
}

/** FNV-1a, 64 bits, over UTF-16 code units. */
function fnv1a64(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (let index = 0; index < text.length; index++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(index))) * 0x100000001b3n);
  }
  return hash;
}

/** @throws PLACEMENT_INVALID */
export function checkPlacement(placement: unknown): asserts placement is Placement {
  check(
    isPlacement(placement),
    "PLACEMENT_INVALID",
    "A placement is local, spread, { thread } or { key }",
    placement,
  );
}

function isPlacement(given: unknown): boolean {
  if (given === "local" || given === "spread") return true;
  if (typeof given !== "object" || given === null) return false;
  return ("thread" in given && isWhole(given.thread, 0)) || ("key" in given && isText(given.key));
}
