import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deliveryOf } from "../../../cluster/nats/delivery.ts";

describe("where a delivered message stands", () => {
  const expected = {
    deliveries: 2,
    sequence: 30,
    consumerSequence: 4,
    storedAt: 1_700_000_000_123,
    pending: 6,
  };

  it("is told by both forms of its subject", () => {
    assert.deepEqual(deliveryOf("$JS.ACK.stream.consumer.2.30.4.1700000000123456789.6"), expected);
    assert.deepEqual(deliveryOf("$JS.ACK._.hash.stream.consumer.2.30.4.1700000000123456789.6"), expected);
    assert.deepEqual(deliveryOf("$JS.ACK.hub.hash.stream.consumer.2.30.4.1700000000123456789.6.x"), expected);
  });

  it("is not told by other subjects", () => {
    for (const reply of ["", "_INBOX.a.b", "$JS.ACK", "$JS.ACK.s.c.2.30.4.17", "$JS.ACK.s.c.x.30.4.17.6"])
      assert.equal(deliveryOf(reply), null);
  });
});
