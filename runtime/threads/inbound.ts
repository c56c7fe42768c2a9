/** Takes frames from the rings to whom they are for. */
import type { Incarnation } from "../address.ts";
import type { Cell } from "../cell.ts";
import { MOST_BEYOND } from "../inflow.ts";
import { AskReply, type Ask } from "../ask.ts";
import type { Decoder } from "./codec.ts";
import { decodeError, type WireError } from "../contracts/index.ts";
import {
  ASK,
  ASK_LAYOUT,
  BESIDE,
  CREDIT,
  FAIL,
  FIRST_NODE,
  FORGET,
  HOP,
  MOST_HOPS,
  REPLY,
  REPLY_NOTHING,
  REPLY_NUMBER,
  SYSTEM,
  TELL,
  TELL_LAYOUT,
  TRACE,
  WANTS,
  type SystemFrame,
  type TraceStamp,
} from "./frames.ts";
import type { RuntimeEvent } from "../events.ts";
import { HEAD, type Link, type RingLink } from "./link.ts";
import type { Mesh } from "./mesh.ts";
import type { DeadLetterReason } from "../dead-letters.ts";
import { runtimeError } from "../errors.ts";
import { Ref } from "../ref.ts";
import { UNSAMPLED, type TraceContext } from "../telemetry/trace-context.ts";
import type { Tracer } from "../telemetry/tracer.ts";
import { Relays } from "./relay.ts";
import { decodeReason, remoteAsk, type RemoteTarget } from "./remote.ts";
import type { FrameHandler, FrameMemory } from "./frame-writer.ts";

/** What one node may tell another; the rest is between threads. */
const NODE_FRAMES: ReadonlySet<SystemFrame["kind"]> = new Set([
  "stop",
  "watch",
  "unwatch",
  "link",
  "unlink",
  "terminated",
  "gone",
  "locate",
  "withdraw",
  "withdrawn",
  "find",
] as const);

