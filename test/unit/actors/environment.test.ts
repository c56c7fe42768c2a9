import assert from "node:assert/strict";
import { cpus } from "node:os";
import { describe, it } from "node:test";
import { describeEnvironment, packageVersion } from "../../../actors/workflow/environment.ts";
import { readSource } from "../../kit/repository.ts";

describe("the environment", () => {
  it("names this machine and runtime", () => {
    const { myriad, runtime, platform, cores, cpu, memoryMb } = describeEnvironment();
    const { version } = JSON.parse(readSource("package.json")) as { readonly version: string };
    assert.equal(myriad, version);
    assert.equal(packageVersion(), version);
    const bun = process.versions["bun"];
    assert.equal(runtime, bun === undefined ? `node ${process.versions.node}` : `bun ${bun}`);
    assert.equal(platform, `${process.platform} ${process.arch}`);
    assert.equal(cores, cpus().length);
    assert.ok(cpu.length > 0);
    assert.ok(Number.isInteger(memoryMb) && memoryMb > 0);
  });

  it("has the same fingerprint each time, of everything but the version of this program", () => {
    const { fingerprint } = describeEnvironment();
    assert.match(fingerprint, /^[0-9a-f]{16}$/);
    assert.equal(describeEnvironment().fingerprint, fingerprint);
  });

  it("has another fingerprint on another runtime", () => {
    const { fingerprint } = describeEnvironment();
    const { versions } = process;
    Object.defineProperty(process, "versions", {
      value: { ...versions, node: "99.0.0" },
      configurable: true,
    });
    try {
      const other = describeEnvironment();
      assert.notEqual(other.fingerprint, fingerprint);
    } finally {
      Object.defineProperty(process, "versions", { value: versions, configurable: true });
    }
  });
});
