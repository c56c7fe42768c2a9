/**
 * One session with a neighbour, from the first frame for it to its loss: the link that frames are written to,
 * the association that carries them, begun with the first batch, and what has come beside them. A session that
 * is over takes nothing more; the next one has a link of its own.
 */
import type { BesideItem } from "../threads/frames.ts";
import type { FrameHandler } from "../threads/frame-writer.ts";
import type { BesidePort, Link } from "../threads/link.ts";
import type { Association } from "./association.ts";
import { BatchWriter, readBatch } from "./batch.ts";
import { FRAMES, ITEM } from "./datagram.ts";
import { ItemInbox, packItem, pieces } from "./items.ts";

export interface SessionParts {
  /** Of a datagram. */
  readonly payloadBytes: number;
  openLink(writer: BatchWriter, port: BesidePort): { readonly link: Link; readonly handler: FrameHandler };
  /** Begins to greet the other side. */
  associate(session: Session): Association;
}

export class Session implements BesidePort {
  readonly link: Link;
  readonly #parts: SessionParts;
  readonly #handler: FrameHandler;
  readonly #inbox = new ItemInbox();
  #association: Association | null = null;
  /** What was written when it was over already. */
  #leftover: Uint8Array[] | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const writer = new BatchWriter(
      parts.payloadBytes,
      (batch) => this.#emit(batch),
      () => this.#association?.isFull === true,
      () => this.#unread(),
    );
    const { link, handler } = parts.openLink(writer, this);
    this.link = link;
    this.#handler = handler;
  }

  get isOpen(): boolean {
    return this.#association?.isOpen === true;
  }

  /** Null: it has neither sent nor received anything. */
  get begun(): Association | null {
    return this.#association;
  }

  /** Begins it, if it has not begun. */
  get association(): Association {
    this.#association ??= this.#parts.associate(this);
    return this.#association;
  }

  /** @throws what makes the frames unreadable. */
  took(kind: typeof FRAMES | typeof ITEM, payload: Buffer, more: boolean): void {
    if (kind === ITEM) this.#inbox.add(payload, more);
    else readBatch(payload, this.#handler);
  }

  /** It is over: what its link still gives out is kept for `unread` alone. */
  end(): void {
    this.#leftover = [];
  }

  #emit(batch: Uint8Array): void {
    if (this.#leftover === null) this.association.send(FRAMES, batch);
    else this.#leftover.push(batch);
  }

  #unread(): readonly Uint8Array[] {
    const kept = this.#association?.unread() ?? [];
    const batches = kept.filter(({ kind }) => kind === FRAMES).map(({ payload }) => payload);
    return [...batches, ...(this.#leftover ?? [])];
  }

  // ---- as the port of its link -----------------------------------------------------------------------

  /** @throws MESSAGE_UNSENDABLE */
  postMessage(item: unknown): void {
    const bytes = packItem(item as BesideItem);
    if (this.#leftover !== null) return;
    for (const { piece, more } of pieces(bytes, this.#parts.payloadBytes)) {
      this.association.send(ITEM, piece, more);
    }
  }

  /** @throws NODE_FRAMES_INVALID */
  receive(): BesideItem {
    return this.#inbox.next();
  }
}
