import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { contendersAt, SUBJECT } from "../../../../bench/runtime/contenders.ts";
import { BEST_JS, PLANS, REQUIRED } from "../../../../bench/runtime/plan.ts";
import { sizeFor } from "../../../../bench/runtime/question.ts";
import { ROOT } from "../../../kit/repository.ts";

const peers = join(ROOT, "bench", "peers");
const contenders = contendersAt({ child: "child.js", peers, native: "/native", files: "/files" });

describe("the plans of the runtime's question", () => {
  it("have names of their own, and rows too", () => {
    const names = PLANS.map(({ name }) => name);
    const rows = PLANS.flatMap((plan) => plan.rows.map(({ name }) => name));
    assert.equal(new Set(names).size, names.length);
    assert.equal(new Set(rows).size, rows.length);
  });

  it("are all done by the subject, whole", () => {
    const subject = contenders.find(({ name }) => name === SUBJECT)!;
    for (const { name } of PLANS) assert.equal(subject.shares[name], 1, name);
  });

  it("hold a row only against somebody who does the workload", () => {
    for (const plan of PLANS) {
      for (const { name, bound } of plan.rows) {
        if (bound === null || bound.than === REQUIRED) continue;
        const rivals = contenders.filter((one) =>
          bound.than === BEST_JS ? one.library : one.name === bound.than,
        );
        assert.ok(
          rivals.some(({ shares }) => plan.name in shares),
          `${name}: nobody`,
        );
      }
    }
  });

  it("give every contender work that its sizes can be checked by", () => {
    for (const plan of PLANS) {
      for (const contender of contenders.filter(({ shares }) => plan.name in shares)) {
        for (const quick of [true, false]) {
          const size = sizeFor(plan, contender, quick);
          assert.ok(Number.isSafeInteger(size) && size > 0, `${contender.name} ${plan.name}`);
          assert.ok(Number.isSafeInteger(plan.check(size)), `${contender.name} ${plan.name} ${size}`);
        }
      }
    }
  });

  it("name no workload in a share that is not planned", () => {
    const planned = new Set(PLANS.map(({ name }) => name));
    for (const { name, shares } of contenders) {
      for (const workload of Object.keys(shares)) assert.ok(planned.has(workload), `${name} ${workload}`);
    }
  });

  it("start every peer from a file that is there", () => {
    for (const contender of contenders.filter(({ needs }) => needs === "npm")) {
      const file = contender.start(PLANS[0]!, 1).args.find((argument) => argument.endsWith(".js"))!;
      assert.ok(readFileSync(file, "utf8").length > 0);
    }
  });
});
