/**
 * Random deeds of actors on simulated threads, all on their way at the same time, and what must be true of
 * them in every interleaving. `play` throws at the first breach.
 */
import assert from "node:assert/strict";
import { MyriadError, seededRandom, type Random } from "../../runtime/contracts/index.ts";
import { actor, defineApp } from "../../runtime/index.ts";
import type { ActorRef, ActorSystem, ActorType, App, Placement, Reply } from "../../runtime/index.ts";
import { createWorld, type World } from "../../runtime/testkit/index.ts";

export interface PlayOptions {
  readonly seed: number;
  readonly killChance?: number;
  readonly deeds?: number;
  /** Beside the first one. */
  readonly nodes?: readonly string[];
  /** Of a datagram between nodes: that it is lost, doubled, and mixed up, each. */
  readonly mishapChance?: number;
  /** Nobody crashes, stops or is looked up by address, so every question must be answered. */
  readonly peaceful?: boolean;
}

type Deed =
  | {
      readonly kind: "spawn";
      readonly id: number;
      readonly placement: Placement;
      readonly tell: ActorRef<Deed>;
    }
  | { readonly kind: "meet"; readonly id: number; readonly ref: ActorRef<Deed> }
  | { readonly kind: "number"; readonly to: ActorRef<Deed>; readonly from: number; readonly number: number }
  | { readonly kind: "numbered"; readonly from: number; readonly number: number }
  | { readonly kind: "watch"; readonly ref: ActorRef<Deed>; readonly id: number }
  | { readonly kind: "ask"; readonly id: number; readonly reply: Reply<number> }
  | { readonly kind: "crash" }
  | { readonly kind: "stop" };

/** What the actors of a play leave behind, on whatever simulated thread they were. */
class Record {
  readonly addresses = new Map<number, string>();
  /** Highest number handled, by receiver and sender. */
  readonly highest = new Map<string, number>();
  readonly breaches: string[] = [];
  /** Watcher and watched, from the watch to its signal. */
  readonly watching = new Set<string>();
  readonly lives = new Map<number, number>();
  /** Asked from outside, and asked by actors. */
  readonly asks: AskEnd[] = [];
  readonly askedByActors: AskEnd[] = [];

  numbered(receiver: number, from: number, number: number): void {
    const key = `${from} → ${receiver}`;
    const before = this.highest.get(key) ?? 0;
    if (number <= before) this.breaches.push(`${key}: ${number} after ${before}`);
    this.highest.set(key, number);
  }

  watch(watcher: number, address: string): void {
    this.watching.add(this.#watchKey(watcher, address));
  }

  signal(watcher: number, address: string): void {
    const key = this.#watchKey(watcher, address);
    if (!this.watching.delete(key)) this.breaches.push(`a signal to ${key}, which does not watch`);
  }

  #watchKey(watcher: number, address: string): string {
    return `${watcher} in life ${this.lives.get(watcher)} of ${address}`;
  }
}

const plays = new Map<number, Record>();

interface Args {
  readonly play: number;
  readonly id: number;
}

const citizen: ActorType<Args, Args, Deed> = actor({
  name: "citizen",
  supervision: { maxRestarts: Infinity },
  initial(args: Args, ctx) {
    const record = plays.get(args.play)!;
    record.addresses.set(args.id, ctx.self.address);
    record.lives.set(args.id, (record.lives.get(args.id) ?? 0) + 1);
    return args;
  },
  receive(state, deed: Deed, ctx) {
    const record = plays.get(state.play)!;
    switch (deed.kind) {
      case "spawn": {
        const args = { play: state.play, id: deed.id };
        const ref = ctx.spawn(citizen, args, { placement: deed.placement });
        record.addresses.set(deed.id, ref.address);
        deed.tell.tell({ kind: "meet", id: deed.id, ref });
        return state;
      }
      case "meet":
        // It may have heard of it before its thread has.
        record.watch(state.id, deed.ref.address);
        ctx.watch(deed.ref);
        record.askedByActors.push(ask(deed.ref, deed.id));
        return state;
      case "number":
        deed.to.tell({ kind: "numbered", from: state.id, number: deed.number });
        return state;
      case "numbered":
        record.numbered(state.id, deed.from, deed.number);
        return state;
      case "watch":
        if (deed.ref.address !== ctx.self.address) record.watch(state.id, deed.ref.address);
        ctx.watch(deed.ref);
        return state;
      case "ask":
        deed.reply.send(deed.id);
        return state;
      case "crash":
        throw new Error("crash");
      case "stop":
        ctx.stop();
        return state;
    }
  },
  signal(state, { ref }) {
    plays.get(state.play)!.signal(state.id, ref.address);
    return state;
  },
  layouts: { numbered: { from: "u32", number: "u32" } },
});

export const app: App = defineApp({ actors: [citizen], module: import.meta.url });

const ASK_MS = 3_000;

