import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HeldLease } from "../../../../cluster/membership/lease.ts";
import { VirtualClock } from "../../../../runtime/testkit/index.ts";

function held(): { readonly clock: VirtualClock; readonly lease: HeldLease; readonly told: number[] } {
  const clock = new VirtualClock();
  const lease = new HeldLease(clock, 7, 1_000, clock.monotonic());
  const told: number[] = [];
  lease.onLost(() => told.push(clock.monotonic()));
  return { clock, lease, told };
}

describe("a lease", () => {
  it("is valid for nine tenths of its time, from before it was asked for", async () => {
    const { clock, lease, told } = held();
    await clock.advance(899);
    assert.ok(lease.isValid());
    await clock.advance(1);
    assert.ok(!lease.isValid());
    assert.deepEqual(told, [900]);
    assert.equal(clock.pending, 0);
  });

  it("lasts from when the last renewal that came through was sent, not from when it came through", async () => {
    const { clock, lease, told } = held();
    await clock.advance(800);
    lease.renewed(300);
    await clock.advance(399);
    assert.ok(lease.isValid());
    lease.renewed(100);
    await clock.advance(1);
    assert.deepEqual(told, [1_200]);
  });

  it("tells all who act by it before it answers anybody, though its own timer has not run yet", () => {
    const { clock, lease, told } = held();
    let answer: boolean | null = null;
    clock.schedule(0, () => (answer = lease.isValid()));
    // A thread that was frozen: of all timers that are due this one comes first.
    const frozen = new VirtualClock();
    const thawed = new HeldLease({ ...late(frozen, 5_000), now: () => 0 }, 7, 1_000, 0);
    let lost = 0;
    thawed.onLost(() => (lost += 1));
    assert.equal(lost, 1);
    assert.ok(!thawed.isValid());
    clock.jump(0);
    assert.equal(answer, true);
    assert.ok(lease.isValid());
    assert.deepEqual(told, []);
  });

  it("stays lost, whatever comes later, and tells once", async () => {
    const { clock, lease, told } = held();
    lease.lose();
    lease.renewed(10);
    lease.lose();
    await clock.advance(2_000);
    assert.ok(!lease.isValid());
    assert.deepEqual(told, [0]);
    lease.onLost(() => told.push(-1));
    assert.deepEqual(told, [0, -1]);
  });

  it("tells nobody who has cancelled", async () => {
    const clock = new VirtualClock();
    const lease = new HeldLease(clock, 1, 1_000, 0);
    lease.onLost(() => assert.fail())();
    await clock.advance(1_000);
    assert.ok(!lease.isValid());
  });
});

function late(clock: VirtualClock, ms: number): Pick<VirtualClock, "monotonic" | "schedule"> {
  return {
    monotonic: () => clock.monotonic() + ms,
    schedule: (delay, action) => clock.schedule(delay, action),
  };
}
