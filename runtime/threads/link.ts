/**
 * One end of the way to another thread or node. Frames are read by the other side in the order they were sent
 * here; what does not fit waits in a backlog, which credits keep short. Nothing is visible
 * to the other side before `flush`.
 */
import type { Ask } from "../ask.ts";
import { Decoder, Encoder, spill, type Passport } from "./codec.ts";
import { BESIDE, FORGET, type BesideItem } from "./frames.ts";
import type { Codec } from "./layout.ts";
import type { FrameHandler, FrameMemory, FrameWriter } from "./frame-writer.ts";
import { RingReader, RingView, ringMemory, RingWriter, type RingMemory } from "./ring.ts";

/** What a link needs of a MessagePort. */
export interface BesidePort {
  postMessage(item: unknown, moved: readonly ArrayBuffer[]): void;
  /** The next item, which has been posted already. */
  receive(): BesideItem;
}

export interface LinkMemory {
  readonly peer: number;
  readonly out: RingMemory;
  readonly in: RingMemory;
}

/** Bytes of a frame's head. */
export const HEAD = 16;

const SCRATCH_BYTES = 65_536;

interface Waiting {
  readonly kind: number;
  readonly body: Buffer;
}

export class Link {
  readonly peer: number;
  readonly decoder: Decoder;
  readonly port: BesidePort;
  /** What the other side has asked and not been answered, by its numbers. */
  readonly questions: Map<number, Ask> = new Map();
  /** Whether both sides number the layouts of messages alike. */
  sharesLayouts = true;
  /** It has frames that the other side cannot see yet. */
  dirty = false;
  readonly #encoder: Encoder;
  readonly #writer: FrameWriter;
  readonly #onDirty: (link: Link) => void;
  readonly #scratch = new RingView(ringMemory(SCRATCH_BYTES, false));
  readonly #longest: number;
  #backlog: Waiting[] = [];
  /** Something became visible since the last flush. */
  #news = false;

  constructor(
    peer: number,
    writer: FrameWriter,
    port: BesidePort,
    passport: Passport,
    onDirty: (link: Link) => void,
  ) {
    this.peer = peer;
    this.#writer = writer;
    this.#longest = Math.min(this.#writer.longestBody, SCRATCH_BYTES);
    this.port = port;
    this.#onDirty = onDirty;
    this.#encoder = new Encoder(passport);
    this.decoder = new Decoder(passport);
  }

  /** Whether frames wait for room in the ring. */
  get congested(): boolean {
    return this.#backlog.length > 0;
  }

  sendHead(kind: number, to: number, ask: number, more: number): void {
    const ring = this.#open(HEAD);
    this.#commit(ring, kind, to, ask, more, HEAD);
  }

  sendNumber(kind: number, to: number, ask: number, value: number): void {
    const ring = this.#open(HEAD + 8);
    ring.view.setFloat64(this.#at + HEAD, value, true);
    this.#commit(ring, kind, to, ask, 0, HEAD + 8);
  }

  /** @returns false, and sends nothing, when the message does not fit its layout. */
  sendLayout(kind: number, to: number, ask: number, index: number, codec: Codec, message: object): boolean {
    const bound = HEAD + codec.bound(message);
    if (!(bound <= this.#longest)) return false;
    const ring = this.#open(bound);
    const written = codec.write(message, ring, this.#at + HEAD);
    if (written < 0) return false;
    this.#commit(ring, kind, to, ask, index, HEAD + written);
    return true;
  }

  /** @throws MESSAGE_UNSENDABLE; then nothing was sent. */
  sendPacked(kind: number, to: number, ask: number, value: unknown): void {
    const outside = spill(value);
    const packed = this.#pack(outside === null ? value : outside.message);
    const tooLong = HEAD + packed.length > this.#longest;
    if (outside !== null || tooLong) {
      const item: BesideItem = { packed: tooLong ? packed.slice() : null, parts: outside?.beside ?? [] };
      this.#postBeside(item, outside?.moved ?? []);
      kind |= BESIDE;
    }
    const inside = tooLong ? 0 : packed.length;
    const ring = this.#open(HEAD + inside);
    if (inside > 0) ring.bytes.set(packed, this.#at + HEAD);
    this.#commit(ring, kind, to, ask, 0, HEAD + inside);
  }

  #postBeside(item: BesideItem, moved: readonly ArrayBuffer[]): void {
    try {
      this.port.postMessage(item, moved);
    } catch (error) {
      this.#encoder.discard();
      if (this.#encoder.takeStale()) this.sendHead(FORGET, 0, 0, 0);
      throw error;
    }
  }

  /** Makes all frames visible that fit. @returns whether any became visible. */
  flush(): boolean {
    this.#drainBacklog();
    this.dirty = this.congested;
    if (this.#writer.unpublished > 0) this.#publish();
    const news = this.#news;
    this.#news = false;
    return news;
  }

  #publish(): void {
    this.#writer.publish();
    this.#news = true;
  }

  /**
   * Gives `handle` the frames that the other side, which is no more, has not taken.
   * @param handle gets a decoder for them; null: what is packed cannot be read any more.
   */
  unread(handle: (decoder: Decoder | null, ...frame: Parameters<FrameHandler>) => void): void {
    const decoder = this.#encoder.reader();
    this.#publish();
    this.#writer.unread((...frame) => handle(decoder, ...frame));
    for (const { kind, body } of this.#backlog) {
      this.#scratch.bytes.set(body);
      handle(decoder, kind, this.#scratch, 0, body.length);
    }
  }

  /** Has the other side ring as soon as it has made room. */
  waitForRoom(): void {
    this.#writer.waitForRoom();
  }

  #pack(value: unknown): Uint8Array {
    try {
      return this.#encoder.pack(value);
    } finally {
      if (this.#encoder.takeStale()) this.sendHead(FORGET, 0, 0, 0);
    }
  }

  // Where the body of the open frame begins: in the ring, or in the scratch memory while there is a backlog.
  #at = 0;

  #open(bodyBytes: number): FrameMemory {
    if (this.#backlog.length === 0) {
      this.#at = this.#writer.claim(bodyBytes);
      if (this.#at >= 0) return this.#writer;
    }
    this.#at = 0;
    return this.#scratch;
  }

  #commit(ring: FrameMemory, kind: number, to: number, ask: number, more: number, bodyBytes: number): void {
    const at = this.#at;
    ring.view.setFloat64(at, to, true);
    ring.view.setInt32(at + 8, ask, true);
    ring.view.setInt32(at + 12, more, true);
    if (ring === this.#writer) {
      this.#writer.commit(at, kind, bodyBytes);
      if (this.#writer.unpublished >= this.#writer.publishAfter) this.#publish();
    } else {
      this.#backlog.push({ kind, body: Buffer.from(ring.bytes.subarray(0, bodyBytes)) });
    }
    if (this.dirty) return;
    this.dirty = true;
    this.#onDirty(this);
  }

  #drainBacklog(): void {
    let moved = 0;
    for (const { kind, body } of this.#backlog) {
      const at = this.#writer.claim(body.length);
      if (at < 0) break;
      this.#writer.bytes.set(body, at);
      this.#writer.commit(at, kind, body.length);
      moved += 1;
    }
    if (moved > 0) this.#backlog = this.#backlog.slice(moved);
  }
}

/** Between two threads. */
export class RingLink extends Link {
  readonly reader: RingReader;

  constructor(memory: LinkMemory, port: BesidePort, passport: Passport, onDirty: (link: Link) => void) {
    super(memory.peer, new RingWriter(memory.out), port, passport, onDirty);
    this.reader = new RingReader(memory.in);
  }
}
