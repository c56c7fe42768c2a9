import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { enforcedBy, limitedCommand, resourceLimits } from "../../../kernels/sandbox/process-limits.ts";
import { KeptStream } from "../../../kernels/sandbox/process-output.ts";
import { isOrphan, ownedName } from "../../../kernels/sandbox/process-owner.ts";
import type { ProcessLimits } from "../../../kernels/sandbox/index.ts";

const limits: ProcessLimits = {
  memoryMb: 100,
  cpuSeconds: 1.5,
  diskMb: 1,
  wallSeconds: 1,
  pids: 10,
  outputMb: 1,
};

describe("the limits of a command", () => {
  it("are left to no one in no case", () => {
    for (const held of [[], ["memory"], ["pids"], ["cpu"], ["memory", "pids", "cpu"]] as const) {
      const by = enforcedBy(held.length === 0 ? null : "cgroup v2", new Set(held));
      for (const [name, means] of Object.entries(by)) assert.ok(means.length > 0, name);
      assert.equal(by["memory"] === "cgroup v2", new Set<string>(held).has("memory"));
      assert.equal(by["pids"] === "cgroup v2", new Set<string>(held).has("pids"));
    }
  });

  it("hold for each process where no group holds them", () => {
    const numbers = (held: readonly ("memory" | "pids")[]): readonly number[] =>
      resourceLimits(limits, new Set(held)).map(([resource]) => resource);
    assert.deepEqual(numbers(["memory", "pids"]), [0, 4]);
    assert.deepEqual(numbers([]), [0, 4, 2, 9, 6]);
    assert.deepEqual(resourceLimits(limits, new Set())[0], [0, 2, 3]);
  });

  it(
    "are set by a shell that the command finds nothing of but its limits",
    { skip: process.platform !== "linux" },
    () => {
      const [file, ...args] = limitedCommand(
        ["sh", "-c", "ulimit -t; ulimit -c; ls /proc/self/fd; exit 9"],
        limits,
        new Set(["memory", "pids"]),
      );
      const { stdout, stderr, status } = spawnSync(file!, args, { encoding: "utf8" });
      assert.equal(stderr, "");
      assert.equal(status, 9);
      assert.match(stdout, /^2\n0\n0\n1\n2\n/);
    },
  );

  it("let a word of a shell be a command like any other", { skip: process.platform !== "linux" }, () => {
    const [file, ...args] = limitedCommand(["exit", "7"], limits, new Set(["memory", "pids"]));
    assert.equal(spawnSync(file!, args).status, 127);
  });
});

describe("what is kept of a stream", () => {
  it("is its beginning, and whether there was more", () => {
    const stream = new KeptStream(5);
    for (const text of ["abc", "def", "ghi"]) stream.push(Buffer.from(text));
    assert.deepEqual(stream.finish(), { bytes: new Uint8Array(Buffer.from("abcde")), truncated: true });
    assert.equal(stream.seenBytes, 9);
    assert.equal(new KeptStream(0).finish().truncated, false);
  });
});

describe("a name of what a process leaves behind", { skip: process.platform !== "linux" }, () => {
  it("tells whether the process still lives", () => {
    assert.equal(isOrphan(ownedName()), false);
    assert.notEqual(ownedName(), ownedName());
    assert.equal(isOrphan(`myriad-${process.pid}.1-0`), true);
    assert.equal(isOrphan("myriad-999999999.1-0"), true);
    assert.equal(isOrphan("myriad-bench"), false);
  });
});
