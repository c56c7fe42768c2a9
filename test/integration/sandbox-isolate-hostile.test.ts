/** Hostile programs in the isolate engine as it opens by default, and what is left when all is over. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { before, describe, it } from "node:test";
import { MyriadError } from "../../runtime/contracts/index.ts";
import { isolateEngine } from "../../kernels/sandbox/index.ts";
import type { IsolateEngine, Observation, SandboxLimits } from "../../kernels/sandbox/index.ts";
import { inputOf, programOf } from "../contract/sandbox-contract.ts";
import { carrierOptions, whyMissing } from "../kit/carriers.ts";

const seed = { random: 7, epochMs: 1_600_000_000_000 };
const limits: SandboxLimits = { memoryMb: 128, cpuSeconds: 1, diskMb: 10, wallSeconds: 5 };
const DEADLINE_MS = 10_000;
const onLinux = process.platform === "linux" ? false : "needs /proc";

let engine: IsolateEngine;
/** Processes that are no sandboxes: the bundler keeps one. */
let others: readonly number[] = [];
before(async () => {
  engine = await isolateEngine({ workers: 2 });
  if (onLinux === false) others = descendants(process.pid);
});

function sandboxes(): readonly number[] {
  return descendants(process.pid).filter((pid) => !others.includes(pid));
}

async function observe(body: string, count = 1): Promise<readonly Observation[]> {
  const inputs = Array.from({ length: count }, (_, index) => inputOf(index));
  const request = { program: programOf(body), inputs, order: "alone", seed, limits } as const;
  return (await engine.observe(request)).observations;
}

function codeIs(code: string): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof MyriadError && thrown.code === code;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
}

function processes(): readonly Process[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "latin1");
        const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return [{ pid: Number(name), parent: Number(parent), state: state! }];
      } catch {
        return [];
      }
    });
}

function descendants(root: number): readonly number[] {
  const all = processes();
  const found = [root];
  for (const pid of found)
    found.push(...all.filter(({ parent }) => parent === pid).map((child) => child.pid));
  return found.slice(1);
}

