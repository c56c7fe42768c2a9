import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { nameOf, Subjects, tokenOf } from "../../../cluster/nats/subjects.ts";
import { hasCode } from "../../contract/journal-contract.ts";

describe("subjects", () => {
  it("hold any name as one part, and give it back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (name) => {
        const token = tokenOf(name);
        assert.match(token, /^[\w%$&+,:;=?@#/-]+$/);
        assert.equal(nameOf(token), name);
      }),
    );
  });

  it("of other signs than names can become are no names", () => {
    assert.equal(nameOf("%"), null);
    assert.equal(nameOf("%E0%A4%A"), null);
  });

  it("of different nodes and clusters differ", () => {
    const one = new Subjects("one");
    assert.equal(one.datagram("b", "a"), "myriad.one.to.b.a");
    assert.equal(one.datagram("b.a", "*"), "myriad.one.to.b%2Ea.%2A");
    assert.equal(one.datagramsTo("b"), "myriad.one.to.b.*");
    assert.notEqual(one.datagram("b", "a"), new Subjects("two").datagram("b", "a"));
  });

  it("refuse a cluster whose name could not be part of a subject and of a stream", () => {
    for (const name of ["", "a.b", "a b", "*", ">", "é", "x".repeat(33)]) {
      assert.throws(() => new Subjects(name), hasCode("CLUSTER_OPTION_INVALID"));
    }
    assert.equal(new Subjects("prod-1_eu").stream("JOURNAL"), "MYRIAD_prod-1_eu_JOURNAL");
  });
});
