import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ownerOf, shardOf, type Candidate } from "../../../../cluster/sharding/allocation.ts";

const candidates = fc
  .uniqueArray(
    fc.record({ node: fc.stringMatching(/^[a-z]{1,6}$/), capacity: fc.integer({ min: 1, max: 16 }) }),
    { selector: ({ node }) => node, minLength: 1, maxLength: 8 },
  )
  .map((list): readonly Candidate[] => list);
const shards = Array.from({ length: 256 }, (_, shard) => shard);

describe("keys", () => {
  it("fall into all shards alike, always into the same", () => {
    const counts = new Array<number>(128).fill(0);
    for (let number = 0; number < 128_000; number++) {
      const shard = shardOf(`order ${number}`, 128);
      counts[shard] = counts[shard]! + 1;
      assert.equal(shardOf(`order ${number}`, 128), shard);
    }
    // Of a thousand expected in each, five deviations are 160.
    assert.ok(Math.min(...counts) > 840 && Math.max(...counts) < 1_160, String(counts));
  });
});

describe("shards", () => {
  it("are given to the same nodes by all who know the same, in whatever order", () => {
    fc.assert(
      fc.property(candidates, fc.integer({ min: 0, max: 4_095 }), (list, shard) => {
        const owner = ownerOf("orders", shard, list);
        assert.ok(list.some(({ node }) => node === owner));
        assert.equal(ownerOf("orders", shard, list.toReversed()), owner);
      }),
    );
  });

  it("have no owner where there is no candidate", () => {
    assert.equal(ownerOf("orders", 1, []), null);
  });

  it("move only to a node that joins, and only from one that leaves", () => {
    fc.assert(
      fc.property(candidates, fc.integer({ min: 1, max: 16 }), (list, capacity) => {
        const more = [...list, { node: "newcomer", capacity }];
        for (const shard of shards) {
          const [before, after] = [ownerOf("orders", shard, list), ownerOf("orders", shard, more)];
          assert.ok(after === before || after === "newcomer");
        }
      }),
      { numRuns: 50 },
    );
  });

  it("are as many for each node as its capacity asks for", () => {
    const list = [1, 2, 3, 2].map((capacity, index) => ({ node: `node ${index}`, capacity }));
    const owned = new Map<string, number>();
    for (let shard = 0; shard < 8_000; shard++) {
      const owner = ownerOf("orders", shard, list)!;
      owned.set(owner, (owned.get(owner) ?? 0) + 1);
    }
    for (const { node, capacity } of list) {
      assert.ok(Math.abs(owned.get(node)! - 1_000 * capacity) < 200, `${node}: ${owned.get(node)}`);
    }
  });

  it("of different regions are given out independently", () => {
    const list = ["a", "b"].map((node) => ({ node, capacity: 1 }));
    const same = shards.filter((shard) => ownerOf("orders", shard, list) === ownerOf("carts", shard, list));
    assert.ok(same.length > 80 && same.length < 176, String(same.length));
  });
});