/** Those of `pids` that still run; a zombie whose reaper is slow does not. */
function alive(pids: readonly number[]): readonly number[] {
  return processes()
    .filter(({ pid, state }) => pids.includes(pid) && state !== "Z" && state !== "X")
    .map(({ pid }) => pid);
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!condition()) {
    assert.ok(performance.now() < deadline, what);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("a hostile program", () => {
  it("finds no way to the platform through what the engine runs around it", async () => {
    const [observation] = await observe(`
      const found = [];
      const look = (name, act) => { try { const got = act(); if (got) found.push(name); } catch {} };
      function f() {
        look("caller", () => f.caller);
        look("arguments", () => arguments.callee.caller);
        look("prepareStackTrace", () => {
          Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFunction()).filter(Boolean);
          const held = {}; Error.captureStackTrace(held); return Array.isArray(held.stack);
        });
        look("global", () => Object.getOwnPropertyNames(globalThis).find((name) => /^(process|global|require|fetch|set.*)$/.test(name)));
        look("symbol", () => Object.getOwnPropertySymbols(globalThis).find((key) => key !== Symbol.toStringTag));
        let setters = 0;
        for (const key of ["_idleNext", "_onImmediate", "domain", "callback", "then", "kind", "text", "harness"]) {
          Object.defineProperty(Object.prototype, key, { configurable: true, set() { setters++; } });
        }
        look("setters", () => setters);
        return found;
      }`);
    assert.deepEqual(observation, { outcome: "returned", text: "returned []\narguments 0" });
  });

  it("meets nobody with the traps that it leaves in the language", async () => {
    const observations = await observe(
      `function f(n) {
        if (n === 1) {
          for (const key of ["0", "length", "then", "get", "kind", "text", "job", "value"]) {
            Object.defineProperty(Object.prototype, key, { configurable: true, set() { throw 1; }, get() { return 6; } });
          }
          for (const key of ["indexOf", "map", "push", "join"]) Array.prototype[key] = () => 6;
          Array.prototype[Symbol.iterator] = () => 6;
          Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => 6;
          Promise.prototype.then = () => 6;
          Map.prototype.get = Set.prototype.has = RegExp.prototype.exec = () => 6;
          globalThis.Object = globalThis.Reflect = globalThis.String = globalThis.Array = undefined;
        }
        return n;
      }`,
      3,
    );
    assert.deepEqual(
      observations.map(({ text }) => text),
      ["returned 0\narguments 0", "returned 1\narguments 1", "returned 2\narguments 2"],
    );
  });

  it("meets nothing of the platform in what the platform does around it", async () => {
    // Each is read or set on some object of the runtime while it tells of a rejection, refuses an import,
    // writes a stack or a frame.
    const names = [
      "domain",
      "_events",
      "emit",
      "errno",
      "code",
      "error",
      "offset",
      "length",
      "encoding",
      "signal",
    ];
    const observations = await observe(
      `const strong = (it) => typeof it === "object" && it !== null &&
          ["reallyExit", "binding", "writeBuffer", "openSync"].some((name) => Object.hasOwn(it, name));
        const found = [];
        async function f(n) {
          if (n !== 1) return found;
          for (const name of ${JSON.stringify(names)}) {
            Object.defineProperty(Object.prototype, name, { configurable: false,
              get() { if (strong(this)) for (;;); },
              set(value) { if (strong(this) || strong(value)) for (;;); } });
          }
          Promise.reject(1);
          try { await import("node:fs"); } catch (error) { found.push(typeof error.stack); }
          return found;
        }`,
      3,
    );
    assert.deepEqual(
      observations.map(({ text }) => text.split("\n")[0]),
      ["returned a promise of []", 'returned a promise of ["string"]', "returned a promise of []"],
    );
  });

  it("forges no frame with methods that it cannot be made to give back", async () => {
    const forgeries = ["Array.prototype.indexOf", "Function.prototype.call", "Function.prototype.apply"];
    for (const forgery of forgeries) {
      const at = forgery.lastIndexOf(".");
      const [holder, name] = [forgery.slice(0, at), forgery.slice(at + 1)];
      const body = `function f(n) { if (n === 1) Object.defineProperty(${holder}, "${name}", { value: () => 3,
        configurable: false, writable: false }); return n; }`;
      assert.deepEqual(
        (await observe(body, 3)).map(({ text }) => text.split("\n")[0]),
        ["returned 0", "returned 1", "returned 2"],
        forgery,
      );
    }
  });

  it("that damages its realm for good costs it its process, and the next input is clean", async () => {
    const damages = [
      "Object.defineProperty(Array.prototype, 'left', { value: 1 })",
      "Object.defineProperty(globalThis, 'left', { value: 1 })",
      "Object.preventExtensions(Object.prototype)",
      "Object.freeze(Map.prototype)",
    ];
    for (const damage of damages) {
      const body = `function f(n) { const found = ["left" in [], typeof globalThis.left,
        Object.isExtensible(Object.prototype), Object.isExtensible(Map.prototype)]; ${damage}; return found; }`;
      for (const { text } of await observe(body, 3)) {
        assert.match(text, /^returned \[false, "undefined", true, true\]/);
      }
    }
  });

  it("leaves no match of a regular expression behind", async () => {
    const observations = await observe(
      "function f() { const was = RegExp.$1; /(b)/.exec('abc'); return was; }",
      2,
    );
    assert.deepEqual(
      observations.map(({ text }) => text.split("\n")[0]),
      ['returned ""', 'returned ""'],
    );
  });

  it("may assign what it inherits, as it may elsewhere", async () => {
    const [observation] = await observe(`
      function Old() {} Old.prototype = Object.create(Error.prototype); Old.prototype.constructor = Old;
      function f() {
        const error = new TypeError("a"); error.message = "b"; error.name = "c";
        const made = {}; made.toString = 1; made.constructor = 2; made.hasOwnProperty = 3;
        const list = []; list.push = 4; const map = new Map(); map.get = 5;
        const callable = () => 1; callable.call = 6; const old = new Old(); old.name = "d";
        return [String(error), made, list.push, map.get, callable.call, old.name];
      }`);
    assert.match(
      observation!.text,
      /^returned \["c: b", \{"toString": 1, "constructor": 2, "hasOwnProperty": 3\}, 4, 5, 6, "d"\]/,
    );
  });

  it("that rejects promises nobody handles, or ends them late, disturbs no other input", async () => {
    const observations = await observe(
      `let late = 0; function f(n) { Promise.reject(new Error("loose")); Promise.resolve().then(() => { late++; });
        return [n, late]; }`,
      3,
    );
    assert.deepEqual(
      observations.map(({ text }) => text.split("\n")[0]),
      ["returned [0, 0]", "returned [1, 0]", "returned [2, 0]"],
    );
  });

  it("that fills a Map, an array, a string or buffers is stopped, whichever it is", async () => {
    const bombs = [
      "const m = new Map(); for (let i = 0; ; i++) m.set(i, [i]);",
      "const a = [1]; for (;;) a.push(...a.slice(0, 50_000));",
      "let held = []; for (let i = 0; ; i++) held.push(String(i).padEnd(100_000, String(i)).split(''));",
      "const held = []; for (;;) held.push(new Float64Array(1 << 20).fill(1));",
    ];
    for (const bomb of bombs) {
      const [before, at, after] = await observe(`function f(n) { if (n !== 1) return n; ${bomb} }`, 3);
      assert.equal(at!.outcome, "limit_exceeded", bomb);
      assert.deepEqual([before!.text, after!.text], ["returned 0\narguments 0", "returned 2\narguments 2"]);
    }
  });
});

describe("a fork", () => {
  function measure(body: string, iterations: number) {
    const program = programOf(body);
    const request = { program, batch: [inputOf(1)], iterations, warmUpIterations: 5, seed, limits };
    return engine.measure(request);
  }

  it(
    "whose process dies on the way reports failures for the rest, and keeps what it had",
    { skip: onLinux },
    async () => {
      const program = programOf(
        "function f() { let s = 0; for (let i = 0; i < 1e6; i++) s ^= i; return s; }",
      );
      const iterations = 5000;
      const fork = await engine.measure(
        { program, batch: [inputOf()], iterations, warmUpIterations: 0, seed, limits },
        { onProgress: () => sandboxes().forEach((pid) => process.kill(pid, "SIGKILL")) },
      );
      assert.ok(fork.failures > 0 && fork.failures < iterations, `${fork.failures} failures`);
      const done = iterations - fork.failures;
      assert.ok(fork.wallNs.subarray(0, done).every((ns) => ns > 0));
      assert.ok(fork.wallNs.subarray(done).every((ns) => Number.isNaN(ns)));
      assert.equal(fork.proof[0]!.outcome, "limit_exceeded");
    },
  );

  it("that spoils its realm in every iteration has nothing but failures", async () => {
    const fork = await measure("function f() { Object.freeze(Object.prototype); }", 50);
    assert.equal(fork.failures, 50);
    assert.equal(fork.proof[0]!.outcome, "limit_exceeded");
  });

  it("cannot be told its proof from the iterations that are timed", async () => {
    // Jobs of one call go on while the next one is made, in the proof as in the others.
    const drained = `let over = true; const wait = async () => { for (let i = 0; i < 50; i++) await null; over = true; };
      async function f() { const was = over; over = false; void wait(); return was; }`;
    const stack = "function f() { return new Error('here').stack; }";
    const program = (body: string) => ({ ...programOf(body) });
    const measureTwice = (body: string) =>
      engine.measure({
        program: program(body),
        batch: [inputOf(), inputOf()],
        iterations: 2,
        warmUpIterations: 0,
        seed,
        limits,
      });
    assert.deepEqual(
      (await measureTwice(drained)).proof.map(({ text }) => text.split("\n")[0]),
      ["returned a promise of true", "returned a promise of false"],
    );
    const [first, second] = (await measureTwice(stack)).proof;
    assert.equal(first!.text, second!.text);
  });

  it("tells of its progress, and runs warm code", async () => {
    const program = programOf(
      "function f() { let s = 0; for (let i = 0; i < 20_000; i++) s = (s * 31 + i) | 0; return s; }",
    );
    const told: number[] = [];
    const fork = await engine.measure(
      { program, batch: [inputOf()], iterations: 3000, warmUpIterations: 0, seed, limits },
      { onProgress: (iterations) => told.push(iterations) },
    );
    assert.equal(told.at(-1), 3000);
    assert.deepEqual(
      told,
      told.toSorted((a, b) => a - b),
    );
    const median = (values: Float64Array): number => values.slice().sort()[values.length >> 1]!;
    assert.ok(median(fork.wallNs.subarray(1500)) < fork.wallNs[0]!, "no faster than the first call");
  });
});

describe("the engine", () => {
  it("refuses a program that is no JavaScript", async () => {
    const program = { code: "(function () { retrun {", entry: "f", digest: "x" };
    const request = { program, inputs: [inputOf()], order: "alone", seed, limits } as const;
    await assert.rejects(engine.observe(request), codeIs("SANDBOX_PROGRAM"));
    const fork = { program, batch: [inputOf()], iterations: 1, warmUpIterations: 0, seed, limits };
    await assert.rejects(engine.measure(fork), codeIs("SANDBOX_PROGRAM"));
  });

  it("refuses to open where isolation is required and the carrier does not give it", async (test) => {
    const open = await isolateEngine({ workers: 1, carrier: "permission" });
    if (!open.isolation.missing.includes("network")) {
      test.skip("this runtime's permissions cover all");
      return;
    }
    await assert.rejects(
      isolateEngine({ workers: 1, carrier: "permission", requireIsolation: true }),
      codeIs("SANDBOX_ISOLATION"),
    );
  });

  it("says when the carrier that was asked for is not there", async () => {
    await assert.rejects(
      isolateEngine({ workers: 1, carrier: "isolated-vm", isolatedVm: "/nowhere/isolated-vm.js" }),
      codeIs("SANDBOX_INFRA"),
    );
  });

  it("tries a sandbox that does not start three times", async (test) => {
    const missing = await whyMissing("bubblewrap");
    if (missing !== null) {
      test.skip(missing);
      return;
    }
    await withFlakyBubblewrap(2, async () => {
      const flaky = await isolateEngine(carrierOptions("bubblewrap"));
      assert.equal(flaky.isolation.carrier, "bubblewrap");
    });
    // With the filter for system calls, and without it.
    await withFlakyBubblewrap(6, async () => {
      await assert.rejects(isolateEngine(carrierOptions("bubblewrap")), codeIs("SANDBOX_INFRA"));
    });
  });

  it("may make only the system calls that its carrier allows", { skip: onLinux }, async (test) => {
    if (!engine.isolation.enforced.includes("calls")) {
      test.skip("no bubblewrap here, or no filter for this machine");
      return;
    }
    const controller = new AbortController();
    const program = programOf("function f() { for (;;); }");
    const request = { program, batch: [inputOf()], iterations: 9, warmUpIterations: 0, seed, limits };
    const fork = engine.measure(request, { signal: controller.signal });
    const filtered = (pid: number): boolean => {
      try {
        return /^Seccomp:\s+2$/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
      } catch {
        return false;
      }
    };
    await until(() => sandboxes().some(filtered), "no child has a filter");
    controller.abort();
    await assert.rejects(fork, codeIs("SANDBOX_ABORTED"));
  });

  it("leaves no process behind when it is aborted", { skip: onLinux }, async () => {
    const controller = new AbortController();
    const program = programOf("function f() { for (;;); }");
    const request = { program, batch: [inputOf()], iterations: 9, warmUpIterations: 0, seed, limits };
    const fork = engine.measure(request, { signal: controller.signal });
    await until(() => sandboxes().length > 0, "no child appeared");
    controller.abort();
    await assert.rejects(fork, codeIs("SANDBOX_ABORTED"));
    await until(() => sandboxes().length === 0, "a child is left, or a zombie");
  });

  it("leaves no process behind when its host is killed", { skip: onLinux }, async () => {
    const own = import.meta.url;
    const index = new URL(`../../kernels/sandbox/index.${own.endsWith(".ts") ? "ts" : "js"}`, own).href;
    const script = `
      const { isolateEngine } = await import(${JSON.stringify(index)});
      const engine = await isolateEngine({ workers: 2 });
      const request = { program: { code: "(function () { return { f() { for (;;); } }; })", entry: "f", digest: "" },
        batch: ["[[]]"], iterations: 1, warmUpIterations: 0, seed: { random: 1, epochMs: 0 },
        limits: { memoryMb: 128, cpuSeconds: 30, diskMb: 1, wallSeconds: 60 } };
      void engine.measure(request); void engine.measure(request);
      setTimeout(() => console.log("running"), 0);`;
    const host = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => host.stdout.once("data", resolve));
    await until(() => descendants(host.pid!).length >= 2, "no children appeared");
    const children = descendants(host.pid!);
    host.kill("SIGKILL");
    await until(() => alive(children).length === 0, `left: ${alive(children).join()}`);
  });
});

/** Puts a bubblewrap before the real one that fails its first `failures` starts. */
async function withFlakyBubblewrap(failures: number, use: () => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "myriad-flaky-"));
  const path = process.env["PATH"]!;
  const wrapper = `#!/bin/sh
if [ "$(wc -c < "${folder}/count")" -lt ${failures} ]; then printf x >> "${folder}/count"; exit 1; fi
PATH="${path}" exec bwrap "$@"
`;
  writeFileSync(join(folder, "count"), "");
  writeFileSync(join(folder, "bwrap"), wrapper);
  chmodSync(join(folder, "bwrap"), 0o755);
  process.env["PATH"] = `${folder}${delimiter}${path}`;
  try {
    await use();
  } finally {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
  }
}
