import { isBetween, isObject, isText, isWhole } from "../../runtime/contracts/index.ts";
import type { ActorSystem, ActorType, Supervision } from "../../runtime/index.ts";
import { check } from "../errors.ts";
import type { Membership } from "../membership/membership.ts";
import type { Sharded } from "./guarded.ts";

/** How a node takes part in a type of sharded actors; every node that does says the same. */
export interface RegionOptions<State, Message> {
  /** Of this node; its name is the member's. It reaches the other nodes. */
  readonly system: ActorSystem;
  readonly membership: Membership;
  readonly type: ActorType<Sharded, State, Message>;
  /** What the cluster calls them; default: the type's name. */
  readonly name?: string;
  /** How many shards the keys fall into, the same for ever; default 128, at most 4,096. */
  readonly shards?: number;
  /** Only members that have it own shards; default: any will do. */
  readonly role?: string;
  /** Milliseconds after which an actor that was sent nothing stops until the next message; default: never. */
  readonly idleMs?: number;
  /** How many messages may wait on this node while their shards have no owner; default 10,000. */
  readonly bufferSize?: number;
  /** Milliseconds in which the actors of a shard that moves must have handled what they have; default 10,000. */
  readonly handOverMs?: number;
  /**
   * Of the actors, each by itself, however often it crashes. Default: restarted, after 50 ms at first, 5 s at last.
   * `escalate` stops the actor until the next message.
   */
  readonly supervision?: Pick<Supervision, "decide" | "backoff">;
}

export type RegionSettings<State, Message> = Omit<
  Required<RegionOptions<State, Message>>,
  "role" | "supervision"
> & {
  readonly role: string | null;
  readonly supervision: Supervision;
};

const MOST_SHARDS = 4_096;
const MOST_WAITING = 1_000_000;
const LONGEST_MS = 2 ** 31 - 1;
const NAME = /^[\w.~@:+=%!*'()-]{1,100}$/;
const BACKOFF = { minMs: 50, maxMs: 5_000, jitter: 0.2 };

/** @throws CLUSTER_OPTION_INVALID */
export function regionSettings<State, Message>(
  options: RegionOptions<State, Message>,
): RegionSettings<State, Message> {
  const code = "CLUSTER_OPTION_INVALID";
  check(isObject(options), code, "The options of a region are an object", options);
  const { system, membership, type, name = type.name, shards = 128, role = null } = options;
  const { idleMs = Infinity, bufferSize = 10_000, handOverMs = 10_000, supervision = {} } = options;
  check(isText(name) && NAME.test(name), code, "name of a region is a name as in addresses", name);
  check(isWhole(shards, 1) && shards <= MOST_SHARDS, code, `shards are 1 to ${MOST_SHARDS}`, shards);
  check(role === null || isText(role), code, "role is a text", role);
  const isIdle = idleMs === Infinity || isBetween(idleMs, 1, LONGEST_MS);
  check(isIdle, code, "idleMs is a number of milliseconds from 1", idleMs);
  const isSize = isWhole(bufferSize, 0) && bufferSize <= MOST_WAITING;
  check(isSize, code, `bufferSize is a whole number up to ${MOST_WAITING}`, bufferSize);
  check(isBetween(handOverMs, 1, LONGEST_MS), code, "handOverMs is 1 or more", handOverMs);
  const isSameNode = system.node === membership.node;
  check(isSameNode, code, `The system is called ${membership.node}, as the member is`, system.node);
  const rules = patient(supervision);
  return { system, membership, type, name, shards, role, idleMs, bufferSize, handOverMs, supervision: rules };
}

/** One that crashes takes nobody along: the region has the actors of all keys. */
function patient({ decide, backoff = BACKOFF }: Pick<Supervision, "decide" | "backoff">): Supervision {
  return {
    maxRestarts: Infinity,
    backoff,
    decide(error, child) {
      const directive = decide?.(error, child) ?? "restart";
      return directive === "escalate" ? "stop" : directive;
    },
  };
}