export class Inbound {
  readonly #mesh: Mesh;
  readonly #handlers = new Map<Link, FrameHandler>();
  readonly #relays: Relays;
  /** Announced for the next message of that link. */
  readonly #contexts = new Map<Link, TraceContext>();

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    this.#relays = new Relays(mesh);
  }

  listen(link: RingLink): void {
    this.#handlers.set(link, this.handlerOf(link));
  }

  handlerOf(link: Link): FrameHandler {
    return (kind, ring, at, bytes) => this.#frame(link, kind, ring, at, bytes);
  }

  /** @returns how many frames were read. */
  read(link: RingLink, limit: number): number {
    return link.reader.read(limit, this.#handlers.get(link)!);
  }

  /** The other side is no more: tells that it has not taken become dead letters. Questions fail by their number. */
  bury(link: Link, reason: DeadLetterReason): void {
    const { directory, host } = this.#mesh;
    link.unread((decoder, kind, ring, at, bytes) => {
      const bare = kind & (BESIDE - 1);
      if (bare !== TELL && bare !== TELL_LAYOUT) return;
      const to = ring.view.getFloat64(at, true) as Incarnation;
      const message =
        bare === TELL_LAYOUT
          ? this.#codec(ring.view.getInt32(at + 12, true)).read(ring, at + HEAD, null)
          : unpackAgain(decoder, kind, ring, at, bytes);
      host.undelivered(this.#standIn(link, to) ?? directory.nobody(to), message, reason);
    });
    for (const question of link.questions.values()) question.withdrawn();
    link.questions.clear();
    this.#handlers.delete(link);
    this.#contexts.delete(link);
  }

  #frame(link: Link, kind: number, ring: FrameMemory, at: number, bytes: number): void {
    const to = ring.view.getFloat64(at, true) as Incarnation;
    const ask = ring.view.getInt32(at + 8, true);
    const more = ring.view.getInt32(at + 12, true);
    switch (kind & (BESIDE - 1)) {
      case TELL_LAYOUT:
        this.#receive(link, kind, to, this.#codec(more).read(ring, at + HEAD, null));
        return;
      case TELL:
        this.#receive(link, kind, to, this.#unpack(link, kind, ring, at, bytes));
        return;
      case ASK_LAYOUT: {
        const question = this.#question(link, to, ask);
        question.message = this.#codec(more).read(ring, at + HEAD, new AskReply(question));
        this.#receive(link, kind, to, question);
        return;
      }
      case ASK: {
        const question = this.#question(link, to, ask);
        this.#mesh.travel.ask = question;
        try {
          question.message = this.#unpack(link, kind, ring, at, bytes);
        } finally {
          this.#mesh.travel.ask = null;
        }
        this.#receive(link, kind, to, question);
        return;
      }
      case REPLY_NUMBER:
        this.#answered(link, ask, ring.view.getFloat64(at + HEAD, true));
        return;
      case REPLY_NOTHING:
        this.#answered(link, ask, undefined);
        return;
      case REPLY:
        this.#answered(link, ask, this.#unpack(link, kind, ring, at, bytes));
        return;
      case FAIL:
        this.#mesh.asks
          .take(ask, link.peer)
          ?.fail(decodeError(this.#unpack(link, kind, ring, at, bytes) as WireError));
        return;
      case CREDIT:
        this.#standIn(link, to)?.credited(more);
        return;
      case FORGET:
        link.decoder.forget();
        return;
      case TRACE:
        this.#announced(
          link,
          bytes === HEAD ? null : (this.#unpack(link, kind, ring, at, bytes) as TraceStamp),
        );
        return;
      case WANTS:
        if (link.peer >= FIRST_NODE) throw runtimeError("NODE_FRAMES_INVALID", "No node is told of events");
        this.#mesh.onWants(this.#unpack(link, kind, ring, at, bytes) as RuntimeEvent["kind"][]);
        return;
      case SYSTEM:
        this.#steer(link, this.#unpack(link, kind, ring, at, bytes) as SystemFrame);
        return;
      default:
        throw runtimeError("NODE_FRAMES_INVALID", `There are no frames of kind ${kind}`);
    }
  }

  #codec(index: number) {
    return this.#mesh.layouts.codecs[index]!;
  }

  #unpack(link: Link, kind: number, ring: FrameMemory, at: number, bytes: number): unknown {
    // A copy: msgpackr's native part crashes on shared memory.
    const inside = Buffer.from(ring.bytes.subarray(at + HEAD, at + bytes));
    if ((kind & BESIDE) === 0) return link.decoder.unpack(inside);
    const item = link.port.receive();
    return link.decoder.unpack(item.packed ?? inside, item.parts);
  }

  #question(link: Link, to: Incarnation, number: number): Ask {
    const { directory } = this.#mesh;
    const target = directory.resident(to) ?? directory.nobody(to);
    const answered = (): boolean => link.questions.delete(number);
    const question = remoteAsk(this.#mesh, link.peer, number, target, answered);
    link.questions.set(number, question);
    return question;
  }

  #announced(link: Link, stamp: TraceStamp | null): void {
    if (stamp === null) {
      this.#contexts.delete(link);
      return;
    }
    const [traceId, parentId, sampled, hops] = stamp;
    this.#contexts.set(link, { traceId, parentId, sampled, hops });
  }

  #receive(link: Link, kind: number, to: Incarnation, item: unknown): void {
    const { tracer } = this.#mesh;
    if (tracer === null) this.#post(link, kind, to, item, null);
    else {
      const context = this.#contexts.get(link) ?? UNSAMPLED;
      this.#contexts.delete(link);
      tracer.during(context, () => this.#post(link, kind, to, item, tracer));
    }
  }

  #post(link: Link, kind: number, to: Incarnation, item: unknown, tracer: Tracer | null): void {
    const cell = this.#mesh.directory.resident(to);
    if (cell !== undefined) {
      this.#postTo(cell, link, item);
      return;
    }
    const handle = (): void => this.#receiveAtLast(link, kind, to, item);
    if (!this.#mesh.early.hold(to, link.peer, tracer?.bind(handle) ?? handle)) handle();
  }

  #postTo(cell: Cell, { peer }: Link, item: unknown): void {
    if (peer < FIRST_NODE || cell.waiting < cell.limits.capacity + MOST_BEYOND) cell.postFrom(peer, item);
    else this.#mesh.host.undelivered(cell, item, "overflow");
  }

  /** It is not on its way here any more. */
  #receiveAtLast(link: Link, kind: number, to: Incarnation, item: unknown): void {
    const { directory, host } = this.#mesh;
    const cell = directory.resident(to);
    if (cell !== undefined) {
      this.#postTo(cell, link, item);
      return;
    }
    const elsewhere = directory.remote(to);
    if (elsewhere !== undefined && (link.peer >= FIRST_NODE || elsewhere.peer >= FIRST_NODE)) {
      this.#relays.take(link, to, elsewhere, item);
      return;
    }
    const hops = Math.floor(kind / HOP);
    if (elsewhere !== undefined && elsewhere.peer !== link.peer && hops < MOST_HOPS) {
      elsewhere.forward(item, hops + 1);
      return;
    }
    this.#mesh.send(link.peer, { kind: "gone", of: to });
    host.undelivered(directory.nobody(to), item, "stopped");
  }

  #answered(link: Link, number: number, value: unknown): void {
    const ask = this.#mesh.asks.take(number, link.peer);
    if (ask?.ended === false) ask.succeed(value);
    else if (ask !== null) this.#mesh.host.deadlines.late(ask.target, value);
  }

  /** Who stands here for an actor of the other side, by the incarnation that it has there. */
  #standIn(link: Link, of: Incarnation): RemoteTarget | undefined {
    const { directory, nodes } = this.#mesh;
    return link.peer < FIRST_NODE ? directory.remote(of) : nodes!.far(link.peer, of);
  }

  #steer(link: Link, frame: SystemFrame): void {
    const { directory, early } = this.#mesh;
    const from = link.peer;
    if (from >= FIRST_NODE && !NODE_FRAMES.has(frame.kind)) {
      throw runtimeError("NODE_FRAMES_INVALID", `No node may send ${frame.kind}`);
    }
    if (frame.kind === "find") {
      this.#find(from, frame);
      return;
    }
    if (frame.kind === "withdraw" || frame.kind === "withdrawn") {
      this.#withdraw(link, frame);
      return;
    }
    const { of } = frame;
    const handle = (): void => this.#steerAtLast(link, frame);
    if (directory.resident(of) !== undefined || !isForActor(frame) || !early.hold(of, from, handle)) handle();
  }

  #find(from: number, { of, where }: Extract<SystemFrame, { readonly kind: "find" }>): void {
    this.#mesh.host.system.find(where).then(
      (ref) => this.#mesh.reply(from, of, ref),
      (error: unknown) => this.#mesh.refuse(from, of, error),
    );
  }

  /** An answer that has crossed the withdrawal came before this. */
  #withdraw(
    link: Link,
    { kind, of }: Extract<SystemFrame, { readonly kind: "withdraw" | "withdrawn" }>,
  ): void {
    if (kind === "withdrawn") this.#mesh.asks.take(of, link.peer);
    else {
      const question = link.questions.get(of);
      link.questions.delete(of);
      question?.withdrawn();
      this.#mesh.send(link.peer, { kind: "withdrawn", of });
    }
  }

  #steerAtLast(
    link: Link,
    frame: Exclude<SystemFrame, { readonly kind: "find" | "withdraw" | "withdrawn" }>,
  ): void {
    const { directory, early } = this.#mesh;
    const from = link.peer;
    const { of } = frame;
    switch (frame.kind) {
      case "spawn":
        directory.admit(from, frame);
        return;
      case "halt":
        directory.resident(of)?.system({ kind: "halt", error: decodeError(frame.error) });
        return;
      case "begin":
      case "resume":
        directory.resident(of)?.system({ kind: frame.kind });
        return;
      case "stop":
        (directory.resident(of) ?? directory.remote(of))?.system({
          kind: "stop",
          reason: decodeReason(frame.reason),
        });
        return;
      case "failed":
        directory.child(of)?.failed(decodeError(frame.error), frame.alive);
        return;
      case "halted":
        directory.child(of)?.halted();
        return;
      case "child-stopped":
        directory.child(of)?.stopped();
        directory.dropChild(of);
        return;
      case "watch":
        directory.watchFor(from, of);
        return;
      case "unwatch":
        directory.unwatchFor(from, of);
        return;
      case "link":
      case "unlink":
        (directory.resident(of) ?? directory.remote(of))?.system({
          kind: frame.kind,
          peer: Ref.targetOf(frame.peer),
        });
        return;
      case "terminated":
        this.#standIn(link, of)?.terminated(decodeReason(frame.reason));
        return;
      case "unreachable":
        directory.remote(of)?.signal(decodeReason(frame.reason));
        return;
      case "barrier":
        this.#mesh.send(from, { kind: "barrier-passed", of });
        return;
      case "barrier-passed":
        early.release(of);
        return;
      case "gone":
        this.#standIn(link, of)?.terminated({ kind: "stopped" });
        return;
      case "locate":
        if (frame.foreign === undefined) directory.expect(frame.path, of);
        else this.#mesh.nodes?.expect(frame.path, frame.foreign, of);
        return;
      case "moved":
        directory.moved(of, frame.thread);
        return;
    }
  }
}

const UNREADABLE = "a message that cannot be read again";

/** Where it cannot be read again, a description. */
function unpackAgain(
  decoder: Decoder | null,
  kind: number,
  ring: FrameMemory,
  at: number,
  bytes: number,
): unknown {
  if (decoder === null || (kind & BESIDE) !== 0) return UNREADABLE;
  try {
    return decoder.unpack(Buffer.from(ring.bytes.subarray(at + HEAD, at + bytes)));
  } catch {
    return UNREADABLE;
  }
}

/** Whoever has a ref sends these; the actor's own supervisor alone sends the others about its life. */
function isForActor({ kind }: SystemFrame): boolean {
  return kind === "watch" || kind === "unwatch" || kind === "stop" || kind === "link" || kind === "unlink";
}
