/**
 * Any history of nodes that are cut off, frozen, thawed, killed and started anew, whose requests and answers get lost,
 * whose clocks run at different speeds and are set: whoever acts by a lease still has its key, and nobody thinks its
 * life over. That is what "no two owners" rests on.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decodeAnnouncement } from "../../../../cluster/membership/announcement.ts";
import { Membership } from "../../../../cluster/membership/membership.ts";
import { keyOf } from "../../../../cluster/nats/subjects.ts";
import { seededRandom, type Random } from "../../../../runtime/contracts/index.ts";
import { VirtualClock } from "../../../../runtime/testkit/index.ts";
import { MemoryBucket, type Fate, type MemoryKeyValue } from "../../../kit/memory-key-value.ts";
import { NodeClock } from "../../../kit/node-clock.ts";

const LEASE_MS = 1_000;
const NAMES = ["a", "b", "c"] as const;
const MOST_LATE_MS = 60;
const STEP_MS = 17;

type Act =
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "cut" | "heal" | "freeze" | "thaw" | "kill"; readonly at: number }
  | { readonly kind: "wall"; readonly at: number; readonly ms: number }
  | { readonly kind: "lossy"; readonly part: number };

const at = fc.integer({ min: 0, max: NAMES.length - 1 });
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pass"), ms: fc.integer({ min: 1, max: 2_500 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("cut", "heal", "freeze", "thaw", "kill"), at }) },
  fc.record({ kind: fc.constant("wall"), at, ms: fc.integer({ min: -1e9, max: 1e9 }) }),
  fc.record({ kind: fc.constant("lossy"), part: fc.constantFrom(0, 0, 0.1, 0.5) }),
);

class Node {
  readonly clock: NodeClock;
  readonly bucket: MemoryKeyValue;
  membership: Membership | null = null;
  isKilled = false;

  constructor(world: World, name: string, seed: number) {
    const speed = 0.97 + 0.06 * world.chance.next();
    this.clock = new NodeClock(world.clock, world.chance.next() * 1e6, speed);
    this.bucket = world.bucket.client(
      () => world.fate(),
      () => world.late(),
    );
    const options = { node: name, leaseMs: LEASE_MS, clock: this.clock, random: seededRandom(seed) };
    const join = (): void =>
      void Membership.join(this.bucket, options).then(
        (membership) => (this.membership = membership),
        () => this.clock.schedule(50, join),
      );
    join();
  }

  freeze(): void {
    if (this.clock.isFrozen) return;
    this.clock.freeze();
    this.bucket.freeze();
  }

  thaw(): void {
    if (this.isKilled || !this.clock.isFrozen) return;
    this.clock.thaw();
    this.bucket.thaw();
  }

  /** It never does anything again. */
  kill(): void {
    this.isKilled = true;
    this.freeze();
  }
}

class World {
  readonly clock: VirtualClock = new VirtualClock(1e9);
  readonly bucket: MemoryBucket = new MemoryBucket();
  readonly chance: Random;
  readonly nodes: Node[];
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

  async do(act: Act): Promise<void> {
    if (act.kind === "pass") await this.pass(act.ms);
    else if (act.kind === "lossy") this.lossyPart = act.part;
    else if (act.kind === "wall") this.nodes[act.at]!.clock.setWall(act.ms);
    else if (act.kind === "freeze") this.nodes[act.at]!.freeze();
    else if (act.kind === "thaw") this.nodes[act.at]!.thaw();
    else if (act.kind === "cut") this.nodes[act.at]!.bucket.cut();
    else if (act.kind === "heal") this.nodes[act.at]!.bucket.heal();
    else {
      this.nodes[act.at]!.kill();
      this.nodes[act.at] = new Node(this, NAMES[act.at]!, ++this.#seeds);
    }
    this.check();
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      await this.clock.advance(Math.min(left, STEP_MS));
      this.check();
    }
  }

  check(): void {
    for (const [index, name] of NAMES.entries()) {
      const { membership, clock } = this.nodes[index]!;
      const lease = clock.isFrozen ? null : (membership?.lease ?? null);
      if (lease === null) continue;
      const entry = this.bucket.get(keyOf(name));
      const found = entry?.value == null ? null : decodeAnnouncement(entry.value);
      assert.equal(
        found?.life === 0 ? entry!.revision : found?.life,
        lease.life,
        `${name} acts without its key`,
      );
      for (const other of this.nodes) assert.ok(other.membership?.isGone(name, lease.life) !== true);
    }
  }
}

describe("any history of members", () => {
  it("leaves no lease valid whose key somebody else could have changed, and all come back in the end", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), fc.integer(), async (acts, seed) => {
        const world = new World(seed);
        for (const one of acts) await world.do(one);
        world.lossyPart = 0;
        for (const node of world.nodes) {
          node.bucket.heal();
          node.thaw();
        }
        await world.pass(4 * LEASE_MS);
        for (const { membership } of world.nodes) {
          assert.notEqual(membership?.lease ?? null, null);
          assert.deepEqual(
            membership!.members.map(({ node }) => node),
            NAMES,
          );
        }
      }),
      { numRuns: 60 },
    );
  });
});
