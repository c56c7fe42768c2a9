/**
 * What regions of one name on different nodes tell each other.
 *
 * A message to a shard goes from its sender's region to the owner's as a `Pass`; a region that is no owner passes it
 * on. When a region finds that a shard has moved, it first sends a `Barrier` by the way that its messages went: it
 * comes out at the new owner behind all of them, and is answered by `Passed`. Until then it keeps what it has.
 */
import { isText, isWhole } from "../../runtime/contracts/index.ts";
import type { ActorRef, Keyed } from "../../runtime/index.ts";

interface OnTheWay {
  readonly shard: number;
  /** The life of the node that it is sent to, as the sender knows it: another life does not take it. */
  readonly to: number;
  /** Who sends it, and in which life. */
  readonly node: string;
  readonly life: number;
  /** How many regions have sent it, the first one too. */
  readonly hops: number;
}

export interface Pass<Message> extends OnTheWay {
  readonly kind: "pass";
  readonly key: string;
  readonly message: Message;
  /** Whose region sent it first, and under which claim: by them a late one is known. */
  readonly origin: string;
  readonly under: number;
}

export interface Barrier extends OnTheWay {
  readonly kind: "barrier";
  readonly number: number;
  readonly asker: ActorRef<Passed>;
}

export interface Passed {
  readonly kind: "passed";
  readonly shard: number;
  readonly number: number;
}

/** Something that the region is to do by itself; made on this node alone. */
export class Step {
  readonly run: (ctx: never) => void;

  constructor(run: (ctx: never) => void) {
    this.run = run;
  }
}

export type RegionMessage<Message> = Keyed<Message> | Pass<Message> | Barrier | Passed | Step;

export const MOST_HOPS = 16;
const LONGEST_KEY = 1_024;

export const isKey = (given: unknown): given is string => isText(given) && given.length <= LONGEST_KEY;

type Loose = Readonly<Record<string, unknown>>;

export function isKeyed<Message>(given: unknown): given is Keyed<Message> {
  const { key, kind } = given as Loose;
  return isKey(key) && kind === undefined && "message" in (given as Loose);
}

export function isPass<Message>(given: unknown, shards: number): given is Pass<Message> {
  const { kind, key, origin, under } = given as Loose;
  const isSent = isKey(key) && "message" in (given as Loose) && isText(origin) && isWhole(under, 1);
  return kind === "pass" && isSent && isOnTheWay(given as Loose, shards);
}

export function isBarrier(given: unknown, shards: number): given is Barrier {
  const { kind, number, asker } = given as Loose;
  const isAsker = typeof asker === "object" && asker !== null && "address" in asker && "tell" in asker;
  return kind === "barrier" && isWhole(number, 0) && isAsker && isOnTheWay(given as Loose, shards);
}

export function isPassed(given: unknown, shards: number): given is Passed {
  const { kind, number, shard } = given as Loose;
  return kind === "passed" && isWhole(number, 0) && isWhole(shard, 0) && shard < shards;
}

function isOnTheWay({ shard, to, node, life, hops }: Loose, shards: number): boolean {
  const isShard = isWhole(shard, 0) && shard < shards;
  return isShard && isWhole(to, 0) && isText(node) && isWhole(life, 0) && isWhole(hops, 1);
}
