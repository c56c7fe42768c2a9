import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isBid, rankBids, TrackRecord } from "../../../cluster/contract-net/bids.ts";

const bid = (agentId: string, confidence: number, estimatedSeconds: number) => ({
  agentId,
  confidence,
  estimatedSeconds,
});
const order = (bids: Parameters<typeof rankBids>[0], record = new TrackRecord()): readonly string[] =>
  rankBids(bids, record).map(({ agentId }) => agentId);

describe("bids", () => {
  it("are ranked by confidence over estimated time", () => {
    assert.deepEqual(order([bid("a", 0.9, 10), bid("b", 0.7, 5), bid("c", 0.5, 5)]), ["b", "c", "a"]);
    assert.equal(rankBids([bid("b", 0.5, 4)], new TrackRecord())[0]!.score, 0.125);
  });

  it("of less than a tenth of a second count as a tenth", () => {
    assert.deepEqual(order([bid("a", 0.5, 0), bid("b", 0.6, 0.1), bid("c", 0.4, 0.001)]), ["b", "a", "c"]);
  });

  it("that are equal go to the agent whose id comes first, in whatever order they came", () => {
    assert.deepEqual(order([bid("b", 0.5, 2), bid("a", 0.5, 2), bid("c", 0.25, 1)]), ["a", "b", "c"]);
    assert.deepEqual(order([bid("c", 0.25, 1), bid("a", 0.5, 2), bid("b", 0.5, 2)]), ["a", "b", "c"]);
  });

  it("are worth less of an agent that takes longer than it says, or fails more often", () => {
    const record = new TrackRecord();
    assert.equal(record.accuracyOf("slow"), 1);
    record.note("slow", { confidence: 1, estimatedSeconds: 1, seconds: 9, success: true });
    record.note("weak", { confidence: 1, estimatedSeconds: 5, seconds: 5, success: false });
    assert.equal(record.accuracyOf("slow"), 2 / 10);
    assert.equal(record.accuracyOf("weak"), 1 / 2);
    assert.deepEqual(order([bid("slow", 1, 1), bid("weak", 1, 1), bid("new", 0.6, 1)], record), [
      "new",
      "weak",
      "slow",
    ]);
  });

  it("are worth no more of an agent that promises too little", () => {
    const record = new TrackRecord();
    record.note("modest", { confidence: 0.1, estimatedSeconds: 100, seconds: 1, success: true });
    assert.equal(record.accuracyOf("modest"), 1);
  });

  it("of an agent that always promises too much win less and less, until an honest one wins", () => {
    const record = new TrackRecord();
    const winners = Array.from({ length: 10 }, () => {
      const [winner] = order([bid("boaster", 1, 1), bid("honest", 1, 4)], record);
      const estimatedSeconds = winner === "boaster" ? 1 : 4;
      const seconds = winner === "boaster" ? 8 : 4;
      record.note(winner!, { confidence: 1, estimatedSeconds, seconds, success: true });
      return winner;
    });
    assert.equal(winners[0], "boaster");
    assert.deepEqual(
      winners.slice(2),
      Array.from({ length: 8 }, () => "honest"),
    );
  });

  it("have an accuracy from 0 to 1, whatever happened", () => {
    const outcome = fc.record({
      confidence: fc.double({ min: 0, max: 1, noNaN: true }),
      estimatedSeconds: fc.double({ min: 0, max: 1e9, noNaN: true }),
      seconds: fc.double({ min: 0, max: 1e9, noNaN: true }),
      success: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(outcome), (outcomes) => {
        const record = new TrackRecord();
        for (const one of outcomes) record.note("a", one);
        const accuracy = record.accuracyOf("a");
        assert.ok(accuracy >= 0 && accuracy <= 1, String(accuracy));
      }),
    );
  });

  it("that are none are seen to be none", () => {
    assert.ok(isBid({ confidence: 0, estimatedSeconds: 0 }));
    const nones = [
      null,
      "bid",
      {},
      { confidence: 2, estimatedSeconds: 1 },
      { confidence: 0.5, estimatedSeconds: -1 },
    ];
    for (const none of [
      ...nones,
      { confidence: NaN, estimatedSeconds: 1 },
      { confidence: 1, estimatedSeconds: Infinity },
    ]) {
      assert.equal(isBid(none), false);
    }
  });
});
