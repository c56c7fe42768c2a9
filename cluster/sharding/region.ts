/**
 * The region: the one actor of a node through which all messages to its sharded actors go, in and out.
 *
 *     a ref ─▶ region here ─▶ region of the owner ─▶ the key's actor, its child
 *
 * For each shard it knows, from the table, who owns it. What comes for a shard that nobody is known to own, or that is
 * moving, waits here, no more than `bufferSize` of it, and goes on in order. Between any two nodes messages keep their
 * order, and a barrier (see the protocol) keeps it when a shard moves; so messages of one ref to one key are handled in
 * the order they were sent. What could come out of order is refused instead: it reached a life of a node that is
 * over, or was passed on by one.
 *
 * What the table tells is done before any message, also when many wait: see `steps`.
 *
 * It is one file, long as it is: each message meets all that a shard can be in, and its order hangs on all of it.
 */
import { isObject, type Fence } from "../../runtime/contracts/index.ts";
import {
  actor,
  type ActorContext,
  type ActorRef,
  type ActorType,
  type Keyed,
  type Supervision,
} from "../../runtime/index.ts";
import { clusterError } from "../errors.ts";
import type { Lease } from "../membership/lease.ts";
import { shardOf } from "./allocation.ts";
import { Doors, lifeOf } from "./doors.ts";
import { guarded, type Placed, type Sharded } from "./guarded.ts";
import {
  isBarrier,
  isKeyed,
  isPass,
  isPassed,
  MOST_HOPS,
  Step,
  type Barrier,
  type Pass,
  type Passed,
  type RegionMessage,
} from "./region-protocol.ts";
import type { Claim, Owner } from "./shard-table.ts";

export interface RegionRules<State, Message> {
  readonly name: string;
  readonly type: ActorType<Sharded, State, Message>;
  readonly shards: number;
  /** Infinity: none is passivated. */
  readonly idleMs: number;
  readonly bufferSize: number;
  readonly handOverMs: number;
  readonly barrierMs: number;
  /** Of a region on another node. */
  where(node: string): string;
  readonly supervision: Supervision;
}

/** What a region asks about its cluster. */
export interface RegionWorld {
  readonly node: string;
  readonly lease: Lease | null;
  isGone(node: string, life: number): boolean;
  /** The actors of that shard have stopped. */
  released(shard: number): void;
  /** This region has begun anew, and knows nothing. */
  began(): void;
}

/** Something that waits or goes on: a message to this region, or what another region has sent. */
interface Item<Message> {
  /** What this region was given: by that the runtime knows a question. */
  readonly given: Keyed<Message> | Pass<Message> | Barrier;
  /** Null: it was sent here first. */
  readonly from: Pass<Message> | Barrier | null;
}

interface Entity<Message> {
  readonly key: string;
  readonly shard: number;
  readonly ref: ActorRef<Message>;
  usedAt: number;
  /** Not null once it is being drained because it is idle. */
  waiting: Item<Message>[] | null;
}

/** What a region knows of a shard. */
interface Lane<Message> {
  readonly shard: number;
  owner: Owner | null;
  door: ActorRef<RegionMessage<Message>> | null;
  /** Not null: this node owns it. */
  claim: Claim | null;
  isClosing: boolean;
  /** How many of its actors live here. */
  actors: number;
  /** What other regions have sent. It goes before what is of this one. */
  foreign: Item<Message>[];
  /** Who has sent that: what comes from there next comes behind it. */
  readonly senders: Set<string>;
  own: Item<Message>[];
  /** To whom anything was sent or passed on last. */
  sentTo: Owner | null;
  /** Keeps what is to go out; on its way by that node, behind all that went there. */
  barrier: { readonly number: number; readonly by: Owner } | null;
  /** By node: under which claim it had sent, first, what came last. What was sent under an older one is late. */
  readonly newest: Map<string, Fence>;
}

const NOTHING = new Step(() => undefined);
const moved = (what: string): Error => clusterError("SHARD_MOVED", what);

