import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { actor, type AnyActorType } from "../../../runtime/actor.ts";
import { Inbox, mailboxFor } from "../../../runtime/inbox.ts";
import type { MailboxOptions } from "../../../runtime/mailbox.ts";

function typeWith(
  mailbox: MailboxOptions & { readonly priority?: (message: unknown) => number },
): AnyActorType {
  return actor<unknown, unknown, unknown>({
    name: "any",
    initial: () => null,
    receive: (state) => state,
    mailbox,
  });
}

class OpenInbox extends Inbox {
  readonly type: AnyActorType;

  constructor(type: AnyActorType, own?: MailboxOptions) {
    super();
    this.type = type;
    if (own !== undefined) this.useMailbox(mailboxFor(type, { capacity: 1, overflow: "fail", ...own }));
  }

  override push(item: unknown): boolean {
    return super.push(item);
  }

  override pushBeyond(item: unknown): boolean {
    return super.pushBeyond(item);
  }

  override shift(): unknown {
    return super.shift();
  }

  get full(): boolean {
    return this.isFull;
  }
}

describe("an inbox", () => {
  it("behaves as a bounded array under any pushes and shifts, from the first message on", () => {
    const steps = fc.array(fc.constantFrom("push", "push", "pushBeyond", "shift"), { maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), steps, (capacity, sequence) => {
        const inbox = new OpenInbox(typeWith({ capacity }));
        const model: number[] = [];
        for (const [index, step] of sequence.entries()) {
          if (step === "push") {
            const taken = model.length < capacity;
            assert.equal(inbox.push(index), taken);
            if (taken) model.push(index);
          } else if (step === "pushBeyond") {
            assert.equal(inbox.pushBeyond(index), true);
            model.push(index);
          } else if (model.length > 0) {
            assert.equal(inbox.shift(), model.shift());
          }
          assert.equal(inbox.waiting, model.length);
          assert.equal(inbox.full, model.length >= capacity);
        }
      }),
    );
  });

  it("keeps undefined and null apart from emptiness", () => {
    const inbox = new OpenInbox(typeWith({}));
    for (const message of [undefined, null]) {
      inbox.push(message);
      assert.equal(inbox.waiting, 1);
      assert.equal(inbox.shift(), message);
      assert.equal(inbox.waiting, 0);
    }
  });

  it("asks for the priority of the message that came before there was a mailbox, too", () => {
    const inbox = new OpenInbox(typeWith({ priority: (message) => message as number }));
    for (const message of [2, 1, 3]) inbox.push(message);
    assert.deepEqual([inbox.shift(), inbox.shift(), inbox.shift()], [3, 2, 1]);
  });

  it("has the limits of its type unless it is given a mailbox of its own", () => {
    const type = typeWith({ capacity: 5, overflow: "wait" });
    assert.deepEqual(new OpenInbox(type).limits, { capacity: 5, overflow: "wait" });
    assert.deepEqual(new OpenInbox(type, { capacity: 2 }).limits, { capacity: 2, overflow: "fail" });
  });
});
