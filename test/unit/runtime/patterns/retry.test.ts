import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededRandom, type Random } from "../../../../runtime/contracts/index.ts";
import { retry } from "../../../../runtime/index.ts";
import { VirtualClock } from "../../../../runtime/testkit/index.ts";

const half: Random = { next: () => 0.5, below: () => 0, fork: () => half };

/** Fails the first `failures` times; notes when it was called. */
function flaky(clock: VirtualClock, failures: number) {
  const calledAt: number[] = [];
  const operation = async (attempt: number): Promise<string> => {
    calledAt.push(clock.monotonic());
    await Promise.resolve();
    if (attempt < failures) throw new Error(`attempt ${attempt}`);
    return "done";
  };
  return { calledAt, operation };
}

describe("retry", () => {
  it("tries three times in all, waiting 2^n + U(0, 1) seconds after attempt n", async () => {
    const clock = new VirtualClock();
    const { calledAt, operation } = flaky(clock, 2);
    const result = retry(operation, { clock, random: half });
    await clock.advance(10_000);
    assert.equal(await result, "done");
    assert.deepEqual(calledAt, [0, 1_500, 4_000]);
  });

  it("gives the last error when all attempts fail", async () => {
    const clock = new VirtualClock();
    const { calledAt, operation } = flaky(clock, 9);
    const result = assert.rejects(retry(operation, { clock, random: half }), { message: "attempt 2" });
    await clock.advance(10_000);
    await result;
    assert.equal(calledAt.length, 3);
    assert.equal(clock.pending, 0);
  });

  it("draws its jitter from the given chance, between whole seconds", async () => {
    const clock = new VirtualClock();
    const { calledAt, operation } = flaky(clock, 4);
    const result = retry(operation, { clock, random: seededRandom(5), attempts: 5 });
    await clock.advance(60_000);
    await result;
    const waits = calledAt.slice(1).map((at, index) => at - calledAt[index]!);
    waits.forEach((wait, attempt) => {
      assert.ok(wait >= 1_000 * 2 ** attempt && wait < 1_000 * (2 ** attempt + 1), String(waits));
    });
    assert.equal(new Set(waits.map((wait) => wait % 1_000)).size, 4);
  });

  it("does not try again what is not worth it", async () => {
    const clock = new VirtualClock();
    const { calledAt, operation } = flaky(clock, 9);
    await assert.rejects(retry(operation, { clock, random: half, again: () => false }), {
      message: "attempt 0",
    });
    assert.equal(calledAt.length, 1);
  });

  it("an abort ends the waiting with the last error, and leaves no timer", async () => {
    const clock = new VirtualClock();
    const { calledAt, operation } = flaky(clock, 9);
    const abort = new AbortController();
    const result = assert.rejects(retry(operation, { clock, random: half, signal: abort.signal }), {
      message: "attempt 0",
    });
    await clock.advance(500);
    abort.abort();
    await result;
    assert.equal(clock.pending, 0);
    await assert.rejects(retry(operation, { clock, random: half, signal: abort.signal }), {
      message: "attempt 0",
    });
    assert.equal(calledAt.length, 2);
  });

  it("refuses what is no function, and options that make no sense, before the first attempt", async () => {
    const clock = new VirtualClock();
    const { calledAt, operation } = flaky(clock, 9);
    await assert.rejects(retry(5 as never, { clock, random: half }), { code: "RETRY_INVALID" });
    for (const wrong of [{ clock: {} }, { random: 5 }, { waitMs: 5 }, { again: "no" }, { signal: 5 }]) {
      const options = { clock, random: half, ...wrong } as never;
      await assert.rejects(retry(operation, options), { code: "RETRY_INVALID" }, JSON.stringify(wrong));
    }
    for (const options of [undefined, null, {}]) {
      await assert.rejects(retry(operation, options as never), { code: "RETRY_INVALID" });
    }
    assert.deepEqual([calledAt, clock.pending], [[], 0]);
  });

  it("refuses a wait that is no finite number of milliseconds from 0 as soon as it is given, with the failure as the cause", async () => {
    for (const waitMs of [NaN, -1, Infinity, "5", undefined, Promise.resolve(5)]) {
      const clock = new VirtualClock();
      const { calledAt, operation } = flaky(clock, 9);
      const result = retry(operation, { clock, random: half, waitMs: () => waitMs as number });
      await assert.rejects(result, { code: "RETRY_INVALID", cause: new Error("attempt 0") });
      assert.deepEqual([calledAt, clock.pending], [[0], 0]);
    }
  });

  it("refuses a number of attempts that makes no sense", async () => {
    const clock = new VirtualClock();
    for (const attempts of [0, 1.5, NaN]) {
      await assert.rejects(
        retry(() => 1, { clock, random: half, attempts }),
        { code: "RETRY_INVALID" },
      );
    }
  });
});
