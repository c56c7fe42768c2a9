/**
 * What a child of the isolate engine says, one frame after another on its own pipe:
 *
 *   [kind: 1 byte][length of text in bytes: 4, little endian][text: UTF-8]
 *
 *   ready         the realm is locked down; the program comes next, once the job's pipe is closed
 *   program       the program's text is no JavaScript (text: the error); nothing follows
 *   observation   `outcome newline text`; one an input, in order
 *   warm-up       nanoseconds of warm-up iterations in order, parted by blanks; a failed one is `-`; may be empty
 *   samples       the same of timed iterations
 *   conditions    what a fork was timed under: seven numbers parted by blanks, see parseConditions; `-` is unknown
 *   proof         like observation: the last batch of a fork, one a call, in order
 *   spoiled       the realm could not be made fresh again; nothing follows
 *   done          `cpuMs peakMb`, the latter above where it stood at `ready`; nothing follows
 *
 * The child runs code that nobody trusts. The reader therefore takes nothing for granted: unknown kinds,
 * lengths and totals above the caps, and what does not parse end the child, never the host.
 */
import { Buffer } from "node:buffer";
import type { ForkConditions, Observation, Outcome } from "./protocol.ts";

export type FrameKind =
  "ready" | "program" | "observation" | "warm-up" | "samples" | "conditions" | "proof" | "spoiled" | "done";

/** A child writes frames in a realm that hostile code may have changed: no method of an array is asked. */
const FRAME_CODES: Readonly<Record<FrameKind, number>> = {
  ready: 0,
  program: 1,
  observation: 2,
  "warm-up": 3,
  samples: 4,
  conditions: 5,
  proof: 6,
  spoiled: 7,
  done: 8,
};
const FRAME_KINDS = Object.keys(FRAME_CODES) as readonly FrameKind[];

export interface Frame {
  readonly kind: FrameKind;
  readonly text: string;
}

/** A canonical text has at most 16 Mi characters, of at most three bytes. */
const MAX_FRAME_BYTES = 3 * 16 * 1024 * 1024 + 64;
const HEADER_BYTES = 5;

/** The child broke the protocol. */
export class FrameError extends Error {}

export function frameBytes(kind: FrameKind, text: string): Uint8Array {
  const body = Buffer.from(text, "utf8");
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  frame[0] = FRAME_CODES[kind];
  frame.writeUInt32LE(body.length, 1);
  body.copy(frame, HEADER_BYTES);
  return frame;
}

/** Cuts a byte stream into frames. @throws FrameError for anything a child of ours would not send. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #bytes = 0;

  push(piece: Buffer): readonly Frame[] {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    const frames: Frame[] = [];
    for (let frame = this.#take(); frame !== null; frame = this.#take()) frames.push(frame);
    return frames;
  }

  #take(): Frame | null {
    if (this.#bytes < HEADER_BYTES) return null;
    if (this.#pieces[0]!.length < HEADER_BYTES) this.#join();
    const kind = FRAME_KINDS[this.#pieces[0]![0]!];
    const length = this.#pieces[0]!.readUInt32LE(1);
    if (kind === undefined || length > MAX_FRAME_BYTES) throw new FrameError("not a frame");
    if (this.#bytes < HEADER_BYTES + length) return null;
    const all = this.#join();
    const text = all.toString("utf8", HEADER_BYTES, HEADER_BYTES + length);
    this.#pieces = [all.subarray(HEADER_BYTES + length)];
    this.#bytes -= HEADER_BYTES + length;
    return { kind, text };
  }

  #join(): Buffer {
    const all = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [all];
    return all;
  }
}

const OUTCOMES: ReadonlySet<string> = new Set<Outcome>([
  "returned",
  "threw",
  "limit_exceeded",
  "incomparable",
  "unavailable",
]);

/** @throws FrameError */
export function parseObservation(text: string): Observation {
  const end = text.indexOf("\n");
  const outcome = text.slice(0, Math.max(end, 0));
  if (!OUTCOMES.has(outcome)) throw new FrameError("not an observation");
  return { outcome: outcome as Outcome, text: text.slice(end + 1) };
}

/** Nanoseconds; NaN for a failed iteration. @throws FrameError */
export function parseSamples(text: string): readonly number[] {
  if (text === "") return [];
  return text.split(" ").map((word) => (word === "-" ? Number.NaN : parseNumber(word)));
}

/** @throws FrameError */
export function parseDone(text: string): { readonly cpuMs: number; readonly peakMb: number } {
  const [cpuMs, peakMb, ...rest] = text.split(" ");
  if (cpuMs === undefined || peakMb === undefined || rest.length > 0) throw new FrameError("not an end");
  return { cpuMs: parseNumber(cpuMs), peakMb: parseNumber(peakMb) };
}

/** `resolutionNs overheadNs stretch cpuMs collections collectionMs allocatedBytes`. @throws FrameError */
export function parseConditions(text: string): Omit<ForkConditions, "warmUpNs"> {
  const words = text.split(" ");
  if (words.length !== 7) throw new FrameError("not conditions");
  const known = words.slice(0, 4).map(parseNumber);
  const [count, ms, allocatedBytes] = words.slice(4).map((word) => (word === "-" ? null : parseNumber(word)));
  return {
    timer: { resolutionNs: known[0]!, overheadNs: known[1]! },
    stretch: known[2]!,
    cpuMs: known[3]!,
    collections: count === null || ms === null ? null : { count: count!, ms: ms! },
    allocatedBytes: allocatedBytes!,
  };
}

function parseNumber(word: string): number {
  const value = Number(word);
  if (word === "" || !Number.isFinite(value) || value < 0) throw new FrameError("not a number");
  return value;
}
