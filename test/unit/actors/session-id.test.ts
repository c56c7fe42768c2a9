import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { makeSessionId, parseSessionId } from "../../../actors/workflow/session-id.ts";
import { seededRandom } from "../../../runtime/contracts/index.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";

describe("a session id", () => {
  it("is read back from its text, in capitals or not, and from nothing else", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), fc.integer(), (now, seed) => {
        const id = makeSessionId(new VirtualClock(now), seededRandom(seed));
        assert.match(id, /^[0-9A-HJKMNP-TV-Z]{26}$/);
        assert.equal(parseSessionId(id), id);
        assert.equal(parseSessionId(id.toLowerCase()), id);
        for (const other of [id.slice(1), `${id}0`, `../${id.slice(3)}`, id.replace(/.$/, "U")]) {
          assert.equal(parseSessionId(other), null);
        }
      }),
    );
    assert.equal(parseSessionId(""), null);
  });

  it("sorts by the time of its making", async () => {
    const clock = new VirtualClock(1_000_000);
    const random = seededRandom("x");
    const ids: string[] = [];
    for (let made = 0; made < 20; made++) {
      ids.push(makeSessionId(clock, random));
      await clock.advance(1);
    }
    assert.deepEqual(ids.toSorted(), ids);
  });

  it("takes its chance from the random source that is given", () => {
    const at = (seed: number): string => makeSessionId(new VirtualClock(5), seededRandom(seed));
    assert.equal(at(1), at(1));
    assert.notEqual(at(1), at(2));
  });
});
