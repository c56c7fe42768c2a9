/**
 * One session with another node: makes of a transport that loses, doubles and mixes up datagrams one that
 * brings each once and in order, or says that the node is lost.
 *
 *     greeting ──both know each other's session──▶ open ──silence, BYE, another session──▶ over
 *
 * What was sent is kept until the other side has taken it, and sent again when it asks. A session ends for both
 * sides together: whoever is spoken to in a session that it does not know says so.
 */
import type { Cancel, Clock } from "../contracts/index.ts";
import { AGAIN, ALIVE, BYE, FRAMES, HELLO, ITEM, writeDatagram, type Datagram } from "./datagram.ts";

export interface AssociationRules {
  /** A sign of life is given as often. */
  readonly aliveMs: number;
  /** Silence that ends the session. */
  readonly lostMs: number;
}

export interface AssociationEvents {
  transmit(datagram: Uint8Array): void;
  /** The greeting of the other side. @returns why it is refused; null: it is not. */
  greeted(greeting: Uint8Array): string | null;
  /** A numbered datagram, in order. @throws anything: then the session ends. */
  took(kind: typeof FRAMES | typeof ITEM, payload: Buffer, more: boolean): void;
  /** Some of what was sent has been taken. */
  eased(): void;
  over(why: string): void;
}

interface Kept {
  readonly kind: typeof FRAMES | typeof ITEM;
  readonly more: boolean;
  readonly number: number;
  readonly payload: Uint8Array;
}

/** Bytes on their way, from which on no more frames are taken in. */
const MOST_BYTES = 4_194_304;
/** What arrives is confirmed after as many, if nothing goes back meanwhile. */
const CONFIRM_AFTER = 16;
/** At most as many are sent again at once. */
const MOST_AGAIN = 64;
const NOTHING = new Uint8Array(0);

const isNumbered = (kind: number): kind is typeof FRAMES | typeof ITEM => kind === FRAMES || kind === ITEM;

export class Association {
  readonly session: number;
  readonly #clock: Clock;
  readonly #rules: AssociationRules;
  readonly #greeting: Uint8Array;
  readonly #events: AssociationEvents;
  /** 0: not known yet. */
  #theirs = 0;
  #theirGreeting: Uint8Array = NOTHING;
  #open = false;
  #isOver = false;
  #number = 0;
  #kept: Kept[] = [];
  #keptBytes = 0;
  #taken = 0;
  #unconfirmed = 0;
  /** The gap that was complained of already. */
  #complained = -1;
  /** The gap that was filled already. */
  #filled = -1;
  #heardAt: number;
  #cancelBeat: Cancel = () => undefined;

