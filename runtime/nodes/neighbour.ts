/**
 * Another node, as this one knows it: its life, the session with it, if any, and the stand-ins here for its
 * actors. A node that is lost stays a neighbour: what is sent to it next begins another session.
 *
 * Incarnations count for each node anew. A frame to an actor names it by the receiver's count, a frame about
 * an actor of the sender by the sender's. Lives grow: of two, the greater is the later.
 */
import type { AnyActorType } from "../actor.ts";
import type { ActorPath, Incarnation, NodeName } from "../address.ts";
import type { MyriadError } from "../contracts/index.ts";
import { runtimeError } from "../errors.ts";
import type { MailboxLimits } from "../mailbox.ts";
import { UNKNOWN } from "../threads/directory.ts";
import { NO_LIFE, SYSTEM, type SystemFrame } from "../threads/frames.ts";
import type { Link } from "../threads/link.ts";
import { answerToUnknown, Association } from "./association.ts";
import { HEAD_BYTES, HELLO, type Datagram } from "./datagram.ts";
import { Greeting } from "./greeting.ts";
import { NodeTarget } from "./node-target.ts";
import { NodeTravel } from "./node-travel.ts";
import type { Nodes } from "./nodes.ts";
import { Session } from "./session.ts";

const MOST_BATCH_BYTES = 65_536;
const ANEW = "it was started anew";

export class Neighbour {
  readonly name: NodeName;
  /** Among the peers of this node's links. */
  readonly number: number;
  /** Null: not known yet. */
  life: number | null = null;
  readonly #nodes: Nodes;
  readonly #travel: NodeTravel;
  readonly #far = new Map<Incarnation, WeakRef<NodeTarget>>();
  readonly #unheld = new FinalizationRegistry<Incarnation>((far) => {
    if (this.#far.get(far)?.deref() === undefined) this.#far.delete(far);
  });
  #session: Session | null = null;

  constructor(nodes: Nodes, name: NodeName, number: number) {
    this.#nodes = nodes;
    this.name = name;
    this.number = number;
    this.#travel = new NodeTravel(nodes, this);
  }

  get link(): Link {
    return this.#current.link;
  }

  speaksBy(link: Link): boolean {
    return this.#session?.link === link;
  }

  get isReached(): boolean {
    return this.#session?.isOpen === true;
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
    if (life !== null && this.life !== null && life > this.life) this.#startedAnew(life);
    const isPast = life === NO_LIFE || (life !== null && this.life !== null && life < this.life);
    const known = isPast ? undefined : this.far(incarnation);
    if (known?.path === path) return known;
    const { mesh } = this.#nodes;
    const foreign = { node: this.name, incarnation, life };
    const identity = { path, type, limits, foreign, peer: this.number };
    const target = new NodeTarget(mesh, { ...identity, incarnation: mesh.host.nextIncarnation() });
    mesh.directory.remember(target);
    // Nobody has another's incarnation in the same life.
    if (isPast || known !== undefined) target.gone = { kind: "failed", error: this.#lostError(ANEW) };
    else {
      this.life ??= life;
      this.#far.set(incarnation, new WeakRef(target));
      this.#unheld.register(target, incarnation);
    }
    return target;
  }

  // ---- what comes from it ----------------------------------------------------------------------------

  received(datagram: Datagram): void {
    const begun = this.#session?.begun ?? null;
    if (begun?.received(datagram) === true) return;
    if (datagram.kind !== HELLO || datagram.to !== 0) {
      const answer = answerToUnknown(datagram);
      if (answer !== null) this.#transmit(answer);
      return;
    }
    if (begun?.outdates(datagram.from) === true) return;
    begun?.close("it has begun another session");
    this.#current.association.received(datagram);
  }

  close(): void {
    this.#session?.begun?.close("this system was shut down");
  }

  // ---- sessions --------------------------------------------------------------------------------------

  get #current(): Session {
    if (this.#session !== null) return this.#session;
    const { mesh, rules } = this.#nodes;
    const session = new Session({
      payloadBytes: Math.min(MOST_BATCH_BYTES, rules.transport.maxBytes - HEAD_BYTES),
      openLink: (writer, port) => {
        const link = mesh.openLink(this.number, writer, port, this.#travel);
        return { link, handler: mesh.handlerOf(link) };
      },
      associate: (begun) => this.#associate(begun),
    });
    this.#session = session;
    // Actors that are known by their addresses alone are known to it for one session.
    for (const weak of this.#far.values()) {
      const target = weak.deref();
      if (target?.type !== UNKNOWN) continue;
      const frame: SystemFrame = { kind: "locate", of: target.wire, path: target.path };
      session.link.sendPacked(SYSTEM, 0, 0, frame);
    }
    return session;
  }

  #associate(session: Session): Association {
    const { mesh, rules, greeting } = this.#nodes;
    const association: Association = new Association(
      mesh.host.clock,
      this.#nodes.nextSession(),
      rules,
      greeting.encode(),
      {
        transmit: (datagram) => this.#transmit(datagram),
        greeted: (bytes) => this.#greeted(session, bytes, association.unread().length > 0),
        took: (kind, payload, more) => session.took(kind, payload, more),
        eased: () => mesh.host.dispatcher.arm(),
        over: (why) => this.#lost(session, why),
      },
    );
    association.start();
    return association;
  }

  #transmit(datagram: Uint8Array): void {
    this.#nodes.transmit(this.name, datagram);
  }

  /** @param hasSent what was meant for the life that it was known by. */
  #greeted(session: Session, bytes: Uint8Array, hasSent: boolean): string | null {
    const { mesh, greeting } = this.#nodes;
    const theirs = Greeting.decode(bytes);
    if (theirs === null) return "its greeting cannot be read";
    const before = this.life;
    this.life = theirs.life;
    if (before !== null && before !== theirs.life) {
      this.#bury();
      if (hasSent) return ANEW;
    }
    session.link.sharesLayouts = theirs.layouts === greeting.layouts;
    mesh.host.events.publish({ kind: "node-reached", node: this.name });
    return null;
  }

  /** Another node knows a later life of it. */
  #startedAnew(life: number): void {
    this.#session?.begun?.close(ANEW);
    this.life = life;
    this.#bury();
  }

  /** None of its actors lives any more. */
  #bury(): void {
    const error = this.#lostError(ANEW);
    for (const weak of this.#far.values()) {
      const target = weak.deref();
      if (target === undefined) continue;
      target.terminated({ kind: "failed", error });
      this.#nodes.mesh.directory.hide(target);
    }
    this.#far.clear();
  }

  #lost(session: Session, why: string): void {
    const { mesh } = this.#nodes;
    const error = this.#lostError(why);
    session.end();
    // Whatever is sent from here on belongs to the next session.
    this.#session = null;
    mesh.loseNode(session.link, error);
    for (const weak of [...this.#far.values()]) weak.deref()?.unreachable(error);
    mesh.host.events.publish({ kind: "node-lost", node: this.name, why });
  }

  #lostError(why: string): MyriadError {
    return runtimeError("NODE_LOST", `Node ${this.name} is lost: ${why}`, { location: this.name });
  }
}