export class Region<State, Message> {
  readonly type: ActorType<undefined, unknown, RegionMessage<Message>>;
  readonly #rules: RegionRules<State, Message>;
  readonly #world: RegionWorld;
  readonly #entityType: ActorType<Placed, unknown, Message>;
  readonly #lanes: Lane<Message>[];
  /** By key; the one that was used longest ago first. */
  readonly #entities = new Map<string, Entity<Message>>();
  readonly #byAddress = new Map<string, Entity<Message>>();
  readonly #doors: Doors<RegionMessage<Message>>;
  readonly #steps: ((ctx: ActorContext<RegionMessage<Message>>) => void)[] = [];
  #door: ActorRef<RegionMessage<Message>> | null = null;
  #barriers = 0;
  /** How many messages wait here. */
  waiting = 0;
  refused = 0;

  constructor(rules: RegionRules<State, Message>, world: RegionWorld) {
    this.#rules = rules;
    this.#world = world;
    this.#entityType = guarded(rules.type);
    this.#doors = new Doors<RegionMessage<Message>>((node) => rules.where(node), {
      isWanted: (owner) =>
        this.#lanes.some((lane) => lane.owner !== null && lifeOf(lane.owner) === lifeOf(owner)),
      found: (owner, door, ctx) => this.#found(owner, door, ctx),
    });
    this.#lanes = Array.from({ length: rules.shards }, (_, shard) => newLane(shard));
    this.type = actor<undefined, Region<State, Message>, RegionMessage<Message>>({
      name: "shard-region",
      initial: (_, ctx) => this.#began(ctx),
      receive: (_, given, ctx) => this.#received(given, ctx),
      signal: (_, { ref }, ctx) => this.#stopped(ref.address, ctx),
      supervision: rules.supervision,
    });
  }

  /** How many of its actors live here. */
  get actors(): number {
    return this.#entities.size;
  }

  // ---- what the table tells --------------------------------------------------------------------------

  routed(shard: number, owner: Owner | null): void {
    this.#do((ctx) => this.#routed(this.#lanes[shard]!, owner, ctx));
  }

  owned(shard: number, claim: Claim): void {
    this.#do((ctx) => this.#owned(this.#lanes[shard]!, claim, ctx));
  }

  release(shard: number): void {
    this.#do((ctx) => this.#close(this.#lanes[shard]!, ctx));
  }

  lost(): void {
    this.#do((ctx) => this.#lost(ctx));
  }

  /** A node's life is over: nothing comes by it any more. */
  gone(node: string): void {
    this.#do((ctx) => {
      this.#doors.forget(node);
      for (const lane of this.#lanes) if (lane.barrier?.by.node === node) this.#unlessLives(lane, ctx);
    });
  }

  /** Never refused: were the mailbox full, the next message in it would come to the steps. */
  #do(step: (ctx: ActorContext<RegionMessage<Message>>) => void): void {
    this.#steps.push(step);
    if (this.#steps.length > 1 || this.#door === null) return;
    try {
      this.#door.tell(NOTHING);
    } catch {
      // It is full of messages, each of which comes to the steps first.
    }
  }

  #began(ctx: ActorContext<RegionMessage<Message>>): this {
    this.#door = ctx.self;
    this.#entities.clear();
    this.#byAddress.clear();
    this.#doors.clear();
    this.#steps.length = 0;
    this.waiting = 0;
    for (const { shard } of this.#lanes) this.#lanes[shard] = newLane(shard);
    const { idleMs } = this.#rules;
    const passivate = this.#step((later) => this.#passivateIdle(later));
    if (idleMs !== Infinity) ctx.timers.periodic("idle", Math.max(1, idleMs / 4), passivate);
    this.#world.began();
    return this;
  }

  #received(given: RegionMessage<Message>, ctx: ActorContext<RegionMessage<Message>>): this {
    for (let step = this.#steps.shift(); step !== undefined; step = this.#steps.shift()) step(ctx);
    if (given instanceof Step) given.run(ctx as never);
    else if (!isObject(given)) this.#refuseStrange(given, ctx);
    else if (isPass<Message>(given, this.#rules.shards)) this.#passed(given, ctx);
    else if (isKeyed<Message>(given)) this.#route(this.#laneOf(given.key), { given, from: null }, ctx);
    else if (isBarrier(given, this.#rules.shards)) this.#barred(given, ctx);
    else if (isPassed(given, this.#rules.shards)) this.#opened(given, ctx);
    else this.#refuseStrange(given, ctx);
    return this;
  }

  #step(run: (ctx: ActorContext<RegionMessage<Message>>) => void): Step {
    return new Step(run);
  }

  #refuseStrange(given: RegionMessage<Message>, ctx: ActorContext<RegionMessage<Message>>): void {
    this.#refuse(given, clusterError("SHARD_MESSAGE_INVALID", `${this.#rules.name} cannot read that`), ctx);
  }

  #laneOf(key: string): Lane<Message> {
    return this.#lanes[shardOf(key, this.#rules.shards)]!;
  }

  // ---- messages --------------------------------------------------------------------------------------

  #passed(pass: Pass<Message>, ctx: ActorContext<RegionMessage<Message>>): void {
    const { shard, key } = pass;
    const why = shardOf(key, this.#rules.shards) === shard ? this.#whyNot(pass) : "its shard is another one";
    if (why !== null) this.#refuse(pass, moved(`A message for ${key} is not taken: ${why}`), ctx);
    else this.#route(this.#lanes[shard]!, { given: pass, from: pass }, ctx);
  }

  #barred(barrier: Barrier, ctx: ActorContext<RegionMessage<Message>>): void {
    const lane = this.#lanes[barrier.shard]!;
    // What was sent this way is refused, too: nothing of it can come out of order.
    if (this.#whyNot(barrier) !== null) answer(barrier);
    else if (barrier.asker.address === ctx.self.address) this.#cameBack(lane, barrier, ctx);
    else this.#route(lane, { given: barrier, from: barrier }, ctx);
  }

  /** All that went that way is back too, and older than what else waits. */
  #cameBack(lane: Lane<Message>, { node, number }: Barrier, ctx: ActorContext<RegionMessage<Message>>): void {
    const isBack = ({ from }: Item<Message>): boolean => from?.node === node;
    lane.foreign = [...lane.foreign.filter(isBack), ...lane.foreign.filter((item) => !isBack(item))];
    this.#opened({ kind: "passed", shard: lane.shard, number }, ctx);
  }

  /** Whether it could come out of order. @returns null: no */
  #whyNot({ to, node, life, hops }: Pass<Message> | Barrier): string | null {
    if (to !== this.#world.lease?.life) return "it was sent to another life of this node";
    if (hops > MOST_HOPS) return "nobody owns its shard for long enough";
    return hops > 1 && this.#world.isGone(node, life) ? "who passed it on is no more" : null;
  }

  #route(lane: Lane<Message>, item: Item<Message>, ctx: ActorContext<RegionMessage<Message>>): void {
    const { from } = item;
    const isBehind = from === null ? lane.own.length > 0 : lane.senders.has(from.node);
    if (!isBehind && this.#goesOn(lane, item, from !== null, ctx)) return;
    if (from !== null) lane.senders.add(from.node);
    this.#keep(from === null ? lane.own : lane.foreign, item, ctx);
  }

  /** @param isComing from another region right now. @returns false: it has to wait */
  #goesOn(
    lane: Lane<Message>,
    item: Item<Message>,
    isComing: boolean,
    ctx: ActorContext<RegionMessage<Message>>,
  ): boolean {
    // What comes to the owner may be what the barrier is waited for.
    if (lane.barrier !== null && !(isComing && lane.claim !== null)) return false;
    if (item.from === null && lane.foreign.length > 0) return false;
    if (lane.claim !== null) {
      if (lane.isClosing || !lane.claim.lease.isValid()) return false;
      this.#deliver(lane, lane.claim, item, ctx);
      return true;
    }
    if (lane.owner === null || lane.door === null) return false;
    this.#send(lane, lane.owner, lane.door, item, ctx);
    return true;
  }

  #keep(queue: Item<Message>[], item: Item<Message>, ctx: ActorContext<RegionMessage<Message>>): void {
    if (this.waiting >= this.#rules.bufferSize && !isBarrierItem(item)) {
      const what = `${this.waiting} messages wait in ${this.#rules.name} on ${this.#world.node}`;
      this.#refuse(item.given, clusterError("SHARD_BUFFER_FULL", what), ctx);
      return;
    }
    this.waiting += 1;
    queue.push(item);
  }

  #flush(lane: Lane<Message>, ctx: ActorContext<RegionMessage<Message>>): void {
    lane.foreign = this.#goOn(lane, lane.foreign, ctx);
    lane.senders.clear();
    for (const { from } of lane.foreign) if (from !== null) lane.senders.add(from.node);
    lane.own = this.#goOn(lane, lane.own, ctx);
  }

  /** @returns those that have to wait on */
  #goOn(
    lane: Lane<Message>,
    queue: readonly Item<Message>[],
    ctx: ActorContext<RegionMessage<Message>>,
  ): Item<Message>[] {
    let gone = 0;
    while (gone < queue.length && this.#goesOn(lane, queue[gone]!, false, ctx)) gone += 1;
    this.waiting -= gone;
    return queue.slice(gone);
  }

  #send(
    lane: Lane<Message>,
    owner: Owner,
    door: ActorRef<RegionMessage<Message>>,
    { given, from }: Item<Message>,
    ctx: ActorContext<RegionMessage<Message>>,
  ): void {
    const { node, lease } = this.#world;
    const life = lease?.life ?? 0;
    const way = { shard: lane.shard, to: owner.life, node, life, hops: (from?.hops ?? 0) + 1 };
    lane.sentTo = owner;
    if (from === null) {
      const { key, message } = given as Keyed<Message>;
      ctx.forward(door, given, { kind: "pass", ...way, key, message, origin: node, under: owner.fence });
    } else if (from.kind === "pass") ctx.forward(door, given, { ...from, ...way });
    else tell(door, { ...from, ...way });
  }

  #refuse(given: RegionMessage<Message>, why: Error, ctx: ActorContext<RegionMessage<Message>>): void {
    this.refused += 1;
    ctx.refuse(given, why);
  }

  // ---- its actors ------------------------------------------------------------------------------------

  #deliver(
    lane: Lane<Message>,
    claim: Claim,
    item: Item<Message>,
    ctx: ActorContext<RegionMessage<Message>>,
  ): void {
    const { given, from } = item;
    if (from?.kind === "barrier") {
      answer(from);
      return;
    }
    const { key, message } = given as Keyed<Message> | Pass<Message>;
    const [origin, under] = from === null ? [this.#world.node, claim.fence] : [from.origin, from.under];
    if (under < (lane.newest.get(origin) ?? 0)) {
      this.#refuse(given, moved(`A message for ${key} has come after later ones`), ctx);
      return;
    }
    lane.newest.set(origin, under as Fence);
    this.#handOn(this.#entities.get(key) ?? this.#spawn(lane.shard, key, claim, ctx), item, message, ctx);
  }

  #handOn(
    entity: Entity<Message>,
    item: Item<Message>,
    message: Message,
    ctx: ActorContext<RegionMessage<Message>>,
  ): void {
    if (entity.waiting !== null) {
      this.#keep(entity.waiting, item, ctx);
      return;
    }
    if (this.#rules.idleMs !== Infinity) {
      entity.usedAt = ctx.clock.monotonic();
      // To the end of the map: it was used last.
      this.#entities.delete(entity.key);
      this.#entities.set(entity.key, entity);
    }
    ctx.forward(entity.ref, item.given, message);
  }

  #spawn(
    shard: number,
    key: string,
    { fence, lease }: Claim,
    ctx: ActorContext<RegionMessage<Message>>,
  ): Entity<Message> {
    const args: Sharded = { key, fence };
    const ref = ctx.spawn(this.#entityType, { args, lease });
    ctx.watch(ref);
    const entity: Entity<Message> = { key, shard, ref, usedAt: 0, waiting: null };
    this.#entities.set(key, entity);
    this.#byAddress.set(ref.address, entity);
    this.#lanes[shard]!.actors += 1;
    return entity;
  }

  #passivateIdle(ctx: ActorContext<RegionMessage<Message>>): void {
    const before = ctx.clock.monotonic() - this.#rules.idleMs;
    for (const entity of this.#entities.values()) {
      if (entity.usedAt > before) return;
      if (entity.waiting !== null || this.#lanes[entity.shard]!.isClosing) continue;
      entity.waiting = [];
      ctx.drain(entity.ref);
    }
  }

  #stopped(address: string, ctx: ActorContext<RegionMessage<Message>>): this {
    for (let step = this.#steps.shift(); step !== undefined; step = this.#steps.shift()) step(ctx);
    const entity = this.#byAddress.get(address);
    if (entity === undefined) return this;
    this.#byAddress.delete(address);
    this.#entities.delete(entity.key);
    const lane = this.#lanes[entity.shard]!;
    lane.actors -= 1;
    this.#takeBack(lane, entity.waiting ?? []);
    this.#flush(lane, ctx);
    this.#closedIfEmpty(lane);
    return this;
  }

  /** What waited for the next life of an actor came before all that waits for its shard. */
  #takeBack(lane: Lane<Message>, kept: readonly Item<Message>[]): void {
    lane.foreign = [...kept.filter(isForeign), ...lane.foreign];
    lane.own = [...kept.filter((item) => !isForeign(item)), ...lane.own];
  }

  // ---- shards that come and go -----------------------------------------------------------------------

  #routed(lane: Lane<Message>, owner: Owner | null, ctx: ActorContext<RegionMessage<Message>>): void {
    lane.claim = null;
    lane.isClosing = false;
    ctx.timers.cancel(`hand-over ${lane.shard}`);
    lane.owner = owner;
    lane.door = owner === null ? null : this.#doors.of(owner, ctx);
    this.#turn(lane, ctx);
  }

  #owned(lane: Lane<Message>, claim: Claim, ctx: ActorContext<RegionMessage<Message>>): void {
    lane.owner = null;
    lane.door = null;
    lane.claim = claim;
    lane.isClosing = false;
    this.#turn(lane, ctx);
  }

  #found(
    owner: Owner,
    door: ActorRef<RegionMessage<Message>>,
    ctx: ActorContext<RegionMessage<Message>>,
  ): void {
    for (const lane of this.#lanes) {
      if (lane.owner === null || lifeOf(lane.owner) !== lifeOf(owner)) continue;
      lane.door = door;
      this.#flush(lane, ctx);
    }
  }

  /** Messages may go another way from now on: not before those that went the old one have arrived. */
  #turn(lane: Lane<Message>, ctx: ActorContext<RegionMessage<Message>>): void {
    const before = lane.sentTo;
    const isOther = before !== null && (lane.claim !== null || !isSame(before, lane.owner));
    if (isOther && (lane.claim !== null || lane.owner !== null) && lane.barrier === null) {
      lane.sentTo = null;
      if (!this.#world.isGone(before.node, before.life)) this.#bar(lane, before, ctx);
    }
    this.#flush(lane, ctx);
  }

  #bar(lane: Lane<Message>, by: Owner, ctx: ActorContext<RegionMessage<Message>>): void {
    const number = ++this.#barriers;
    const { node, lease } = this.#world;
    lane.barrier = { number, by };
    const way = { shard: lane.shard, to: by.life, node, life: lease?.life ?? 0, hops: 1 };
    const door = this.#doors.of(by, ctx);
    if (door !== null) tell(door, { kind: "barrier", ...way, number, asker: ctx.self });
    const timedOut: Passed = { kind: "passed", shard: lane.shard, number };
    ctx.timers.single(`barrier ${lane.shard}`, this.#rules.barrierMs, timedOut);
  }

  #opened({ shard, number }: Passed, ctx: ActorContext<RegionMessage<Message>>): void {
    const lane = this.#lanes[shard]!;
    if (lane.barrier?.number !== number) return;
    lane.barrier = null;
    ctx.timers.cancel(`barrier ${shard}`);
    this.#turn(lane, ctx);
  }

  #unlessLives(lane: Lane<Message>, ctx: ActorContext<RegionMessage<Message>>): void {
    const { barrier } = lane;
    if (barrier === null || !this.#world.isGone(barrier.by.node, barrier.by.life)) return;
    this.#opened({ kind: "passed", shard: lane.shard, number: barrier.number }, ctx);
  }

  /** Its actors handle what they have, and stop; what comes meanwhile waits for the next owner. */
  #close(lane: Lane<Message>, ctx: ActorContext<RegionMessage<Message>>): void {
    if (lane.claim === null) return;
    lane.isClosing = true;
    for (const { shard, ref } of this.#entities.values()) if (shard === lane.shard) ctx.drain(ref);
    const tooLate = this.#step((later) => this.#stopLate(lane, later));
    ctx.timers.single(`hand-over ${lane.shard}`, this.#rules.handOverMs, tooLate);
    this.#closedIfEmpty(lane);
  }

  #stopLate(lane: Lane<Message>, ctx: ActorContext<RegionMessage<Message>>): void {
    if (!lane.isClosing) return;
    for (const { shard, ref } of this.#entities.values()) if (shard === lane.shard) ctx.stop(ref);
  }

  #closedIfEmpty(lane: Lane<Message>): void {
    if (lane.isClosing && lane.actors === 0) this.#world.released(lane.shard);
  }

  /** Everything that this node did as a member ends here, and what others had sent it. */
  #lost(ctx: ActorContext<RegionMessage<Message>>): void {
    const ended = [...this.#entities.values()];
    this.#entities.clear();
    this.#byAddress.clear();
    for (const { ref } of ended) ctx.stop(ref);
    for (const { shard, waiting } of ended.toReversed()) this.#takeBack(this.#lanes[shard]!, waiting ?? []);
    for (const lane of this.#lanes) {
      if (lane.claim !== null) {
        lane.claim = null;
        lane.isClosing = false;
        lane.actors = 0;
      }
      this.#dropForeign(lane, ctx);
    }
  }

  #dropForeign(lane: Lane<Message>, ctx: ActorContext<RegionMessage<Message>>): void {
    const { foreign } = lane;
    lane.foreign = [];
    lane.senders.clear();
    this.waiting -= foreign.length;
    for (const { given, from } of foreign) {
      if (from?.kind === "barrier") answer(from);
      else this.#refuse(given, moved(`${this.#world.node} has lost its lease`), ctx);
    }
  }
}

const isForeign = ({ from }: Item<unknown>): boolean => from !== null;
const isBarrierItem = ({ from }: Item<unknown>): boolean => from?.kind === "barrier";

function answer({ asker, shard, number }: Barrier): void {
  tell(asker, { kind: "passed", shard, number });
}

/** A barrier is not waited for for ever: it may be lost in a full mailbox. */
function tell<Message>(ref: ActorRef<Message>, message: Message): void {
  try {
    ref.tell(message);
  } catch {
    // What came from another node as a ref may be none, too.
  }
}

const isSame = (one: Owner, other: Owner | null): boolean =>
  one.node === other?.node && one.life === other.life && one.fence === other.fence;

function newLane<Message>(shard: number): Lane<Message> {
  return {
    shard,
    owner: null,
    door: null,
    claim: null,
    isClosing: false,
    actors: 0,
    foreign: [],
    senders: new Set(),
    own: [],
    sentTo: null,
    barrier: null,
    newest: new Map(),
  };
}
