/** Refs and replies as data, while they are part of a message that goes to another node or comes from there. */
import { makeAddress, parseAddress, type Incarnation } from "../address.ts";
import { AskReply } from "../ask.ts";
import { Cell } from "../cell.ts";
import { runtimeError } from "../errors.ts";
import { mailboxLimits, type Overflow } from "../mailbox.ts";
import { Nobody } from "../nobody.ts";
import { Ref } from "../ref.ts";
import type { Passport } from "../threads/codec.ts";
import { NO_LIFE } from "../threads/frames.ts";
import { remoteAsk, RemoteTarget } from "../threads/remote.ts";
import { OWN_REPLY } from "../threads/travel.ts";
import type { Neighbour } from "./neighbour.ts";
import type { Nodes } from "./nodes.ts";

/** A ref as data; life: of its node, null where it is known by its address alone. */
type FarRefStamp = readonly [
  node: string,
  life: number | null,
  incarnation: number,
  path: string,
  type: string,
  capacity: number,
  overflow: Overflow,
];

export class NodeTravel implements Passport {
  readonly #nodes: Nodes;
  readonly #neighbour: Neighbour;

  constructor(nodes: Nodes, neighbour: Neighbour) {
    this.#nodes = nodes;
    this.#neighbour = neighbour;
  }

  stampRef(ref: Ref<unknown>): FarRefStamp {
    const { mesh, life } = this.#nodes;
    const target = Ref.targetOf(ref);
    if (target instanceof Cell && target.parent !== null) {
      mesh.directory.publish(target);
      const { incarnation, path, type, limits } = target;
      return [mesh.host.node, life, incarnation, path!, type.name, limits.capacity, limits.overflow];
    }
    if (target instanceof RemoteTarget) {
      const { incarnation, path, type, limits, foreign, gone } = target;
      const { capacity, overflow } = limits;
      if (foreign === null) {
        mesh.directory.show(target);
        return [mesh.host.node, life, incarnation, path, type.name, capacity, overflow];
      }
      const theirs = gone === null ? (foreign.life ?? this.#nodes.lifeOf(foreign.node)) : NO_LIFE;
      return [foreign.node, theirs, foreign.incarnation, path, type.name, capacity, overflow];
    }
    if (target instanceof Nobody) {
      const { node, path, incarnation } = parseAddress(target.address);
      return [node, NO_LIFE, incarnation, path, "", 1, "fail"];
    }
    throw runtimeError("MESSAGE_UNSENDABLE", `${ref.address} leads nowhere that another node could reach`);
  }

  /** @throws NODE_FRAMES_INVALID, ADDRESS_INVALID, MAILBOX_INVALID */
  readRef(stamp: unknown): Ref<unknown> {
    const [node, life, incarnation, path, type, capacity, overflow] = stamp as FarRefStamp;
    const parts = makeAddress(node, path, incarnation);
    const limits = mailboxLimits({ capacity, overflow });
    if (typeof type !== "string" || (life !== null && typeof life !== "number")) {
      throw runtimeError("NODE_FRAMES_INVALID", "A ref cannot be read");
    }
    return this.#nodes.meet(parts, life, type, limits);
  }

  stampReply(reply: AskReply): unknown {
    const { travel, asks } = this.#nodes.mesh;
    if (reply.ask === travel.ask) return OWN_REPLY;
    // The reply of another ask, passed on: whoever has it answers by way of this node.
    return asks.add(reply.ask, this.#neighbour.number);
  }

  readReply(stamp: unknown): AskReply {
    const { mesh } = this.#nodes;
    if (stamp === OWN_REPLY) return new AskReply(mesh.travel.ask!);
    const nobody = mesh.directory.nobody(0 as Incarnation);
    return new AskReply(remoteAsk(mesh, this.#neighbour.number, stamp as number, nobody));
  }
}
