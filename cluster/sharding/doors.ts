/**
 * The regions of other nodes, each in the life in which it owns something. They are found by name, since an address
 * would not do: after a new start of its node it may name an actor of the life before.
 *
 *     unknown ──asked for──▶ sought, again and again while anybody wants it ──▶ known ──life over──▶ forgotten
 */
import type { ActorContext, ActorRef } from "../../runtime/index.ts";
import { Step } from "./region-protocol.ts";
import type { Owner } from "./shard-table.ts";

const SEEK_MS = 2_000;
const AGAIN_MS = 100;

export interface DoorEvents<Message> {
  /** Whether anything is still to go there. */
  isWanted(owner: Owner): boolean;
  found(owner: Owner, door: ActorRef<Message>, ctx: ActorContext<Message | Step>): void;
}

export class Doors<Message> {
  readonly #where: (node: string) => string;
  readonly #events: DoorEvents<Message>;
  /** Null: it is sought. */
  readonly #known = new Map<string, ActorRef<Message> | null>();

  constructor(where: (node: string) => string, events: DoorEvents<Message>) {
    this.#where = where;
    this.#events = events;
  }

  /** @returns null: it is not known yet, and sought */
  of(owner: Owner, ctx: ActorContext<Message | Step>): ActorRef<Message> | null {
    const known = this.#known.get(lifeOf(owner));
    if (known === undefined) this.#seek(owner, ctx);
    return known ?? null;
  }

  /** Of all lives of that node. */
  forget(node: string): void {
    for (const name of this.#known.keys()) if (name.endsWith(` ${node}`)) this.#known.delete(name);
  }

  /** Those who sought have ended. */
  clear(): void {
    this.#known.clear();
  }

  #seek(owner: Owner, ctx: ActorContext<Message | Step>): void {
    this.#known.set(lifeOf(owner), null);
    ctx.pipe(
      ctx.system.find(this.#where(owner.node), { timeoutMs: SEEK_MS }),
      (ref) => this.#step((later) => this.#came(owner, ref, later)),
      () => this.#step((later) => this.#came(owner, null, later)),
    );
  }

  #came(owner: Owner, door: ActorRef<Message> | null, ctx: ActorContext<Message | Step>): void {
    const name = lifeOf(owner);
    if (door !== null) {
      this.#known.set(name, door);
      this.#events.found(owner, door, ctx);
    } else if (this.#events.isWanted(owner)) {
      const again = this.#step((later) => this.#seek(owner, later));
      ctx.timers.single(`seek ${name}`, AGAIN_MS, again);
    } else this.#known.delete(name);
  }

  #step(run: (ctx: ActorContext<Message | Step>) => void): Step {
    return new Step(run);
  }
}

/** The same for owners of the same life. */
export const lifeOf = ({ node, life }: Pick<Owner, "node" | "life">): string => `${life} ${node}`;
