/**
 * Any history of nodes that are cut off, frozen, killed, drained and started anew, whose requests and answers get lost
 * and whose clocks run at different speeds: no shard has two nodes that act for it, each that begins has a greater fence
 * than all before, and in the end every shard has its owner.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Membership } from "../../../../cluster/membership/membership.ts";
import { ownerOf } from "../../../../cluster/sharding/allocation.ts";
import { ShardTable, type Claim } from "../../../../cluster/sharding/shard-table.ts";
import { seededRandom, type Random } from "../../../../runtime/contracts/index.ts";
import { VirtualClock } from "../../../../runtime/testkit/index.ts";
import { MemoryBucket, type Fate, type MemoryKeyValue } from "../../../kit/memory-key-value.ts";
import { NodeClock } from "../../../kit/node-clock.ts";

const LEASE_MS = 1_000;
const SHARDS = 8;
const NAMES = ["a", "b", "c"] as const;
const MOST_LATE_MS = 60;
const STEP_MS = 23;

type Act =
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "cut" | "heal" | "freeze" | "thaw" | "kill" | "leave"; readonly at: number }
  | { readonly kind: "lossy"; readonly part: number };

const at = fc.integer({ min: 0, max: NAMES.length - 1 });
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pass"), ms: fc.integer({ min: 1, max: 2_500 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom("cut", "heal", "freeze", "thaw", "kill", "leave"),
      at,
    }),
  },
  fc.record({ kind: fc.constant("lossy"), part: fc.constantFrom(0, 0, 0.1, 0.4) }),
);

class Node {
  readonly name: string;
  readonly clock: NodeClock;
  readonly buckets: readonly [MemoryKeyValue, MemoryKeyValue];
  /** By which claims its actors act. */
  readonly acting = new Map<number, Claim>();
  membership: Membership | null = null;
  table: ShardTable | null = null;
  isKilled = false;

  constructor(world: World, name: string, seed: number) {
    this.name = name;
    this.clock = new NodeClock(world.clock, world.chance.next() * 1e6, 0.97 + 0.06 * world.chance.next());
    const fate = (): Fate => world.fate();
    const late = (): Promise<void> => world.late();
    this.buckets = [world.members.client(fate, late), world.shards.client(fate, late)];
    void this.#begin(world, seed);
  }

  async #begin(world: World, seed: number): Promise<void> {
    const options = { node: this.name, leaseMs: LEASE_MS, clock: this.clock, random: seededRandom(seed) };
    try {
      const membership = (this.membership ??= await Membership.join(this.buckets[0], options));
      const table = new ShardTable(
        this.buckets[1],
        membership,
        { region: "orders", shards: SHARDS, role: null },
        {
          routed: (shard) => void this.acting.delete(shard),
          owned: (shard, claim) => {
            this.acting.set(shard, claim);
            world.began(shard, claim);
          },
          release: (shard) => this.#drain(world, shard),
          lost: () => this.acting.clear(),
        },
      );
      await table.open();
      this.table = table;
      membership.onLeave(() => table.giveAll());
    } catch {
      this.clock.schedule(50, () => void this.#begin(world, seed));
    }
  }

  /** Its actors take a while. */
  #drain(world: World, shard: number): void {
    const claim = this.acting.get(shard);
    this.clock.schedule(world.chance.next() * 300, () => {
      if (this.acting.get(shard) !== claim) return;
      this.acting.delete(shard);
      this.table!.released(shard);
    });
  }

  freeze(): void {
    if (this.clock.isFrozen) return;
    this.clock.freeze();
    for (const bucket of this.buckets) bucket.freeze();
  }

  thaw(): void {
    if (this.isKilled || !this.clock.isFrozen) return;
    for (const bucket of this.buckets) bucket.thaw();
    this.clock.thaw();
  }
}

class World {
  readonly clock: VirtualClock = new VirtualClock(1e9);
  readonly members: MemoryBucket = new MemoryBucket();
  readonly shards: MemoryBucket = new MemoryBucket();
  readonly chance: Random;
  readonly nodes: Node[];
  readonly #fences = new Map<number, number>();
  lossyPart = 0;
  #seeds = 0;

  constructor(seed: number) {
    this.chance = seededRandom(seed);
    this.nodes = NAMES.map((name) => new Node(this, name, ++this.#seeds));
  }

  late(): Promise<void> {
    return new Promise((resolve) => this.clock.schedule(this.chance.next() * MOST_LATE_MS, resolve));
  }

  fate(): Fate {
    if (this.chance.next() >= this.lossyPart) return "well";
    return this.chance.next() < 0.5 ? "lost" : "unanswered";
  }

  began(shard: number, { fence }: Claim): void {
    assert.ok(fence > (this.#fences.get(shard) ?? 0), `shard ${shard} has an old fence`);
    this.#fences.set(shard, fence);
  }

  async do(act: Act): Promise<void> {
    if (act.kind === "pass") await this.pass(act.ms);
    else if (act.kind === "lossy") this.lossyPart = act.part;
    else this.#disturb(act.kind, this.nodes[act.at]!, act.at);
    this.check();
  }

  #disturb(kind: "cut" | "heal" | "freeze" | "thaw" | "kill" | "leave", node: Node, index: number): void {
    if (kind === "freeze") node.freeze();
    else if (kind === "thaw") node.thaw();
    else if (kind === "cut") for (const bucket of node.buckets) bucket.cut();
    else if (kind === "heal") for (const bucket of node.buckets) bucket.heal();
    else {
      if (kind === "leave" && node.table !== null) void node.membership?.leave();
      else {
        node.isKilled = true;
        node.freeze();
      }
      this.nodes.push(node);
      this.nodes[index] = new Node(this, node.name, ++this.#seeds);
    }
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      await this.clock.advance(Math.min(left, STEP_MS));
      this.check();
    }
  }

  check(): void {
    for (let shard = 0; shard < SHARDS; shard++) {
      const acting = this.nodes.filter(
        ({ acting, clock }) => !clock.isFrozen && acting.get(shard)?.lease.isValid() === true,
      );
      assert.ok(acting.length <= 1, `${acting.map(({ name }) => name).join(" and ")} act for shard ${shard}`);
    }
  }
}

describe("any history of nodes that own shards", () => {
  it("has no shard with two that act, or with an old fence, and all shards owned in the end", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 20 }), fc.integer(), async (acts, seed) => {
        const world = new World(seed);
        for (const one of acts) await world.do(one);
        world.lossyPart = 0;
        const living = world.nodes.slice(0, NAMES.length);
        for (const node of living) {
          for (const bucket of node.buckets) bucket.heal();
          node.thaw();
        }
        await world.pass(8 * LEASE_MS);
        const candidates = NAMES.map((node) => ({ node, capacity: 1 }));
        for (let shard = 0; shard < SHARDS; shard++) {
          const owner = ownerOf("orders", shard, candidates);
          for (const { name, acting, table } of living) {
            assert.equal(acting.has(shard), name === owner, `shard ${shard} on ${name}`);
            assert.equal(table!.info()[shard]!.node, owner);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});
