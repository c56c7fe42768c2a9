import { isBetween, isClock, isObject, isRandom, isText } from "../../runtime/contracts/index.ts";
import { seededRandom, systemClock, type Clock, type Random } from "../../runtime/contracts/index.ts";
import { check } from "../errors.ts";
import { areNames, isCapacity, LEAST_LEASE_MS, MOST_LEASE_MS } from "./announcement.ts";

/** What a node says of itself when it joins. */
export interface MemberOptions {
  /** Its name, which no other living node has: as in addresses. */
  readonly node: string;
  /** What it is for; default: nothing in particular. */
  readonly roles?: readonly string[];
  /** How much it can carry, beside the others; default 1. Twice as much gets twice as many shards. */
  readonly capacity?: number;
  /** Milliseconds after which a node that is not heard of has lost all that it owns; default 5,000. */
  readonly leaseMs?: number;
  readonly clock?: Clock;
  /** Default: seeded from the machine's entropy. */
  readonly random?: Random;
}

export type MemberRules = Required<MemberOptions>;

const NODE = /^[\w.~$@:+=%!*'()-]{1,200}$/;

/** @throws CLUSTER_OPTION_INVALID */
export function memberRules(options: MemberOptions): MemberRules {
  check(isObject(options), "CLUSTER_OPTION_INVALID", "The options of a member are an object", options);
  const { node, roles = [], capacity = 1, leaseMs = 5_000, clock = systemClock } = options;
  const { random = seededRandom(crypto.randomUUID()) } = options;
  const isNode = isText(node) && NODE.test(node);
  check(isNode, "CLUSTER_OPTION_INVALID", "node is a name as in addresses", node);
  check(areNames(roles), "CLUSTER_OPTION_INVALID", "roles are names", roles);
  check(isCapacity(capacity), "CLUSTER_OPTION_INVALID", "capacity is a number above 0", capacity);
  const isLease = isBetween(leaseMs, LEAST_LEASE_MS, MOST_LEASE_MS);
  const expected = `leaseMs lies between ${LEAST_LEASE_MS} and ${MOST_LEASE_MS}`;
  check(isLease, "CLUSTER_OPTION_INVALID", expected, leaseMs);
  check(isClock(clock), "CLUSTER_OPTION_INVALID", "clock is a Clock", clock);
  check(isRandom(random), "CLUSTER_OPTION_INVALID", "random is a Random", random);
  return { node, roles, capacity, leaseMs, clock, random };
}
