import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Gatherer, type Gathered } from "../../../../runtime/telemetry/gatherer.ts";
import type { ThreadMetrics } from "../../../../runtime/telemetry/metrics.ts";
import { Tally } from "../../../../runtime/telemetry/tally.ts";
import { VirtualClock } from "../../../../runtime/testkit/index.ts";

function figures(handled: number): ThreadMetrics {
  const tally = new Tally();
  tally.waiting = 4;
  for (let count = 0; count < handled; count++) tally.handlingMs.record(1);
  return {
    types: [{ type: "worker", spawned: 2, alive: 2, tally: tally.data }],
    instances: [],
    spans: { ended: handled, dropped: 0 },
  };
}

const sums = ({ metrics, threads, late }: Gathered): unknown => ({
  handled: metrics.flatMap(({ types }) => types).reduce((sum, { tally }) => sum + Tally.of(tally).handled, 0),
  alive: metrics.flatMap(({ types }) => types).reduce((sum, { alive }) => sum + alive, 0),
  waiting: metrics.flatMap(({ types }) => types).reduce((sum, { tally }) => sum + tally.waiting, 0),
  threads,
  late,
});

describe("gathering figures of threads", () => {
  it("ends when all have answered, and leaves no timer", async () => {
    const clock = new VirtualClock();
    const gatherer = new Gatherer(clock, () => [1, 2]);
    const gathered = gatherer.gather("messages", 1_000);
    gatherer.answered(2, 1, figures(3));
    gatherer.answered(1, 1, figures(4));
    assert.deepEqual(sums(await gathered), { handled: 7, alive: 4, waiting: 8, threads: [1, 2], late: [] });
    assert.equal(clock.pending, 0);
  });

  it("ends at once where there is nobody to ask", async () => {
    const gatherer = new Gatherer(new VirtualClock(), () => []);
    assert.deepEqual(sums(await gatherer.gather("messages", 1_000)), {
      handled: 0,
      alive: 0,
      waiting: 0,
      threads: [],
      late: [],
    });
  });

  it("names who has not answered in time, and counts on what it told last", async () => {
    const clock = new VirtualClock();
    const gatherer = new Gatherer(clock, () => [1, 2]);
    const first = gatherer.gather("messages", 1_000);
    gatherer.answered(1, 1, figures(5));
    await clock.advance(1_000);
    assert.deepEqual(sums(await first), { handled: 5, alive: 2, waiting: 4, threads: [1], late: [2] });
    const second = gatherer.gather("messages", 1_000);
    gatherer.answered(2, 2, figures(1));
    await clock.advance(1_000);
    assert.deepEqual(sums(await second), { handled: 6, alive: 4, waiting: 8, threads: [2], late: [1] });
  });

  it("does not wait for a thread that is lost meanwhile, and keeps what it had done", async () => {
    let asked: readonly number[] = [1, 2];
    const gatherer = new Gatherer(new VirtualClock(), () => asked);
    const first = gatherer.gather("messages", 1_000);
    gatherer.answered(1, 1, figures(5));
    gatherer.answered(2, 1, figures(2));
    await first;
    const second = gatherer.gather("messages", 1_000);
    gatherer.answered(2, 2, figures(3));
    gatherer.lost(1);
    assert.deepEqual(sums(await second), { handled: 8, alive: 2, waiting: 4, threads: [2], late: [] });
    asked = [2];
    const third = gatherer.gather("messages", 1_000);
    gatherer.answered(2, 3, figures(3));
    assert.deepEqual(sums(await third), { handled: 8, alive: 2, waiting: 4, threads: [2], late: [] });
  });

  it("keeps apart gatherings at the same time", async () => {
    const clock = new VirtualClock();
    const gatherer = new Gatherer(clock, () => [1]);
    const [first, second] = [gatherer.gather("messages", 1_000), gatherer.gather("wait", 1_000)];
    gatherer.answered(1, 2, figures(2));
    await second;
    await clock.advance(1_000);
    assert.deepEqual((await first).late, [1]);
  });
});
