import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Ask } from "../../../../runtime/ask.ts";
import { MeasuredMailbox } from "../../../../runtime/telemetry/measured-mailbox.ts";
import { Tally } from "../../../../runtime/telemetry/tally.ts";
import { VirtualClock } from "../../../../runtime/testkit/index.ts";

const open = (overflow: "fail" | "drop-oldest" = "fail"): MeasuredMailbox =>
  new MeasuredMailbox({ capacity: 2, overflow }, undefined, new Tally(), new VirtualClock(), null);

describe("a measured mailbox", () => {
  it("gives the letter of the message taken last, once", () => {
    const mailbox = open();
    mailbox.push("a");
    mailbox.push("b");
    assert.equal(mailbox.shift(), "a");
    assert.equal(mailbox.takeLetter()!.item, "a");
    assert.equal(mailbox.takeLetter(), null);
  });

  it("gives no letter for a message that was dropped to make room", () => {
    const mailbox = open("drop-oldest");
    for (const item of ["a", "b"]) mailbox.push(item);
    assert.equal(mailbox.push("c"), false);
    mailbox.shift();
    mailbox.push("c");
    assert.equal(mailbox.takeLetter(), null);
    assert.equal(mailbox.size, 2);
  });

  it("gives no letter for a question whose asker has given up", () => {
    const mailbox = open();
    const ask = new Ask(
      null as never,
      () => undefined,
      () => undefined,
    );
    mailbox.push(ask);
    ask.fail(new Error("too late"));
    assert.equal(mailbox.shift(), ask);
    assert.equal(mailbox.takeLetter(), null);
  });
});
