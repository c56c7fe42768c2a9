import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { usageOf } from "../../../kernels/sandbox/isolate-usage.ts";

const skip = existsSync("/proc/self/stat") ? false : "this system has no /proc";

describe("the usage of a process", { skip }, () => {
  it("agrees with what the process says of itself", () => {
    const usage = usageOf(process.pid)!;
    const ownMb = process.memoryUsage.rss() / (1024 * 1024);
    assert.ok(Math.abs(usage.residentMb - ownMb) < 0.2 * ownMb);
    const { user, system } = process.cpuUsage();
    assert.ok(Math.abs(usage.cpuMs - (user + system) / 1000) <= 50);
  });

  it("is null of one that is not there", () => {
    assert.equal(usageOf(2 ** 30), null);
  });
});
