import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { powerRows } from "../../../bench/power.ts";
import { compared, sessions } from "./compared.ts";

const PLANTED = { share: 0.23, slowdown: 0.051 };

describe("power", () => {
  it("is the share of sessions called regressed, held against 0.95", () => {
    const [found] = powerRows(0.05, PLANTED, sessions({ regressed: 29, inconclusive: 1 }));
    const [missed] = powerRows(0.05, PLANTED, sessions({ regressed: 28, improved: 1, non_inferior: 1 }));
    assert.equal(found!.name, "power, 5 % slowdown");
    assert.equal(found!.value, 29 / 30);
    assert.equal(found!.met, true);
    assert.equal(missed!.met, false);
  });

  it("says whether the variation is one that the target is meant for", () => {
    const quiet = powerRows(
      0.05,
      PLANTED,
      Array.from({ length: 2 }, () => compared({ iterationVariation: 0.08 })),
    );
    const noisy = powerRows(
      0.05,
      PLANTED,
      Array.from({ length: 2 }, () => compared({ iterationVariation: 0.3 })),
    );
    assert.match(quiet[0]!.note!, /≤ 0\.1, which held \(iterations 0\.080\)/);
    assert.match(noisy[0]!.note!, /which did NOT hold \(iterations 0\.300\)/);
  });

  it("states the true size, the variation and the intra-fork correlation", () => {
    const rows = powerRows(0.1, PLANTED, [compared({ change: 0.09 }), compared({ change: 0.11 })]);
    const values = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
    assert.equal(values["power, 10 % slowdown, true size"], 0.051);
    assert.match(rows[1]!.note!, /fork means of the sessions: 0\.1 \(0\.09–0\.11\)/);
    assert.equal(values["power, 10 % slowdown coefficient of variation of fork means, median"], 0.01);
    assert.equal(values["power, 10 % slowdown coefficient of variation of iterations, median"], 0.05);
    assert.equal(values["power, 10 % slowdown intra-fork correlation, median"], 0.02);
  });
});
