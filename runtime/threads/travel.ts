/** Refs and replies as data, while they are part of a message that crosses threads. */
import { parseAddress, type ActorPath, type Incarnation } from "../address.ts";
import { AskReply, type Ask } from "../ask.ts";
import { Cell } from "../cell.ts";
import { runtimeError } from "../errors.ts";
import { Nobody } from "../nobody.ts";
import { Ref } from "../ref.ts";
import type { Passport } from "./codec.ts";
import { FIRST_NODE, NO_LIFE, NOWHERE, type RefStamp } from "./frames.ts";
import type { Codec } from "./layout.ts";
import type { Mesh } from "./mesh.ts";
import { remoteAsk, RemoteTarget } from "./remote.ts";

/** The reply of the very ask whose message it is part of. */
export const OWN_REPLY = 0;

export class Travel implements Passport {
  /** The ask whose message is being packed or unpacked. */
  ask: Ask | null = null;
  readonly #mesh: Mesh;

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
  }

  stampRef(ref: Ref<unknown>): RefStamp {
    const target = Ref.targetOf(ref);
    if (target instanceof Cell && target.parent !== null) {
      this.#mesh.directory.publish(target);
      const { incarnation, path, type, limits } = target;
      return [this.#mesh.thread, incarnation, path!, type.name, limits.capacity, limits.overflow, null];
    }
    if (target instanceof RemoteTarget) {
      const { incarnation, path, type, limits, foreign } = target;
      const { capacity, overflow } = limits;
      // Other nodes are reached by way of the main thread.
      if (target.peer >= FIRST_NODE) this.#mesh.directory.show(target);
      const thread = target.peer >= FIRST_NODE ? this.#mesh.thread : target.peer;
      return [thread, incarnation, path, type.name, capacity, overflow, foreign];
    }
    if (target instanceof Nobody) {
      const { node, path, incarnation } = parseAddress(target.address);
      const foreign = node === this.#mesh.host.node ? null : { node, incarnation, life: NO_LIFE };
      return [NOWHERE, incarnation, path, "", 1, "fail", foreign];
    }
    throw runtimeError("MESSAGE_UNSENDABLE", `${ref.address} leads nowhere that another thread could reach`);
  }

  readRef(stamp: unknown): Ref<unknown> {
    const [peer, incarnation, path, type, capacity, overflow, foreign] = stamp as RefStamp;
    const place = { peer, incarnation, path: path as ActorPath, foreign };
    return this.#mesh.directory.meet(place, type, { capacity, overflow }).ref;
  }

  /** A layout has room only for the reply of the ask that the message belongs to. */
  replyIsOwn({ replyField }: Codec, message: unknown): boolean {
    if (replyField === null) return true;
    const reply = (message as Readonly<Record<string, unknown>>)[replyField];
    return this.ask !== null && reply instanceof AskReply && reply.ask === this.ask;
  }

  stampReply(reply: AskReply): unknown {
    if (reply.ask === this.ask) return OWN_REPLY;
    // The reply of another ask, passed on: whoever has it answers by way of this thread.
    return [this.#mesh.thread, this.#mesh.asks.add(reply.ask, this.#mesh.thread)];
  }

  readReply(stamp: unknown): AskReply {
    if (stamp === OWN_REPLY) return new AskReply(this.ask!);
    const [thread, number] = stamp as [number, number];
    return new AskReply(remoteAsk(this.#mesh, thread, number, this.#mesh.directory.nobody(0 as Incarnation)));
  }
}