  /** @param session not 0, and greater, modulo 2³², than those that this node has had with the other before. */
  constructor(
    clock: Clock,
    session: number,
    rules: AssociationRules,
    greeting: Uint8Array,
    events: AssociationEvents,
  ) {
    this.session = session;
    this.#clock = clock;
    this.#rules = rules;
    this.#greeting = greeting;
    this.#events = events;
    this.#heardAt = clock.monotonic();
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Whether the other side speaks here in a session as late as that one, or later. */
  outdates(session: number): boolean {
    return this.#theirs !== 0 && ((session - this.#theirs) | 0) <= 0;
  }

  /** Whether as much is on its way as may be. */
  get isFull(): boolean {
    return this.#keptBytes >= MOST_BYTES;
  }

  /** Greets the other side, until it answers. */
  start(): void {
    this.#beat();
  }

  send(kind: typeof FRAMES | typeof ITEM, payload: Uint8Array, more = false): void {
    this.#number = (this.#number + 1) >>> 0;
    const kept: Kept = { kind, more, number: this.#number, payload };
    this.#kept.push(kept);
    this.#keptBytes += payload.length;
    if (this.#open) this.#transmit(kept);
  }

  /** What the other side is not known to have taken, in order. */
  unread(): readonly Kept[] {
    return this.#kept;
  }

  /** Ends the session, and says so. */
  close(why: string): void {
    if (this.#isOver) return;
    this.#say(BYE);
    this.#end(why);
  }

  /** @returns whether it belongs to this session. */
  received(datagram: Datagram): boolean {
    if (this.#isOver) return false;
    if (datagram.kind === HELLO) return this.#greeted(datagram);
    if (datagram.to !== this.session) return false;
    if (datagram.kind === BYE) {
      this.#end("it has ended the session, or was started anew");
      return true;
    }
    // It answers our greeting by using our session, but its own greeting has not come yet.
    if (datagram.from !== this.#theirs) return this.#theirs === 0;
    this.#heardAt = this.#clock.monotonic();
    if (!this.#opened()) return true;
    this.#confirmed(datagram.taken);
    if (isNumbered(datagram.kind)) this.#take(datagram, datagram.kind);
    else if (datagram.kind === ALIVE) this.#answerAlive(datagram);
    else if (datagram.kind === AGAIN) this.#sendAgain();
    return true;
  }

  #greeted(datagram: Datagram): boolean {
    if (this.#theirs !== 0 && this.#theirs !== datagram.from) return false;
    if (datagram.to !== 0 && datagram.to !== this.session) return false;
    this.#heardAt = this.#clock.monotonic();
    if (this.#theirs === 0) {
      this.#theirs = datagram.from;
      this.#theirGreeting = datagram.payload;
    }
    if (datagram.to !== this.session) this.#greet();
    else this.#opened();
    return true;
  }

  /** It has used this very session, so its greeting is no late copy. @returns false: the greeting is refused */
  #opened(): boolean {
    if (this.#open) return true;
    const refusal = this.#events.greeted(this.#theirGreeting);
    if (refusal !== null) {
      this.close(refusal);
      return false;
    }
    this.#open = true;
    // Its greeting may be answered only by this.
    if (this.#kept.length === 0) this.#say(ALIVE);
    for (const kept of this.#kept) this.#transmit(kept);
    return true;
  }

  // ---- numbered datagrams ----------------------------------------------------------------------------

  #take(datagram: Datagram, kind: typeof FRAMES | typeof ITEM): void {
    const ahead = (datagram.number - this.#taken) | 0;
    if (ahead > 1) this.#complain();
    else if (ahead < 1) this.#unconfirmed += 1;
    else {
      this.#taken = datagram.number;
      this.#unconfirmed += 1;
      this.#complained = -1;
      try {
        this.#events.took(kind, datagram.payload, datagram.more);
      } catch (thrown) {
        const what = thrown instanceof Error ? thrown.message : String(thrown);
        this.close(`it sent what cannot be read: ${what}`);
      }
    }
    if (this.#unconfirmed >= CONFIRM_AFTER) this.#say(ALIVE);
  }

  /** The other side waits for news. */
  #answerAlive({ number }: Datagram): void {
    if (number !== this.#taken) this.#complain();
    else if (this.#unconfirmed > 0) this.#say(ALIVE);
  }

  /** Once for each gap; the beat repeats it. */
  #complain(): void {
    if (this.#complained === this.#taken) return;
    this.#complained = this.#taken;
    this.#say(AGAIN);
  }

  #confirmed(taken: number): void {
    let count = 0;
    for (const { number, payload } of this.#kept) {
      if (((number - taken) | 0) > 0) break;
      this.#keptBytes -= payload.length;
      count += 1;
    }
    if (count === 0) return;
    this.#kept = this.#kept.slice(count);
    this.#events.eased();
  }

  /** Once for each gap; the beat allows it again. */
  #sendAgain(): void {
    const first = this.#kept[0]?.number ?? -1;
    if (first === this.#filled) return;
    this.#filled = first;
    for (const kept of this.#kept.slice(0, MOST_AGAIN)) this.#transmit(kept);
  }

  // ---- signs of life ---------------------------------------------------------------------------------

  /** Soon again while something is unanswered. */
  #beat(): void {
    const { aliveMs, lostMs } = this.#rules;
    if (this.#clock.monotonic() - this.#heardAt >= lostMs) {
      this.close(`it gave no sign of life for ${lostMs} ms`);
      return;
    }
    this.#complained = -1;
    this.#filled = -1;
    if (this.#open) this.#say(ALIVE);
    else this.#greet();
    const busy = !this.#open || this.#kept.length > 0;
    this.#cancelBeat = this.#clock.schedule(busy ? aliveMs / 5 : aliveMs, () => this.#beat());
  }

  #end(why: string): void {
    this.#isOver = true;
    this.#cancelBeat();
    this.#events.over(why);
  }

  // ---- out -------------------------------------------------------------------------------------------

  #greet(): void {
    this.#put({ kind: HELLO, more: false, number: 0 }, this.#greeting);
  }

  #say(kind: typeof ALIVE | typeof AGAIN | typeof BYE): void {
    this.#put({ kind, more: false, number: this.#number }, NOTHING);
  }

  #transmit({ kind, more, number, payload }: Kept): void {
    this.#put({ kind, more, number }, payload);
  }

  #put(head: Pick<Datagram, "kind" | "more" | "number">, payload: Uint8Array): void {
    this.#unconfirmed = 0;
    const { session: from } = this;
    this.#events.transmit(writeDatagram({ ...head, from, to: this.#theirs, taken: this.#taken }, payload));
  }
}

/** What is said to one who speaks in a session that is not known. @returns null: nothing. */
export function answerToUnknown({ kind, from, to }: Datagram): Uint8Array | null {
  if (kind === BYE) return null;
  return writeDatagram({ kind: BYE, more: false, from: to, to: from, number: 0, taken: 0 }, NOTHING);
}
