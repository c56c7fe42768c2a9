/**
 * One thread's connection to all others of its system.
 *
 *     an actor tells a ref ─▶ RemoteTarget ─▶ Link: a frame in the ring ─▶ (flush) ─▶ the other thread's poll
 *     poll ─▶ Inbound: the cell of that incarnation, or the stand-in that the frame is about
 *
 * Sleep: a thread that finds nothing to do marks itself asleep, looks at all rings once more, and only then
 * returns to its event loop; who makes a frame visible looks at the mark afterwards. One of the two always
 * sees the other, so no wake-up is lost. Before that it spins for a moment when the last sleep was short.
 */
import { Ask, type AskCarrier } from "../ask.ts";
import { encodeError, type MyriadError } from "../contracts/index.ts";
import type { Outside } from "../dispatcher.ts";
import { runtimeError } from "../errors.ts";
import type { Address, AddressParts, Incarnation, NodeName } from "../address.ts";
import type { RuntimeEvent } from "../events.ts";
import type { Host } from "../host.ts";
import type { Target } from "../ref.ts";
import { UNSAMPLED } from "../telemetry/trace-context.ts";
import type { Tracer } from "../telemetry/tracer.ts";
import { Asks } from "./asks.ts";
import { Directory } from "./directory.ts";
import { EarlyFrames } from "./early-frames.ts";
import {
  ASK,
  ASK_LAYOUT,
  CREDIT,
  FAIL,
  FIRST_NODE,
  HOP,
  REPLY,
  REPLY_NOTHING,
  REPLY_NUMBER,
  SYSTEM,
  TELL,
  TELL_LAYOUT,
  TRACE,
  WANTS,
} from "./frames.ts";
import type { SystemFrame, TraceStamp } from "./frames.ts";
import { Inbound } from "./inbound.ts";
import type { LayoutTable } from "./layout-table.ts";
import type { FrameHandler, FrameWriter } from "./frame-writer.ts";
import { Link, RingLink, type BesidePort, type LinkMemory } from "./link.ts";
import type { Nodes } from "../nodes/nodes.ts";
import type { Passport } from "./codec.ts";
import type { RemoteTarget } from "./remote.ts";
import type { ThreadTransport } from "./thread-options.ts";
import { Travel } from "./travel.ts";

const FRAMES_PER_POLL = 256;
const SPIN_MS = 0.05;
/** A sleep that ends sooner would have been better spent spinning. */
const SHORT_SLEEP_MS = 0.2;
const AWAKE = 0;
const ASLEEP = 1;

/** One thread's mark stands in a cache line of its own. */
export const LOBBY_BYTES = 64;
const LOBBY_STRIDE = LOBBY_BYTES / 4;

export interface MeshOptions {
  readonly thread: number;
  /** The marks of all threads, `LOBBY_BYTES` each; null: they share no memory, and are woken always. */
  readonly lobby: Int32Array | null;
  readonly layouts: LayoutTable;
  /** Wakes a thread that is asleep. */
  readonly ring: (thread: number) => void;
  /** The thread on which the actors of a lost one begin anew. */
  readonly insteadOf: (lost: number) => number;
  /** Another thread says of which events it wants to be told from its next frame on; default: ignored. */
  readonly onWants?: (kinds: readonly RuntimeEvent["kind"][]) => void;
  /** Keeps all stand-ins, so that nothing depends on garbage collection; default: those that are referred to. */
  readonly keepsAll?: boolean;
}

export class Mesh implements Outside, AskCarrier {
  readonly host: Host;
  readonly thread: number;
  readonly layouts: LayoutTable;
  readonly asks: Asks = new Asks();
  readonly directory: Directory;
  readonly early: EarlyFrames;
  readonly travel: Travel;
  readonly insteadOf: (lost: number) => number;
  readonly onWants: (kinds: readonly RuntimeEvent["kind"][]) => void;
  /** Null: nothing is traced. */
  readonly tracer: Tracer | null;
  /** The other nodes; null: none are known, or they are reached by way of the main thread. */
  nodes: Nodes | null = null;
  /** How often the message that is being sent was passed on before. */
  hops = 0;
  readonly #inbound: Inbound;
  readonly #ring: (thread: number) => void;
  readonly #lobby: Int32Array | null;
  /** By the thread at the other end. */
  readonly #links: (RingLink | undefined)[] = [];
  #wanted: readonly RuntimeEvent["kind"][] = [];
  #dirty: Link[] = [];
  #sleptAt = -Infinity;
  #spins = false;

  constructor(host: Host, options: MeshOptions) {
    this.host = host;
    this.thread = options.thread;
    this.layouts = options.layouts;
    this.insteadOf = options.insteadOf;
    this.onWants = options.onWants ?? (() => undefined);
    this.tracer = host.telemetry?.tracer ?? null;
    this.#ring = options.ring;
    this.#lobby = options.lobby;
    this.directory = new Directory(this, options.keepsAll ?? false);
    this.early = new EarlyFrames(this.thread, (thread, of) => {
      if (this.connected(thread)) this.send(thread, { kind: "barrier", of });
      return this.connected(thread);
    });
    this.travel = new Travel(this);
    this.#inbound = new Inbound(this);
  }

