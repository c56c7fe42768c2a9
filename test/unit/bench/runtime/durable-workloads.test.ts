import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { events } from "../../../../bench/myriad/event-sourced.ts";
import { provedResult, runChild } from "../../../../bench/runtime/child-process.ts";
import { contendersAt } from "../../../../bench/runtime/contenders.ts";
import { filesystemOf } from "../../../../bench/runtime/filesystem.ts";
import { PLANS } from "../../../../bench/runtime/plan.ts";
import { ROOT } from "../../../kit/repository.ts";

const SIZE = 2_000;
const never = new AbortController().signal;
const here = extname(import.meta.filename);
const child = join(import.meta.dirname, "..", "..", "..", "..", "bench", "myriad", `child${here}`);

describe("the workloads that keep events", () => {
  let files = "";
  before(() => {
    files = mkdtempSync(join(tmpdir(), "durable-"));
  });
  after(() => rmSync(files, { recursive: true }));

  for (const name of ["events-1000", "events-1"]) {
    it(`${name} proves its work and gives a latency, whoever does it, and leaves no file behind`, async () => {
      const plan = PLANS.find((one) => one.name === name)!;
      const size = name === "events-1" ? SIZE / 20 : SIZE;
      const contenders = contendersAt({ child, peers: join(ROOT, "bench", "peers"), native: "", files });
      const able = contenders.filter(({ shares }) => name in shares);
      assert.equal(able.length, 2);
      for (const contender of able) {
        const output = await runChild(contender.start(plan, size), never);
        const { figure, seconds } = provedResult(output, contender.name, {
          done: size,
          check: plan.check(size),
        });
        assert.ok(figure! > 0 && seconds > 0, contender.name);
        assert.deepEqual(readdirSync(files), []);
      }
    });
  }

  it("share the commands out among any number of actors", async () => {
    const { done, check } = await events(7, files)(50);
    assert.deepEqual({ done, check }, { done: 50, check: (50 * 49) / 2 });
  });

  it("name the filesystem that they are about, as a number where it is not known", async () => {
    const isLinux = process.platform === "linux";
    assert.match(
      await filesystemOf(isLinux ? "/proc" : files),
      isLinux ? /^filesystem 9fa0$/ : /^filesystem /,
    );
  });
});
