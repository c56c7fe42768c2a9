/**
 * Another node, as this one knows it: its life, the session with it, if any, the link whose frames that session
 * carries, and the stand-ins here for its actors. A node that is lost stays a neighbour: what is sent to it
 * next begins another session.
 *
 * Incarnations count for each node anew. A frame to an actor names it by the receiver's count, a frame about
 * an actor of the sender by the sender's.
 */
import type { ActorPath, Incarnation, NodeName } from "../address.ts";
import type { AnyActorType } from "../actor.ts";
import type { MyriadError } from "../contracts/index.ts";
import { runtimeError } from "../errors.ts";
import type { MailboxLimits } from "../mailbox.ts";
import type { BesideItem } from "../threads/frames.ts";
import type { FrameHandler } from "../threads/frame-writer.ts";
import type { BesidePort, Link } from "../threads/link.ts";
import { Association, answerToUnknown } from "./association.ts";
import { BatchWriter, readBatch } from "./batch.ts";
import { FRAMES, HEAD_BYTES, HELLO, ITEM, type Datagram } from "./datagram.ts";
import { Greeting } from "./greeting.ts";
import { ItemInbox, packItem, pieces } from "./items.ts";
import { NodeTarget } from "./node-target.ts";
import { NodeTravel } from "./node-travel.ts";
import type { Nodes } from "./nodes.ts";

const MOST_BATCH_BYTES = 65_536;

