import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import fc from "fast-check";
import {
  decodeError,
  encodeError,
  errorsOf,
  MyriadError,
  seededRandom,
  systemClock,
  UNEXPECTED,
} from "../../../../runtime/contracts/index.ts";

describe("coded errors", () => {
  const make = errorsOf({ DISK_FULL: { fault: "internal", meaning: "no space", hint: "free some" } });

  it("carry code, fault, the table's hint, and what is known beside", () => {
    const error = make("DISK_FULL", "no space left", { location: "a.ts:3" });
    assert.deepEqual(
      [error.code, error.fault, error.hint, error.location],
      ["DISK_FULL", "internal", "free some", "a.ts:3"],
    );
  });

  it("cross a boundary and come back with code, fault, hint, location and causes", () => {
    const cause = make("DISK_FULL", "inner");
    const error = new MyriadError("OUTER", "input", "outer", { hint: "h", location: "l", cause });
    const back = decodeError(structuredClone(encodeError(error)));
    assert.ok(back instanceof MyriadError);
    assert.deepEqual([back.code, back.fault, back.hint, back.location], ["OUTER", "input", "h", "l"]);
    assert.equal((back.cause as MyriadError).code, "DISK_FULL");
    assert.equal(back.stack, error.stack);
  });

  it("are made of whatever is thrown, without throwing", () => {
    const hostile = {
      toString(): string {
        throw new Error("no");
      },
    };
    for (const thrown of [
      null,
      undefined,
      7,
      "text",
      Symbol("s"),
      hostile,
      new TypeError("t"),
      Object.create(null),
    ]) {
      assert.equal(encodeError(thrown).code, UNEXPECTED);
    }
  });

  it("end a circle of causes", () => {
    const error = new Error("round");
    error.cause = error;
    assert.ok(JSON.stringify(encodeError(error)).length > 0);
  });
});

describe("seeded chance", () => {
  it("gives equal streams for equal seeds and labels, and a fork leaves its parent alone", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (seed, label) => {
        const [left, right] = [seededRandom(seed), seededRandom(seed)];
        left.fork(label).next();
        assert.equal(left.next(), right.next());
        assert.equal(left.fork(label).next(), right.fork(label).next());
      }),
    );
  });

  it("stays within its bounds and reaches every value", () => {
    const random = seededRandom("bounds");
    const seen = new Set<number>();
    for (let draw = 0; draw < 2_000; draw++) {
      const value = random.below(7);
      assert.ok(Number.isInteger(value) && value >= 0 && value < 7);
      seen.add(value);
      const share = random.next();
      assert.ok(share >= 0 && share < 1);
    }
    assert.equal(seen.size, 7);
    assert.equal(random.below(1), 0);
    assert.ok(random.below(2 ** 32) < 2 ** 32);
  });

  it("spreads evenly: chi-squared of 64 cells over 64,000 draws stays below its 99.9 % point", () => {
    const random = seededRandom(1);
    const cells = new Float64Array(64);
    for (let draw = 0; draw < 64_000; draw++) cells[Math.floor(random.next() * 64)]! += 1;
    const chiSquared = cells.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // qchisq(0.999, 63) in R 4.2.2
    assert.ok(chiSquared < 103.4424, String(chiSquared));
  });
});

describe("the machine's clock", () => {
  it("waits out a delay that is longer than a timer can be", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      let fired = 0;
      systemClock.schedule(2 ** 31 + 1000, () => fired++);
      mock.timers.tick(2 ** 31 - 1);
      assert.equal(fired, 0);
      mock.timers.tick(1001);
      assert.equal(fired, 1);
    } finally {
      mock.timers.reset();
    }
  });

  it("runs what is scheduled at no time, or at one that is over, as soon as it can", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      let fired = 0;
      for (const delayMs of [NaN, -1, -Infinity, undefined as never]) {
        systemClock.schedule(delayMs, () => fired++);
      }
      mock.timers.tick(1);
      assert.equal(fired, 4);
    } finally {
      mock.timers.reset();
    }
  });

  it("does not run what was cancelled", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      let fired = 0;
      const cancel = systemClock.schedule(5, () => fired++);
      cancel();
      mock.timers.tick(10);
      assert.equal(fired, 0);
    } finally {
      mock.timers.reset();
    }
  });
});
