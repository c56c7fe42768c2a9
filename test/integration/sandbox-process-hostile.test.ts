import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { layBait } from "../../bench/hostile/bait.ts";
import type { LaidBait } from "../../bench/hostile/bait.ts";
import { complaintAbout, hostileCommands, hostileSnippets } from "../../bench/hostile/commands.ts";
import { processEngine } from "../../kernels/sandbox/index.ts";
import type { ProcessEngine } from "../../kernels/sandbox/index.ts";
import { eventually } from "../kit/eventually.ts";
import { whyNoCommands } from "../kit/commands.ts";

const RUNS = 3;
const missing = await whyNoCommands("python3");

for (const [how, options, hostiles] of [
  ["with the best limits of this machine", {}, hostileCommands],
  ["without control groups", { cgroups: false }, hostileCommands],
  ["in a sandbox made from nothing", { forks: false }, hostileCommands],
  [
    "in a sandbox made from nothing, without control groups",
    { forks: false, cgroups: false },
    hostileCommands,
  ],
  ["that is a snippet", {}, hostileSnippets],
] as const) {
  describe(`a hostile command ${how}`, { skip: missing ?? false, timeout: 300_000 }, () => {
    let engine: ProcessEngine;
    let bait: LaidBait;
    before(async () => {
      engine = await processEngine({ workers: 2, ...options });
      bait = await layBait();
    });
    after(() => bait.close());

    // The bait is laid when the tests run; what they are called is known before.
    const names = hostileCommands({
      secretFile: "",
      secret: "",
      port: 0,
      abstractSocket: "",
      pid: 0,
      marker: "",
    });
    names.forEach(({ name }, at) => {
      it(`is held: ${name}`, async () => {
        const hostile = hostiles(bait)[at]!;
        const order = Array.from({ length: RUNS }, () => 0);
        const { samples } = await engine.run({ programs: [hostile.program], order, limits: hostile.limits });
        const heldByKernel = engine.isolation.enforced["memory"]!.startsWith("cgroup");
        for (const sample of samples) {
          // Without groups a process is refused memory and processes, and may end by itself.
          const byItself = !heldByKernel && ["memory", "pids"].includes(hostile.stoppedBy[0] ?? "");
          if (byItself && sample.outcome.kind === "exited") continue;
          assert.equal(complaintAbout(hostile, sample), null);
        }
        await eventually(`nothing taken by ${name}`, () => bait.taken().length === 0, 5000);
        const next = await engine.run({
          programs: [{ command: ["echo", "alive"] }],
          order: [0],
          limits: hostile.limits,
        });
        assert.equal(Buffer.from(next.samples[0]!.stdout.bytes).toString(), "alive\n");
      });
    });
  });
}
