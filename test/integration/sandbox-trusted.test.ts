import assert from "node:assert/strict";
import { it } from "node:test";
import { trustedEngine } from "../../kernels/sandbox/index.ts";
import { sandboxContract } from "../contract/sandbox-contract.ts";

sandboxContract("trusted", () =>
  Promise.resolve({ engine: trustedEngine({ workers: 2 }), close: () => Promise.resolve() }),
);

it("a trusted thread is marked as no boundary at all", () => {
  const { enforced, missing } = trustedEngine({ workers: 1 }).isolation;
  assert.deepEqual(enforced, []);
  assert.ok(["memory", "cpu", "network", "filesystem", "processes"].every((what) => missing.includes(what)));
});
