import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { PriorityMailbox } from "../../../runtime/priority-mailbox.ts";
import { actor, type Reply } from "../../../runtime/index.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";

interface Item {
  readonly priority: number;
  readonly index: number;
}

describe("priority mailbox", () => {
  it("behaves as a bounded list that is stably sorted by priority, under any pushes and shifts", () => {
    const steps = fc.array(fc.option(fc.integer({ min: -2, max: 2 }), { freq: 3 }), { maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), steps, (capacity, sequence) => {
        const mailbox = new PriorityMailbox({ capacity, overflow: "fail" }, (item: Item) => item.priority);
        let model: Item[] = [];
        const shift = (): void => {
          assert.deepEqual(mailbox.shift(), model[0]);
          model = model.slice(1);
        };
        for (const [index, priority] of sequence.entries()) {
          if (priority !== null) {
            assert.equal(mailbox.push({ priority, index }), model.length < capacity);
            if (model.length < capacity) model = [...model, { priority, index }];
            model = model.toSorted((a, b) => b.priority - a.priority);
          } else if (model.length > 0) shift();
          assert.equal(mailbox.size, model.length);
        }
        while (model.length > 0) shift();
      }),
    );
  });

  it("takes a message beyond its bound only where no policy drops it", () => {
    const priority = (): number => 0;
    const failing = new PriorityMailbox({ capacity: 1, overflow: "fail" }, priority);
    const dropping = new PriorityMailbox({ capacity: 1, overflow: "drop-newest" }, priority);
    assert.deepEqual([failing.pushBeyond(1), failing.pushBeyond(2)], [true, true]);
    assert.deepEqual([dropping.pushBeyond(1), dropping.pushBeyond(2)], [true, false]);
  });

  const sorter = actor<string[], string[], string | { readonly text: string; readonly reply: Reply<null> }>({
    name: "sorter",
    initial: (got) => got,
    receive(got, message) {
      got.push(typeof message === "string" ? message : message.text);
      if (typeof message !== "string") message.reply.send(null);
      return got;
    },
    mailbox: {
      priority: (message) => {
        const text = typeof message === "string" ? message : message.text;
        if (text === "throws") throw new Error("no priority");
        return text === "NaN" ? NaN : text.length;
      },
    },
  });

  it("messages and questions of higher priority are handled first, equals in order", async () => {
    const { system } = createTestSystem();
    const got: string[] = [];
    const ref = system.spawn(sorter, got);
    for (const text of ["a", "cc", "b", "dddd"]) ref.tell(text);
    const asked = ref.ask((reply: Reply<null>) => ({ text: "eee", reply }));
    ref.tell("ff");
    await asked;
    assert.equal(got.indexOf("eee"), 1);
    await system.stop(ref);
    assert.deepEqual(got, ["dddd", "eee", "cc", "ff", "a", "b"]);
    await system.shutdown();
  });

  it("a message whose priority cannot be told comes last", async () => {
    const { system, settle } = createTestSystem();
    const got: string[] = [];
    const ref = system.spawn(sorter, got);
    for (const text of ["throws", "NaN", "a"]) ref.tell(text);
    await settle();
    assert.deepEqual(got, ["a", "throws", "NaN"]);
    await system.shutdown();
  });

  it("priority does not go with drop-oldest", () => {
    const wrong = { overflow: "drop-oldest", priority: () => 1 } as const;
    assert.throws(() => actor({ name: "x", initial: () => 0, receive: () => 0, mailbox: wrong }), {
      code: "MAILBOX_INVALID",
    });
    const { system } = createTestSystem();
    assert.throws(() => system.spawn(sorter, [], { mailbox: { overflow: "drop-oldest" } }), {
      code: "MAILBOX_INVALID",
    });
  });
});