/** Plays one seed. Everything it does follows from the seed. */
export async function play({
  seed,
  killChance = 0,
  deeds = 60,
  peaceful = false,
  nodes = [],
  mishapChance = 0,
}: PlayOptions): Promise<World> {
  const mishaps = { loseDatagram: mishapChance, doubleDatagram: mishapChance, mixDatagram: mishapChance };
  const world = createWorld({ app, threads: 3, seed, nodes, faults: { kill: killChance, ...mishaps } });
  const systems = ["local", ...nodes].map((node) => world.node(node));
  const record = new Record();
  plays.set(seed, record);
  try {
    const random = seededRandom(`deeds ${seed}`);
    const first = spawnFirst(systems, record, random, seed);
    if (peaceful) performPeacefully(world, first, random, deeds);
    else perform(world, record, random, deeds);
    await world.settle();
    await world.advance(2 * ASK_MS);
    const failures = peaceful ? /^none$/ : /^ASK_TARGET_(STOPPED|FAILED|UNKNOWN)$/;
    await checkAsks(record.asks, failures);
    // With its thread dies whatever an actor waits for.
    await checkAsks(record.askedByActors, killChance > 0 ? /^ASK_T/ : failures);
    assert.deepEqual(record.breaches, []);
    // What was lost on the way is sent again after a while.
    const patienceMs = mishapChance > 0 ? 10_000 : 1;
    await checkWatches(world, record, seed, killChance > 0 ? 10 : 1, patienceMs);
    await world.shutdown();
    assert.equal(world.step(), false, "something was left to do after the shutdown");
    return world;
  } catch (error) {
    throw new Error(`seed ${seed}, after ${world.steps} steps: ${String(error)}`, { cause: error });
  } finally {
    plays.delete(seed);
  }
}

type AskEnd = Promise<readonly [expected: number, got: unknown]>;

const FIRST = 4;

const placementBy = (random: Random): Placement =>
  random.below(3) === 0 ? "local" : { thread: random.below(4) };

function spawnFirst(
  systems: readonly ActorSystem[],
  record: Record,
  random: Random,
  seed: number,
): ActorRef<Deed>[] {
  return Array.from({ length: FIRST }, (_, id) => {
    const system = systems[id % systems.length]!;
    const ref = system.spawn(citizen, { play: seed, id }, { placement: placementBy(random) });
    record.addresses.set(id, ref.address);
    return systems[0]!.resolve(ref.address);
  });
}

function perform(world: World, record: Record, random: Random, deeds: number): void {
  const { system } = world;
  let ids = FIRST;
  let number = 0;
  const anybody = (): ActorRef<Deed> => {
    const addresses = [...record.addresses.values()];
    return system.resolve(addresses[random.below(addresses.length)]!);
  };
  for (let deed = 0; deed < deeds; deed++) {
    const ref = anybody();
    const dice = random.below(20);
    if (dice < 3) ref.tell({ kind: "spawn", id: ids++, placement: placementBy(random), tell: anybody() });
    else if (dice < 9) ref.tell({ kind: "number", to: anybody(), from: 0, number: ++number });
    else if (dice < 12) ref.tell({ kind: "watch", ref: anybody(), id: deed });
    else if (dice < 17) record.asks.push(ask(ref, deed));
    else if (dice < 19) ref.tell({ kind: "crash" });
    else ref.tell({ kind: "stop" });
    for (let step = random.below(12); step > 0; step--) world.step();
  }
}

/** Only spawns, each of which is told to somebody who asks the newcomer at once. */
function performPeacefully(
  world: World,
  first: readonly ActorRef<Deed>[],
  random: Random,
  deeds: number,
): void {
  for (let id = FIRST; id < deeds; id++) {
    const [ref, tell] = [first[random.below(FIRST)]!, first[random.below(FIRST)]!];
    ref.tell({ kind: "spawn", id, placement: placementBy(random), tell });
    for (let step = random.below(4); step > 0; step--) world.step();
  }
}

function ask(ref: ActorRef<Deed>, id: number): AskEnd {
  const answer = ref.ask((reply: Reply<number>) => ({ kind: "ask", id, reply }), { timeoutMs: ASK_MS });
  return answer.then(
    (got) => [id, got] as const,
    (error: unknown) => [id, error] as const,
  );
}

async function checkAsks(asks: readonly AskEnd[], failures: RegExp): Promise<void> {
  for (const end of asks) {
    const outcome = await Promise.race([end, Promise.resolve(null)]);
    assert.ok(outcome !== null, "an ask has not ended");
    const [expected, got] = outcome;
    if (got instanceof MyriadError) assert.match(got.code, failures, `an ask ended in ${got.code}`);
    else assert.equal(got, expected);
  }
}

/** Everybody is watched by a new actor and stopped: every one of these watches must be answered, once. */
async function checkWatches(
  world: World,
  record: Record,
  seed: number,
  rounds: number,
  patienceMs: number,
): Promise<void> {
  const id = 1_000_000;
  const last = world.system.spawn(citizen, { play: seed, id }, { placement: { thread: 1 } });
  const others = [...record.addresses.values()]
    .filter((address) => address !== last.address)
    .map((address) => world.system.resolve(address) as ActorRef<Deed>);
  for (const ref of others) last.tell({ kind: "watch", ref, id });
  await world.advance(patienceMs);
  const unanswered = (): string[] =>
    [...record.watching].filter((key) => key.startsWith(`${id} in life ${record.lives.get(id)} `));
  // A stop that is told to a life whose thread dies is lost with it.
  for (let round = 0; round < rounds && (round === 0 || unanswered().length > 0); round++) {
    for (const ref of others) ref.tell({ kind: "stop" });
    await world.advance(patienceMs);
  }
  assert.deepEqual(unanswered(), [], "watches that were never answered");
  assert.deepEqual(record.breaches, []);
}
