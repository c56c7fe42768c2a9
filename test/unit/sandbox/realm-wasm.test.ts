import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, it } from "node:test";
import { ENGINE_FILE } from "../../../kernels/sandbox/realm-wasm.ts";

function digestOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

describe("the realm's engine", () => {
  it("was made from the engine that is installed", () => {
    const installed = createRequire(import.meta.url).resolve("@jitl/quickjs-wasmfile-release-sync/wasm");
    // After an upgrade: `npm run engine`, then both digests.
    assert.equal(digestOf(installed), "105c3bed22d457e43e3d1c3c1c6959fda62a8fe06f0fc8a985303c3a2be72232");
    assert.equal(digestOf(ENGINE_FILE), "dbf4aee6ac952ae04b2f36c6ac15d810b236de40cafe11840836c2ebe16a951b");
  });
});
