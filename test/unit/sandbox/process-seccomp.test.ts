import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seccompFilter } from "../../../kernels/sandbox/process-seccomp.ts";
import { DENIED_CALLS, JUDGED_CALLS } from "../../../kernels/sandbox/process-syscalls.ts";
import type { Machine } from "../../../kernels/sandbox/process-syscalls.ts";

const AUDIT: Readonly<Record<Machine, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };
const ALLOWED = 0x7fff0000;
const KILLED = 0x80000000;
const failing = (error: number): number => 0x00050000 + error;

/** Runs a filter as the kernel does; a jump beyond the end or an unknown instruction is an error. */
function judge(filter: Uint8Array, audit: number, call: number, args: readonly number[] = []): number {
  const code = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call, true);
  data.setUint32(4, audit, true);
  args.forEach((value, at) => data.setUint32(16 + 8 * at, value, true));
  let loaded = 0;
  for (let at = 0; ; at++) {
    const operation = code.getUint16(at * 8, true);
    const value = code.getUint32(at * 8 + 4, true);
    if (operation === 0x06) return value;
    if (operation === 0x20) {
      loaded = data.getUint32(value, true);
      continue;
    }
    const tests: Readonly<Record<number, boolean>> = {
      0x15: loaded === value,
      0x35: loaded >= value,
      0x45: (loaded & value) !== 0,
    };
    const holds = tests[operation];
    assert.ok(holds !== undefined, `unknown instruction ${operation}`);
    at += code.getUint8(at * 8 + (holds ? 2 : 3));
  }
}

for (const machine of ["x64", "arm64"] as const) {
  describe(`the system call filter for ${machine}`, () => {
    const filter = seccompFilter({ machine });
    const ask = (call: number, ...args: readonly number[]): number =>
      judge(filter, AUDIT[machine], call, args);
    const of = (name: keyof typeof JUDGED_CALLS): number => JUDGED_CALLS[name][machine]!;

    it("fails every denied call, and no other that is not judged by its arguments", () => {
      const denied = new Set(Object.values(DENIED_CALLS).map((numbers) => numbers[machine]));
      const judged = new Set(Object.values(JUDGED_CALLS).map((numbers) => numbers[machine]));
      for (let call = 0; call < 500; call++) {
        if (!judged.has(call))
          assert.equal(ask(call), denied.has(call) ? failing(1) : ALLOWED, `call ${call}`);
      }
    });

    it("lets threads and processes be made, and no namespaces", () => {
      assert.equal(ask(of("clone"), 0x11), ALLOWED);
      assert.equal(ask(of("clone"), 0x003d0f00), ALLOWED);
      for (const flag of [17, 25, 26, 27, 28, 29, 30]) {
        assert.equal(ask(of("clone"), (0x11 | (1 << flag)) >>> 0), failing(1), `flag ${flag}`);
      }
      assert.equal(ask(of("clone3")), failing(38));
    });

    it("lets sockets be made of the families that know namespaces, and of no others", () => {
      const allowed = Array.from({ length: 50 }, (_, family) => family).filter(
        (family) => ask(of("socket"), family) === ALLOWED,
      );
      assert.deepEqual(allowed, [1, 2, 10, 16]);
      assert.equal(ask(of("socket"), 40), failing(97));
    });

    it("lets nobody type into a terminal", () => {
      assert.equal(ask(of("ioctl"), 0, 0x5412), failing(1));
      assert.equal(ask(of("ioctl"), 0, 0x541c), failing(1));
      assert.equal(ask(of("ioctl"), 0, 0x5413), ALLOWED);
      assert.equal(ask(of("madvise"), 0, 0, 10), ALLOWED);
    });

    it("kills what calls by another machine's numbers", () => {
      assert.equal(judge(filter, 0x40000003, 20), KILLED);
      assert.equal(judge(filter, AUDIT[machine === "x64" ? "arm64" : "x64"], 20), KILLED);
      if (machine === "x64") assert.equal(ask(0x40000000 + 39), KILLED);
    });

    it("opens to a fork server what it makes sandboxes with, and nothing else", () => {
      const server = seccompFilter({ machine, forkServer: true });
      const opened = Object.entries(DENIED_CALLS)
        .filter(([, { [machine]: call }]) => call !== null && judge(server, AUDIT[machine], call) === ALLOWED)
        .map(([name]) => name);
      assert.deepEqual(opened.toSorted(), ["mount", "setns", "umount2", "unshare"]);
      assert.equal(judge(server, AUDIT[machine], of("madvise"), [0, 0, 10]), failing(0));
      assert.equal(judge(server, AUDIT[machine], of("madvise"), [0, 0, 4]), ALLOWED);
    });
  });
}
