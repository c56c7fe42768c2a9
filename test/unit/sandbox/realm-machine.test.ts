import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { realmLayout } from "../../../kernels/sandbox/realm-layout.ts";
import { bootMachine } from "../../../kernels/sandbox/realm-machine.ts";
import type { Ended, Machine, Value } from "../../../kernels/sandbox/realm-machine.ts";

const IN_TIME_MS = 500;

function value(ended: Ended): Value {
  if (ended.how === "returned") return ended.value;
  return assert.fail(`ended otherwise: ${JSON.stringify(ended)}`);
}

/** Of all that can matter to a run: static data and everything from the heap's begin to the memory's end. */
async function digestOf(machine: Machine): Promise<string> {
  const { stack } = await realmLayout();
  const bytes = machine.bytes(0, machine.words.length * 4);
  return createHash("sha256")
    .update(bytes.subarray(0, stack!.low))
    .update(bytes.subarray(stack!.high))
    .digest("hex");
}

describe("the layout of the engine's build", () => {
  it("is found", async () => {
    const { breakAddress, counterOffset, stack } = await realmLayout();
    assert.ok(breakAddress !== null && breakAddress > 0);
    assert.ok(counterOffset !== null);
    assert.ok(stack !== null && stack.low < stack.high);
    assert.ok(breakAddress < stack.low, "the break is static data");
  });
});

describe("a realm machine", () => {
  /** Twenty ways to leave traces: `n` picks one. */
  const wild = `(function (n) { n = +n;
    var acts = [
      function () { return 1; }, function () { globalThis.left = [1, 2, 3]; }, function () { Array.prototype.push = null; },
      function () { var s = "x"; while (s.length < 1 << 20) s += s; globalThis.kept = s; },
      function () { globalThis.big = new Uint8Array(3 << 20).fill(7); }, function () { throw new Error("x"); },
      function () { (function g() { g(); })(); }, function () { for (;;); }, function () { delete globalThis.Map; },
      function () { Promise.resolve().then(function () { globalThis.late = 1; }); }, function () { return new RegExp("(a+)+$").exec("aaaaaaaaaaaa!"); },
      function () { globalThis.p = new Promise(function () {}); }, function () { return eval("var q = 1; q"); },
      function () { globalThis.w = new WeakRef({}); }, function () { return JSON.stringify(Array.from({ length: 5000 }, String)); },
      function () { Object.freeze(Object.prototype); }, function () { globalThis.g = (function* () { yield 1; })(); globalThis.g.next(); },
      function () { var l = []; for (;;) l.push(new Array(1000).fill(1)); }, function () { return 10n ** 5000n; }, function () { Math.random = null; }
    ];
    return acts[n % acts.length]();
  })`;

  it("is byte for byte what it was after every run, the wild ones included", async () => {
    const machine = await bootMachine(24, await realmLayout());
    const run = value(machine.evaluate(wild, "wild.js"));
    const fresh = machine.snapshot();
    machine.restore(fresh);
    // The first growth to the cap changes the memory's size, once; the size cannot be seen from within.
    machine.begin(performance.now() + IN_TIME_MS);
    machine.call(run, machine.text("17"));
    machine.restore(fresh);
    const digest = await digestOf(machine);
    for (let act = 0; act < 40; act++) {
      machine.begin(performance.now() + IN_TIME_MS);
      machine.call(run, machine.text(String(act)));
      machine.pump();
      assert.equal(machine.broken, false, `act ${act}`);
      machine.restore(fresh);
      assert.equal(await digestOf(machine), digest, `act ${act}`);
    }
  });

  it("leaves the gap between data and stack untouched, as its layout says", async () => {
    const { stack } = await realmLayout();
    const machine = await bootMachine(24, await realmLayout());
    const run = value(machine.evaluate(wild, "wild.js"));
    for (let act = 0; act < 20; act++) {
      machine.begin(performance.now() + IN_TIME_MS);
      machine.call(run, machine.text(String(act)));
      if (machine.broken) break;
    }
    // The stack may go 128 KiB deep, with some slack for the engine's own frames; below it nothing is written.
    const untouched = machine.bytes(stack!.low, stack!.high - 1024 * 1024 - stack!.low);
    assert.ok(untouched.every((byte) => byte === 0));
  });

  it("answers the same after thousands of restores", async () => {
    const machine = await bootMachine(16, await realmLayout());
    const run = value(machine.evaluate("var n = 0; (function (x) { return String(++n + +x); })", "n.js"));
    const fresh = machine.snapshot();
    for (let round = 0; round < 5_000; round++) {
      machine.restore(fresh);
      machine.begin(Infinity);
      assert.equal(machine.read(value(machine.call(run, machine.text("1")))), "2");
    }
  });

  it("stops what runs past its deadline, memory past its cap, and a stack too deep", async () => {
    const machine = await bootMachine(16, await realmLayout());
    const limitOf = (code: string): string => {
      machine.begin(performance.now() + IN_TIME_MS);
      const ended = machine.evaluate(code, "limit.js");
      return ended.how === "limit" ? ended.limit : ended.how;
    };
    const fresh = machine.snapshot();
    assert.equal(limitOf("for (;;);"), "time");
    machine.restore(fresh);
    assert.equal(limitOf("var l = []; for (;;) l.push(new Array(1000).fill(1));"), "memory");
    machine.restore(fresh);
    assert.equal(limitOf("try { new Uint8Array(1 << 25); } catch (e) {} 1"), "memory");
    machine.restore(fresh);
    assert.equal(limitOf("(function f() { f(); })()"), "stack");
    machine.restore(fresh);
    assert.equal(limitOf("1 + 1"), "returned");
  });
});
