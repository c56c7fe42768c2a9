import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { harnessScript } from "../../../kernels/sandbox/harness-script.ts";
import { ask, closeRoom, openRoom } from "../../../kernels/sandbox/realm-room.ts";
import type { Room } from "../../../kernels/sandbox/realm-room.ts";
import { inputOf, programOf } from "../../contract/sandbox-contract.ts";

const limits = { memoryMb: 64, cpuSeconds: 5, diskMb: 1, wallSeconds: 5 };

function open(body: string): Promise<Room> {
  const program = programOf(body);
  const plan = {
    program,
    seed: { random: 1, epochMs: 0 },
    limits,
    script: harnessScript(),
    make: "makeDriver",
  } as const;
  return openRoom(plan, ["observe", "poll", "stalled"]);
}

function observe(room: Room): unknown {
  room.machine.restore(room.fresh);
  room.machine.begin(performance.now() + 5_000);
  return ask(room, "observe", inputOf());
}

const LEAVES = "const f = () => { globalThis.left = Array.prototype.left = 'x'.repeat(1 << 20); return 1; };";
const LOOKS = "const f = () => [typeof globalThis.left, typeof Array.prototype.left];";

describe("a room", () => {
  it("gets the machine of one that was closed, and nothing of what ran there", async () => {
    const first = await open(LEAVES);
    const untouched = await open(LOOKS);
    assert.notEqual(first.machine, untouched.machine);
    observe(first);
    closeRoom(first);
    const second = await open(LOOKS);
    assert.equal(second.machine, first.machine);
    assert.equal(second.machine.peakBytes, 0);
    assert.equal(observe(second), observe(untouched));
  });

  it("never gets one that trapped or grew large", async () => {
    const grown = await open("const f = () => new Uint8Array(40 << 20).fill(1).length;");
    observe(grown);
    closeRoom(grown);
    const next = await open(LOOKS);
    assert.notEqual(next.machine, grown.machine);
  });
});