  connect(memory: LinkMemory, port: BesidePort): void {
    const link = new RingLink(memory, port, this.travel, this.#onDirty);
    this.#links[memory.peer] = link;
    this.#inbound.listen(link);
    if (this.#wanted.length > 0) link.sendPacked(WANTS, 0, 0, this.#wanted);
  }

  /** Tells all threads, also those that are connected later, before any further frame. */
  want(kinds: readonly RuntimeEvent["kind"][]): void {
    this.#wanted = kinds;
    for (const link of this.#links) link?.sendPacked(WANTS, 0, 0, kinds);
  }

  connected(thread: number): boolean {
    return this.#link(thread) !== undefined;
  }

  get reachesNodes(): boolean {
    return this.nodes !== null || this.thread !== 0;
  }

  locateForeign(parts: AddressParts): RemoteTarget {
    return this.nodes === null ? this.directory.locateForeign(parts) : this.nodes.locate(parts);
  }

  /** Answers a question with whoever lives there; null: that node is out of reach. */
  finder(node: NodeName, where: string): Target | null {
    if (!this.reachesNodes) return null;
    const peer = this.nodes !== null && node !== this.host.node ? this.nodes.neighbour(node).number : 0;
    return {
      address: where as Address,
      deadlines: this.host.deadlines,
      post: (ask) => this.send(peer, { kind: "find", of: this.asks.add(ask as Ask, peer), where }),
      system: () => undefined,
    };
  }

  #link(peer: number): Link | undefined {
    return peer < FIRST_NODE ? this.#links[peer] : this.nodes?.link(peer);
  }

  /** Whether that link is still the one to its peer. */
  speaksBy(link: Link): boolean {
    return link.peer < FIRST_NODE ? this.#links[link.peer] === link : this.nodes?.isCurrent(link) === true;
  }

  /** Of a session with another node. */
  openLink(peer: number, writer: FrameWriter, port: BesidePort, passport: Passport): Link {
    const link = new Link(peer, writer, port, passport, this.#onDirty);
    link.sharesLayouts = false;
    return link;
  }

  /** Takes the frames of that link, which are read elsewhere. */
  handlerOf(link: Link): FrameHandler {
    return this.#inbound.handlerOf(link);
  }

  /** A session with another node is over. What it is not known to have taken becomes dead letters. */
  loseNode(link: Link, error: MyriadError): void {
    this.#dirty = this.#dirty.filter((other) => other !== link);
    this.#inbound.bury(link, "node-lost");
    this.asks.lose(link.peer, error);
    this.directory.loseNode(link.peer);
  }

  /** A thread has died. All that it had made visible is handled first. */
  lose(thread: number): void {
    const link = this.#links[thread];
    if (link === undefined) return;
    while (this.#inbound.read(link, FRAMES_PER_POLL) > 0);
    this.#links[thread] = undefined;
    this.#dirty = this.#dirty.filter((other) => other !== link);
    const error = runtimeError("THREAD_LOST", `Thread ${thread} of ${this.host.node} is no more`, {
      location: `${this.host.node}, thread ${thread}`,
    });
    this.#inbound.bury(link, "thread-lost");
    this.asks.lose(thread, error);
    this.directory.lose(thread, error);
    this.early.lose(thread);
  }

  // ---- out -----------------------------------------------------------------------------------------

  /** @returns false when its thread is no more. @throws MESSAGE_UNSENDABLE */
  deliver(target: RemoteTarget, item: unknown): boolean {
    const link = this.#link(target.peer);
    if (link === undefined) return false;
    if (this.tracer === null) this.#deliver(link, target, item);
    else this.#deliverTraced(link, target, item, this.tracer);
    return true;
  }

  #deliver(link: Link, target: RemoteTarget, item: unknown): void {
    if (item instanceof Ask) this.#deliverAsk(link, target, item);
    else this.#send(link, TELL, target, 0, item);
  }

  /** What comes without a trace frame ahead belongs to a chain that is not traced. */
  #deliverTraced(link: Link, target: RemoteTarget, item: unknown, tracer: Tracer): void {
    const { traceId, parentId, sampled, hops } = tracer.outgoing();
    if (traceId === UNSAMPLED.traceId) {
      this.#deliver(link, target, item);
      return;
    }
    const stamp: TraceStamp = [traceId, parentId, sampled, hops];
    link.sendPacked(TRACE, 0, 0, stamp);
    try {
      this.#deliver(link, target, item);
    } catch (error) {
      link.sendHead(TRACE, 0, 0, 0);
      throw error;
    }
  }

  #deliverAsk(link: Link, target: RemoteTarget, ask: Ask): void {
    const number = this.asks.add(ask, target.peer);
    ask.number = number;
    ask.carrier = this;
    this.travel.ask = ask;
    try {
      this.#send(link, ASK, target, number, ask.message);
    } catch (error) {
      this.asks.take(number);
      ask.carrier = null;
      throw error;
    } finally {
      this.travel.ask = null;
    }
    ask.message = undefined;
  }

  withdraw(ask: Ask): void {
    const peer = this.asks.peerOf(ask.number);
    if (peer !== null) this.send(peer, { kind: "withdraw", of: ask.number });
  }

  #send(
    link: Link,
    kind: typeof TELL | typeof ASK,
    target: RemoteTarget,
    ask: number,
    message: unknown,
  ): void {
    const to = target.wire;
    const entry = link.sharesLayouts ? this.layouts.find(target.type, message) : null;
    if (entry !== null && this.travel.replyIsOwn(entry.codec, message)) {
      const short = (kind === TELL ? TELL_LAYOUT : ASK_LAYOUT) + this.hops * HOP;
      if (link.sendLayout(short, to, ask, entry.index, entry.codec, message as object)) return;
    }
    link.sendPacked(kind + this.hops * HOP, to, ask, message);
  }