export class Neighbour implements BesidePort {
  readonly name: NodeName;
  /** Among the peers of this node's links. */
  readonly number: number;
  /** Null: not known yet. */
  life: number | null = null;
  readonly #nodes: Nodes;
  readonly #travel: NodeTravel;
  readonly #payloadBytes: number;
  readonly #far = new Map<Incarnation, WeakRef<NodeTarget>>();
  readonly #unheld = new FinalizationRegistry<Incarnation>((far) => {
    if (this.#far.get(far)?.deref() === undefined) this.#far.delete(far);
  });
  #association: Association | null = null;
  #inbox!: ItemInbox;
  #link!: Link;
  #handler!: FrameHandler;

  constructor(nodes: Nodes, name: NodeName, number: number) {
    this.#nodes = nodes;
    this.name = name;
    this.number = number;
    this.#travel = new NodeTravel(nodes, this);
    this.#payloadBytes = Math.min(MOST_BATCH_BYTES, nodes.rules.transport.maxBytes - HEAD_BYTES);
    this.#renew();
  }

  get link(): Link {
    return this.#link;
  }

  get isReached(): boolean {
    return this.#association?.isOpen === true;
  }

  // ---- its actors ------------------------------------------------------------------------------------

  far(incarnation: Incarnation): NodeTarget | undefined {
    return this.#far.get(incarnation)?.deref();
  }

  /** The one stand-in for an actor of it. @param life as it was when the actor was heard of; null: unknown. */
  meet(
    path: ActorPath,
    incarnation: Incarnation,
    life: number | null,
    type: AnyActorType,
    limits: MailboxLimits,
  ): NodeTarget {
    const isOfOtherLife = life !== null && this.life !== null && life !== this.life;
    const known = isOfOtherLife ? undefined : this.far(incarnation);
    if (known !== undefined) return known;
    const { mesh } = this.#nodes;
    const foreign = { node: this.name, incarnation };
    const own = mesh.host.nextIncarnation();
    const target = new NodeTarget(mesh, {
      incarnation: own,
      path,
      type,
      thread: this.number,
      limits,
      foreign,
    });
    mesh.directory.remember(target);
    if (isOfOtherLife) target.gone = { kind: "failed", error: this.#lostError("it was started anew") };
    else {
      this.life ??= life;
      this.#far.set(incarnation, new WeakRef(target));
      this.#unheld.register(target, incarnation);
    }
    return target;
  }

  // ---- what comes from it ----------------------------------------------------------------------------

  received(datagram: Datagram): void {
    if (this.#association?.received(datagram) === true) return;
    if (datagram.kind !== HELLO || datagram.to !== 0) {
      const answer = answerToUnknown(datagram);
      if (answer !== null) this.#transmit(answer);
      return;
    }
    if (this.#association?.isNewerThan(datagram.from) === true) return;
    this.#association?.close("it has begun another session");
    this.#associate().received(datagram);
  }

  close(): void {
    this.#association?.close("this system was shut down");
  }

  // ---- as the port of its link -----------------------------------------------------------------------

  postMessage(item: unknown): void {
    for (const { piece, more } of pieces(packItem(item as BesideItem), this.#payloadBytes)) {
      this.#associate().send(ITEM, piece, more);
    }
  }

  receive(): BesideItem {
    return this.#inbox.next();
  }

  // ---- sessions --------------------------------------------------------------------------------------

  #renew(): void {
    const writer = new BatchWriter(
      this.#payloadBytes,
      (batch) => this.#associate().send(FRAMES, batch),
      () => this.#association?.isFull === true,
      () => this.#unreadBatches(),
    );
    this.#inbox = new ItemInbox();
    this.#link = this.#nodes.mesh.openLink(this.number, writer, this, this.#travel);
    this.#handler = this.#nodes.mesh.handlerOf(this.#link);
  }

  *#unreadBatches(): Iterable<Uint8Array> {
    for (const { kind, payload } of this.#association?.unread() ?? []) if (kind === FRAMES) yield payload;
  }

  #associate(): Association {
    if (this.#association !== null) return this.#association;
    const { mesh, rules, greeting } = this.#nodes;
    const association: Association = new Association(
      mesh.host.clock,
      this.#nodes.nextSession(),
      rules,
      greeting.encode(),
      {
        transmit: (datagram) => this.#transmit(datagram),
        greeted: (bytes) => this.#greeted(bytes, association.unread().length > 0),
        took: (kind, payload, more) => {
          if (kind === ITEM) this.#inbox.add(payload, more);
          else readBatch(payload, this.#handler);
        },
        eased: () => mesh.host.dispatcher.arm(),
        over: (why) => this.#lost(why),
      },
    );
    this.#association = association;
    association.start();
    return association;
  }

  #transmit(datagram: Uint8Array): void {
    this.#nodes.rules.transport.send(this.name, datagram);
  }

  /** @param hasSent what was meant for the life that it was known by. */
  #greeted(bytes: Uint8Array, hasSent: boolean): string | null {
    const { mesh, greeting } = this.#nodes;
    const theirs = Greeting.decode(bytes);
    if (theirs === null) return "its greeting cannot be read";
    const before = this.life;
    this.life = theirs.life;
    if (before !== null && before !== theirs.life) {
      this.#bury();
      if (hasSent) return "it was started anew";
    }
    this.#link.sharesLayouts = theirs.layouts === greeting.layouts;
    mesh.host.events.publish({ kind: "node-reached", node: this.name });
    return null;
  }

  /** None of its actors lives any more. */
  #bury(): void {
    const error = this.#lostError("it was started anew");
    for (const weak of this.#far.values()) {
      const target = weak.deref();
      if (target === undefined) continue;
      target.terminated({ kind: "failed", error });
      this.#nodes.mesh.directory.hide(target);
    }
    this.#far.clear();
  }

  #lost(why: string): void {
    const { mesh } = this.#nodes;
    const error = this.#lostError(why);
    const link = this.#link;
    mesh.loseNode(link, error);
    this.#association = null;
    this.#renew();
    for (const weak of [...this.#far.values()]) weak.deref()?.unreachable(error);
    mesh.host.events.publish({ kind: "node-lost", node: this.name, why });
  }

  #lostError(why: string): MyriadError {
    return runtimeError("NODE_LOST", `Node ${this.name} is lost: ${why}`, { location: this.name });
  }
}
