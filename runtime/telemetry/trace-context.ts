/**
 * What ties the messages of one chain together, after W3C Trace Context, Recommendation of 23 November 2021
 * (https://www.w3.org/TR/trace-context-1/), §3.2:
 *
 *     00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
 *     version, trace id (16 bytes), parent id (8 bytes), flags (bit 0: sampled), in lower-case hex
 */
import type { Random } from "../contracts/index.ts";

export interface TraceContext {
  /** 32 lower-case hex digits; empty in `UNSAMPLED`. */
  readonly traceId: string;
  /** The span in whose time the message was sent, 16 digits; null: the message is the first of its trace. */
  readonly parentId: string | null;
  readonly sampled: boolean;
  /** How many messages of the chain came before. */
  readonly hops: number;
}

/** Of all messages of chains that chance has passed over. */
export const UNSAMPLED: TraceContext = { traceId: "", parentId: null, sampled: false, hops: 0 };

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/s;
const SAMPLED = 1;

/**
 * Takes also versions to come, as far as they begin like this one (§3.2.4).
 * @returns null for what the recommendation calls invalid: the trace then begins anew.
 */
export function parseTraceparent(header: string): TraceContext | null {
  const [, version, traceId, parentId, flags, rest] = FORM.exec(header) ?? [];
  if (traceId === undefined || parentId === undefined || version === "ff") return null;
  if (version === "00" && rest !== undefined) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return null;
  return { traceId, parentId, sampled: (parseInt(flags!, 16) & SAMPLED) !== 0, hops: 0 };
}

/** @returns null while there is no span to be a parent. */
export function formatTraceparent({ traceId, parentId, sampled }: TraceContext): string | null {
  return traceId === "" || parentId === null ? null : `00-${traceId}-${parentId}-${sampled ? "01" : "00"}`;
}

export function newTraceId(random: Random): string {
  return newId(random, 4);
}

export function newSpanId(random: Random): string {
  return newId(random, 2);
}

/** All zeros is no id. */
function newId(random: Random, words: number): string {
  let id = "";
  for (let word = 0; word < words; word++)
    id += random
      .below(2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return /[^0]/.test(id) ? id : newId(random, words);
}