  send(peer: number, frame: SystemFrame): void {
    this.#link(peer)?.sendPacked(SYSTEM, 0, 0, frame);
  }

  broadcast(frame: SystemFrame): void {
    for (const link of this.#links) link?.sendPacked(SYSTEM, 0, 0, frame);
  }

  reply(peer: number, ask: number, value: unknown): void {
    const link = this.#link(peer);
    if (link === undefined) return;
    if (typeof value === "number") link.sendNumber(REPLY_NUMBER, 0, ask, value);
    else if (value === undefined) link.sendHead(REPLY_NOTHING, 0, ask, 0);
    else {
      try {
        link.sendPacked(REPLY, 0, ask, value);
      } catch (error) {
        this.refuse(peer, ask, error);
      }
    }
  }

  refuse(peer: number, ask: number, error: unknown): void {
    this.#link(peer)?.sendPacked(FAIL, 0, ask, encodeError(error));
  }

  confirm(peer: number, incarnation: Incarnation, count: number): void {
    this.#link(peer)?.sendHead(CREDIT, incarnation, 0, count);
  }

  // ---- between turns -------------------------------------------------------------------------------

  readonly #onDirty = (link: Link): void => {
    this.#dirty.push(link);
    this.host.dispatcher.arm();
  };

  flush(): void {
    if (this.#dirty.length === 0) return;
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const link of dirty) {
      const news = link.flush();
      if (link.congested) {
        link.waitForRoom();
        this.#dirty.push(link);
      }
      if (news) this.#wake(link.peer);
    }
  }

  exchange(): void {
    this.flush();
    this.#poll();
  }

  await(): boolean {
    this.flush();
    return this.#poll() || this.#rest();
  }

  /** Null: there are no other threads. */
  get transport(): ThreadTransport | null {
    if (this.#links.length === 0) return null;
    return this.#lobby === null ? "message port" : "shared memory";
  }

  /** From how many threads frames wait to be read. */
  get waiting(): number {
    let count = 0;
    for (const link of this.#links) if (link?.reader.empty === false) count += 1;
    return count;
  }

  /** Reads up to `limit` frames of the nth of those threads alone. */
  read(nth: number, limit: number): void {
    for (const link of this.#links) {
      if (link?.reader.empty !== false || nth-- > 0) continue;
      this.#inbound.read(link, limit);
      if (link.reader.takeWaiting()) this.#wake(link.peer);
      return;
    }
  }

  /** Reads what has come. @returns whether there was anything. */
  #poll(): boolean {
    let frames = 0;
    for (const link of this.#links) {
      if (link === undefined) continue;
      if (link.reader.empty) continue;
      frames += this.#inbound.read(link, FRAMES_PER_POLL);
      if (link.reader.takeWaiting()) this.#wake(link.peer);
    }
    return frames > 0;
  }

  // ---- sleep ---------------------------------------------------------------------------------------

  /** Nothing to do: spins, then falls asleep. @returns true when something came meanwhile. */
  #rest(): boolean {
    const { clock } = this.host;
    if (this.#spins && this.#lobby !== null) {
      const until = clock.monotonic() + SPIN_MS;
      do {
        if (this.#hasNews()) return true;
      } while (clock.monotonic() < until);
    }
    if (this.#lobby !== null) {
      const mark = this.thread * LOBBY_STRIDE;
      Atomics.store(this.#lobby, mark, ASLEEP);
      if (this.#hasNews()) {
        Atomics.store(this.#lobby, mark, AWAKE);
        return true;
      }
    }
    this.#sleptAt = clock.monotonic();
    return false;
  }

  #hasNews(): boolean {
    for (const link of this.#links) if (link?.reader.empty === false) return true;
    return false;
  }

  #wake(peer: number): void {
    // What was published to another node is on its way.
    if (peer >= FIRST_NODE) return;
    if (this.#lobby !== null) {
      const mark = peer * LOBBY_STRIDE;
      if (Atomics.load(this.#lobby, mark) !== ASLEEP) return;
      if (Atomics.compareExchange(this.#lobby, mark, ASLEEP, AWAKE) !== ASLEEP) return;
    }
    this.#ring(peer);
  }

  /** The bell has rung. */
  woken(): void {
    this.#spins = this.host.clock.monotonic() - this.#sleptAt < SHORT_SLEEP_MS;
    this.host.dispatcher.arm();
  }
}
