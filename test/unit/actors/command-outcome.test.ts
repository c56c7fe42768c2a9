import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { insideHint, limitHint, observedRun } from "../../../actors/command/command-outcome.ts";
import type { StoredCommand } from "../../../actors/command/command-program.ts";
import { SANDBOX_CAPS } from "../../../kernels/sandbox/index.ts";
import type { ProcessLimitName, ProcessOutcome, SandboxLimits } from "../../../kernels/sandbox/index.ts";

const nothing = { bytes: new Uint8Array(), truncated: false };

function textOf(
  outcome: ProcessOutcome,
  limits: SandboxLimits = SANDBOX_CAPS,
  part: Pick<StoredCommand, "snippet"> = {},
): string {
  const sample = { iteration: 0, program: 0, start: "spawned", wallNs: 1, cpuMs: 1 } as const;
  const told = { ...sample, outcome, stdout: nothing, stderr: nothing, peakMb: 1, diskMb: 0 };
  return observedRun(told, { compared: "output", ...part }, limits).text;
}

const broken = (limit: ProcessLimitName, limits?: SandboxLimits): string =>
  textOf({ kind: "limit_exceeded", limit }, limits);

describe("the outcome of a run", () => {
  it("names a broken limit with its size, the task's own", () => {
    const told = (["wall", "cpu", "memory", "disk", "pids", "output"] as const).map((limit) => broken(limit));
    assert.deepEqual(told, [
      "a broken limit (wall time, 60 s)",
      "a broken limit (CPU time, 30 s)",
      "a broken limit (memory, 2048 MB)",
      "a broken limit (disk, 500 MB)",
      "a broken limit (processes and threads, 512 at a time)",
      "a broken limit (output, 4 MB)",
    ]);
    assert.equal(broken("wall", { ...SANDBOX_CAPS, wallSeconds: 2 }), "a broken limit (wall time, 2 s)");
  });

  it("says of an exit code what a shell means by it, as the usual meaning", () => {
    const usually =
      /^exit code 12[67] \(usually: a program was (not found in the sandbox|found .* cannot be executed)\)$/;
    for (const code of [126, 127]) assert.match(textOf({ kind: "exited", code }), usually);
    assert.equal(textOf({ kind: "exited", code: 1 }), "exit code 1");
  });

  it("says nothing of what a snippet means by its exit code", () => {
    const snippet = { language: "python", source: "import sys; sys.exit(127)" } as const;
    assert.equal(textOf({ kind: "exited", code: 127 }, SANDBOX_CAPS, { snippet }), "exit code 127");
  });

  it("comes with what can be done about its limit: raise it only where that is allowed", () => {
    const lowered = { ...SANDBOX_CAPS, memoryMb: 64 };
    assert.match(limitHint(broken("memory", lowered), lowered), /limits\.memoryMb, to 2048 MB at most$/);
    assert.match(limitHint(broken("memory"), SANDBOX_CAPS), /; the limit cannot be raised$/);
    assert.match(limitHint(broken("output"), SANDBOX_CAPS), /print less.*cannot be raised$/);
    assert.equal(limitHint("something else", SANDBOX_CAPS), "give the command less to do");
  });

  it("comes with what was in the sandbox: not more names than can be read", () => {
    const files = Object.fromEntries(["a", "b", "c", "d", "e", "f", "g"].map((name) => [name, ""]));
    assert.match(insideHint({ files, readable: [] }), /in the working folder a, b, c, d, e and 2 more, and/);
    assert.match(insideHint({ files: {}, readable: ["/srv"] }), /no file, can be read \/srv, and/);
  });
});
