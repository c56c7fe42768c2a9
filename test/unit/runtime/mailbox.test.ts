import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Mailbox, mailboxLimits } from "../../../runtime/mailbox.ts";
import { RunQueue } from "../../../runtime/run-queue.ts";

describe("mailbox", () => {
  it("behaves as a bounded array under any pushes and shifts", () => {
    const steps = fc.array(
      fc.oneof({ weight: 3, arbitrary: fc.constant("push") }, { weight: 2, arbitrary: fc.constant("shift") }),
      { maxLength: 400 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), steps, (capacity, sequence) => {
        const mailbox = new Mailbox({ capacity, overflow: "fail" });
        const model: number[] = [];
        for (const [index, step] of sequence.entries()) {
          if (step === "push") {
            assert.equal(mailbox.push(index), model.length < capacity);
            if (model.length < capacity) model.push(index);
          } else if (model.length > 0) {
            assert.equal(mailbox.shift(), model.shift());
          }
          assert.equal(mailbox.size, model.length);
        }
        while (model.length > 0) assert.equal(mailbox.shift(), model.shift());
      }),
    );
  });

  it("keeps undefined and null apart from emptiness", () => {
    const mailbox = new Mailbox({ capacity: 3, overflow: "fail" });
    mailbox.push(undefined);
    mailbox.push(null);
    assert.equal(mailbox.size, 2);
    assert.equal(mailbox.shift(), undefined);
    assert.equal(mailbox.shift(), null);
    assert.equal(mailbox.size, 0);
  });

  it("has a bound of 65,536 and fails the sender unless told otherwise", () => {
    assert.deepEqual(mailboxLimits(), { capacity: 65_536, overflow: "fail" });
    assert.deepEqual(mailboxLimits({ capacity: 2 }), { capacity: 2, overflow: "fail" });
  });

  for (const capacity of [0, -1, 1.5, NaN, Infinity, 2 ** 31]) {
    it(`refuses a capacity of ${capacity}`, () => {
      assert.throws(() => mailboxLimits({ capacity }), { code: "MAILBOX_INVALID" });
    });
  }

  it("refuses options that are none, whatever they are", () => {
    for (const options of [null, "x", 5, { capacity: "7" }, { capacity: 7n }, { priority: 5 }]) {
      assert.throws(() => mailboxLimits(options as never), { code: "MAILBOX_INVALID" });
    }
  });

  it("refuses an overflow policy that it does not know", () => {
    assert.throws(() => mailboxLimits({ overflow: "explode" as "fail" }), { code: "MAILBOX_INVALID" });
  });
});

describe("run queue", () => {
  it("behaves as an unbounded array under any pushes and shifts", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 400 }), (pushes) => {
        const queue = new RunQueue<number>();
        const model: number[] = [];
        for (const [index, push] of pushes.entries()) {
          if (push) {
            queue.push(index);
            model.push(index);
          } else if (model.length > 0) {
            assert.equal(queue.shift(), model.shift());
          }
          assert.equal(queue.size, model.length);
        }
      }),
    );
  });
});
