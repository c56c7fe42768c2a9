import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeAnnouncement, PROTOCOL } from "../../../../cluster/membership/announcement.ts";
import type { MemberOptions } from "../../../../cluster/membership/membership-options.ts";
import { Membership, type MembershipEvent } from "../../../../cluster/membership/membership.ts";
import { seededRandom } from "../../../../runtime/contracts/index.ts";
import { VirtualClock } from "../../../../runtime/testkit/index.ts";
import { MemoryBucket, type MemoryKeyValue } from "../../../kit/memory-key-value.ts";
import { NodeClock } from "../../../kit/node-clock.ts";

const LEASE_MS = 1_000;

interface Node {
  readonly membership: Membership;
  readonly bucket: MemoryKeyValue;
  readonly clock: NodeClock;
  readonly events: MembershipEvent[];
}

class World {
  readonly clock: VirtualClock = new VirtualClock(1_000_000);
  readonly bucket: MemoryBucket = new MemoryBucket();
  #seed = 0;

  /** The promise is settled by the time that passes meanwhile. */
  async join(options: Partial<MemberOptions> & { readonly node: string }, passMs = 0): Promise<Node> {
    const clock = new NodeClock(this.clock, this.#seed * 10_000);
    const bucket = this.bucket.client();
    const random = seededRandom(++this.#seed);
    const joining = Membership.join(bucket, { leaseMs: LEASE_MS, clock, random, ...options });
    joining.catch(() => undefined);
    await this.clock.advance(passMs);
    const membership = await joining;
    const events: MembershipEvent[] = [];
    membership.onChange((event) => events.push(event));
    return { membership, bucket, clock, events };
  }

  async until(holds: () => boolean): Promise<void> {
    for (let step = 0; !holds(); step++) {
      assert.ok(step < 200, "it never held");
      await this.clock.advance(10);
    }
  }
}

const kinds = ({ events }: Node): readonly string[] =>
  events.map((event) => ("member" in event ? `${event.member.node} ${event.kind}` : event.kind));
const names = ({ membership }: Node): readonly string[] => membership.members.map(({ node }) => node);

describe("a member", () => {
  it("announces what it is, and sees all that do", async () => {
    const world = new World();
    const a = await world.join({ node: "a", roles: ["web", "worker"], capacity: 4 });
    const b = await world.join({ node: "b.1" });
    a.membership.setLoad(0.5);
    await world.clock.advance(LEASE_MS);
    const [seen] = b.membership.members;
    assert.deepEqual(seen, {
      node: "a",
      life: a.membership.lease!.life,
      leaseMs: LEASE_MS,
      roles: ["web", "worker"],
      hosts: [],
      capacity: 4,
      load: 0.5,
      state: "up",
      startedAt: 1_000_000,
      isSuspected: false,
    });
    assert.deepEqual(names(a), ["a", "b.1"]);
    assert.deepEqual(kinds(a), ["b.1 joined"]);
  });

  it("keeps its lease for as long as it announces itself, and one life", async () => {
    const world = new World();
    const a = await world.join({ node: "a" });
    const { life } = a.membership.lease!;
    for (let step = 0; step < 100; step++) {
      await world.clock.advance(LEASE_MS / 4);
      assert.equal(a.membership.lease?.life, life);
    }
    assert.deepEqual(kinds(a), []);
  });

  it("tells at once that it drains or hosts something, and no sooner than the next time of its load", async () => {
    const world = new World();
    const [a, b] = [await world.join({ node: "a" }), await world.join({ node: "b" })];
    const cancel = a.membership.host("orders");
    await world.clock.advance(0);
    assert.deepEqual(b.membership.member("a")?.hosts, ["orders"]);
    cancel();
    a.membership.drain();
    a.membership.setLoad(3);
    await world.clock.advance(0);
    assert.deepEqual(b.membership.member("a")?.hosts, []);
    assert.equal(b.membership.member("a")?.state, "draining");
    assert.ok(kinds(b).every((kind) => kind === "a changed"));
    await world.clock.advance(LEASE_MS / 3);
    assert.equal(b.membership.member("a")?.load, 3);
  });

  it("leaves once all who listen are done, and its name is free at once", async () => {
    const world = new World();
    const [a, b] = [await world.join({ node: "a" }), await world.join({ node: "b" })];
    const { life } = a.membership.lease!;
    let done = (): void => undefined;
    a.membership.onLeave(() => new Promise((resolve) => (done = resolve)));
    const left = a.membership.leave();
    await world.clock.advance(3 * LEASE_MS);
    assert.equal(a.membership.lease?.life, life);
    done();
    await left;
    assert.equal(a.membership.lease, null);
    await world.clock.advance(0);
    assert.deepEqual(names(b), ["b"]);
    assert.ok(b.membership.isGone("a", life));
    const again = await world.join({ node: "a" });
    assert.ok(again.membership.lease!.life > life);
    await world.clock.advance(LEASE_MS);
    assert.deepEqual(kinds(b).slice(-2), ["a gone", "a joined"]);
  });

  it("leaves no timer behind", async () => {
    const world = new World();
    const nodes = [await world.join({ node: "a" }), await world.join({ node: "b" })];
    await world.clock.advance(LEASE_MS);
    await Promise.all(nodes.map(({ membership }) => membership.leave()));
    await world.clock.advance(LEASE_MS);
    assert.equal(world.clock.pending, 0);
  });

  it("is refused options that make no sense", async () => {
    const world = new World();
    for (const options of [
      { node: "" },
      { node: "a/b" },
      { node: "a", leaseMs: 50 },
      { node: "a", capacity: 0 },
      { node: "a", roles: [""] },
    ]) {
      await assert.rejects(world.join(options), { code: "CLUSTER_OPTION_INVALID" });
    }
    const a = await world.join({ node: "a" });
    assert.throws(() => a.membership.setLoad(-1), { code: "CLUSTER_OPTION_INVALID" });
  });
});

describe("a name", () => {
  it("is refused to a second node while the first announces itself", async () => {
    const world = new World();
    const a = await world.join({ node: "a" });
    await assert.rejects(world.join({ node: "a" }, LEASE_MS), { code: "NODE_NAME_TAKEN" });
    assert.notEqual(a.membership.lease, null);
  });

  it("of one that was killed is given after its lease, with a greater life", async () => {
    const world = new World();
    const a = await world.join({ node: "a" });
    const { life } = a.membership.lease!;
    a.bucket.cut();
    a.clock.freeze();
    await world.clock.advance(100);
    const again = world.join({ node: "a" }, 2 * LEASE_MS);
    assert.ok((await again).membership.lease!.life > life);
  });
});

describe("a member that is not heard of", () => {
  it("is suspected first, then expelled when its lease is over, by one of those who watch", async () => {
    const world = new World();
    const a = await world.join({ node: "a" });
    const others = [await world.join({ node: "b" }), await world.join({ node: "c" })];
    await world.clock.advance(20 * LEASE_MS);
    const { life } = a.membership.lease!;
    a.bucket.cut();
    await world.clock.advance(0.8 * LEASE_MS);
    for (const other of others) {
      assert.deepEqual(kinds(other).slice(-1), ["a suspected"]);
      assert.ok(other.membership.member("a")!.isSuspected);
      assert.ok(!other.membership.isGone("a", life));
    }
    await world.clock.advance(0.7 * LEASE_MS);
    for (const other of others) {
      assert.deepEqual(kinds(other).slice(-1), ["a gone"]);
      assert.ok(other.membership.isGone("a", life));
    }
    assert.equal(world.bucket.get("a")?.value, null);
  });

  it("has lost its lease by itself before, and comes back with another life", async () => {
    const world = new World();
    const [a, b] = [await world.join({ node: "a" }), await world.join({ node: "b" })];
    await world.clock.advance(5 * LEASE_MS);
    const { life } = a.membership.lease!;
    a.bucket.cut();
    await world.until(() => a.membership.lease === null);
    assert.deepEqual(kinds(a).slice(-1), ["lease-lost"]);
    assert.ok(!b.membership.isGone("a", life), "nobody else knows yet");
    await world.clock.advance(5 * LEASE_MS);
    a.bucket.heal();
    await world.clock.advance(LEASE_MS);
    assert.ok(a.membership.lease!.life > life);
    assert.deepEqual(kinds(a).slice(-1), ["lease-held"]);
    assert.deepEqual(names(b), ["a", "b"]);
  });

  it("finds its lease lost before anything else when it was frozen for longer", async () => {
    const world = new World();
    const [a, b] = [await world.join({ node: "a" }), await world.join({ node: "b" })];
    await world.clock.advance(5 * LEASE_MS);
    const lease = a.membership.lease!;
    let told = 0;
    lease.onLost(() => (told += 1));
    a.clock.freeze();
    a.bucket.freeze();
    await world.clock.advance(2 * LEASE_MS);
    assert.ok(b.membership.isGone("a", lease.life));
    // The first that it does, whatever it is.
    assert.ok(!lease.isValid());
    assert.equal(told, 1);
    a.clock.thaw();
    a.bucket.thaw();
    await world.clock.advance(LEASE_MS);
    assert.ok(a.membership.lease!.life > lease.life);
    assert.ok(!lease.isValid());
  });

  it("is trusted again when it was only late", async () => {
    const world = new World();
    const [a, b] = [await world.join({ node: "a" }), await world.join({ node: "b" })];
    await world.clock.advance(20 * LEASE_MS);
    a.clock.freeze();
    await world.until(() => b.membership.member("a")!.isSuspected);
    a.clock.thaw();
    await world.clock.advance(LEASE_MS / 2);
    assert.deepEqual(kinds(b).slice(-2), ["a suspected", "a trusted"]);
    assert.notEqual(a.membership.lease, null);
  });

  it("is not expelled by one who was frozen itself, since its key has changed", async () => {
    const world = new World();
    const [a, b] = [await world.join({ node: "a" }), await world.join({ node: "b" })];
    await world.clock.advance(5 * LEASE_MS);
    const { life } = a.membership.lease!;
    b.clock.freeze();
    b.bucket.freeze();
    await world.clock.advance(10 * LEASE_MS);
    b.clock.thaw();
    b.bucket.thaw();
    await world.clock.advance(2 * LEASE_MS);
    assert.equal(a.membership.lease?.life, life);
    assert.ok(!b.membership.isGone("a", life));
  });

  it("is not expelled for a clock that is set, here or there", async () => {
    const world = new World();
    const [a, b] = [await world.join({ node: "a" }), await world.join({ node: "b" })];
    for (const ms of [1e9, -1e9, 0]) {
      a.clock.setWall(ms);
      b.clock.setWall(-ms);
      await world.clock.advance(3 * LEASE_MS);
    }
    assert.deepEqual(kinds(a), ["b joined"]);
    assert.notEqual(a.membership.lease, null);
  });
});

describe("what stands under a member's key", () => {
  it("goes on from an announcement that came through without its knowledge", async () => {
    const world = new World();
    const fates: ("well" | "unanswered")[] = [];
    const bucket = world.bucket.client(() => fates.shift() ?? "well");
    const clock = new NodeClock(world.clock);
    const options = { node: "a", leaseMs: LEASE_MS, clock, random: seededRandom(9) };
    const membership = await Membership.join(bucket, options);
    const { life } = membership.lease!;
    for (let round = 0; round < 20; round++) {
      fates.push("unanswered", "well", "well");
      await world.clock.advance(LEASE_MS / 2);
      assert.equal(membership.lease?.life, life);
    }
  });

  it("and is of nobody who can be understood counts for one who may live", async () => {
    const world = new World();
    const a = await world.join({ node: "a" });
    const stranger = world.bucket.client();
    const text = (content: string): Uint8Array => new TextEncoder().encode(content);
    const announcement = {
      protocol: PROTOCOL,
      node: "x",
      life: 0,
      instance: "i",
      beat: 0,
      leaseMs: 1_000,
      roles: [],
      hosts: [],
      capacity: 1,
      load: 0,
      state: "up" as const,
      startedAt: 0,
    };
    const strange = [
      text("{"),
      text("null"),
      new Uint8Array(70_000),
      encodeAnnouncement({ ...announcement, protocol: 99 }),
      encodeAnnouncement({ ...announcement, node: "y" }),
      encodeAnnouncement({ ...announcement, capacity: -1 }),
      encodeAnnouncement({ ...announcement, roles: "all" as never }),
    ];
    let revision = 0;
    for (const value of strange) revision = await stranger.put("x", value, revision);
    await world.clock.advance(5 * LEASE_MS);
    assert.deepEqual(names(a), ["a"]);
    assert.ok(!a.membership.isGone("x", 1));
    await stranger.put("x", encodeAnnouncement(announcement), revision);
    await world.clock.advance(0);
    assert.deepEqual(names(a), ["a", "x"]);
  });

  it("and is nothing at all, though a shard says that it is somebody, is over after a lease", async () => {
    const world = new World();
    const a = await world.join({ node: "a" });
    assert.ok(!a.membership.isGone("x", 1));
    await world.clock.advance(0.9 * LEASE_MS);
    assert.ok(!a.membership.isGone("x", 1));
    await world.clock.advance(0.2 * LEASE_MS);
    assert.ok(a.membership.isGone("x", 1));
  });
});
