import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createSystem, defineApp } from "../../../runtime/index.ts";

const app = defineApp({ actors: [] });

describe("the options of a system", () => {
  const cases: readonly (readonly [code: string, options: readonly unknown[]])[] = [
    ["SYSTEM_INVALID", [null, "x", 5, []]],
    ["ACTOR_NAME_INVALID", [{ node: 5 }, { node: "" }, { node: null }]],
    ["APP_INVALID", [{ app: {} }, { app: 5 }, { app: { actors: [] } }]],
    ["SYSTEM_INVALID", [{ clock: {} }, { clock: 5 }, { random: {} }, { random: 5 }]],
    ["SYSTEM_INVALID", [{ journal: {} }, { journal: "file" }]],
    ["SYSTEM_INVALID", [-1, NaN, 1.5, "5"].map((deadLetterCapacity) => ({ deadLetterCapacity }))],
    ["SUPERVISION_INVALID", [{ supervision: null }, { supervision: "stop" }]],
    ["TELEMETRY_INVALID", [{ telemetry: null }, { telemetry: true }, { telemetry: { traces: null } }]],
    ["THREADS_INVALID", [{ threads: null }, { threads: "2" }, { threads: 0 }, { app, threads: 1 }]],
    ["NODES_INVALID", [{ nodes: null }, { nodes: {} }, { nodes: { transport: {} } }]],
  ];
  for (const [code, given] of cases) {
    it(`that make no sense are refused with ${code}: ${JSON.stringify(given)}`, () => {
      for (const options of given) {
        assert.throws(() => createSystem(options as never), { code }, JSON.stringify(options));
      }
    });
  }

  it("count as left out where their names are misspelt", async () => {
    const system = createSystem({ nod: "a", deadLetterCapacty: -1 } as never);
    assert.equal(system.node, "local");
    await system.shutdown();
  });

  it("may leave out everything, and keep any number of dead letters", async () => {
    for (const options of [{}, { deadLetterCapacity: 0 }, { deadLetterCapacity: Infinity }]) {
      const system = createSystem(options);
      assert.equal(system.node, "local");
      await system.shutdown();
    }
  });
});
