/** Children that do not behave: what the host makes of a process that is not ours any more. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import type { Clock } from "../../runtime/contracts/index.ts";
import { systemClock } from "../../runtime/contracts/index.ts";
import type { Carrier } from "../../kernels/sandbox/isolate-carrier.ts";
import { FrameError, frameBytes } from "../../kernels/sandbox/isolate-frames.ts";
import type { Frame, FrameKind } from "../../kernels/sandbox/isolate-frames.ts";
import { runChildProcess } from "../../kernels/sandbox/isolate-process.ts";
import type { ChildReport } from "../../kernels/sandbox/isolate-process.ts";

/** A carrier whose process runs this script instead of ours. */
function carrierOf(script: string): Carrier {
  return {
    isolation: { engine: "isolate", carrier: "permission", enforced: [], missing: [] },
    child: "main-context",
    isolatedVm: "",
    reportsPid: false,
    filter: null,
    command: () => [process.execPath, "-e", script],
  };
}

function sends(kind: FrameKind, text = ""): string {
  const bytes = JSON.stringify([...frameBytes(kind, text)]);
  return `require("node:fs").writeSync(3, new Uint8Array(${bytes}));`;
}

function run(
  script: string,
  onFrame: (frame: Frame) => void = () => undefined,
  signal?: AbortSignal,
  clock: Clock = systemClock,
): Promise<ChildReport> {
  return runChildProcess({
    carrier: carrierOf(script),
    clock,
    limits: { memoryMb: 64, cpuSeconds: 0.5, diskMb: 1, wallSeconds: 2 },
    job: {
      code: "",
      entry: "f",
      seed: { random: 1, epochMs: 0 },
      inputs: [],
      globals: [],
      task: { kind: "alone" },
    },
    parts: [],
    runs: 1,
    onFrame,
    signal,
  });
}

async function endOf(script: string, onFrame?: (frame: Frame) => void): Promise<ChildReport["end"]> {
  return (await run(script, onFrame)).end;
}

/** In which a second lasts a tenth of one. */
const tenfold: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() * 10 };

const READY = sends("ready");

describe("a child process", () => {
  it("that leaves before it is ready did not start, and says why", async () => {
    const end = await endOf("console.error('no room'); process.exit(7);");
    assert.ok(end.kind === "unstarted");
    assert.match(end.reason, /exit code 7 no room/);
  });

  it("whose program is not there did not start", async () => {
    const carrier = { ...carrierOf(""), command: () => ["/nowhere/at/all"] };
    const { end } = await runChildProcess({
      carrier,
      clock: systemClock,
      limits: { memoryMb: 64, cpuSeconds: 1, diskMb: 1, wallSeconds: 2 },
      job: {
        code: "",
        entry: "f",
        seed: { random: 1, epochMs: 0 },
        inputs: [],
        globals: [],
        task: { kind: "alone" },
      },
      parts: [],
      runs: 1,
      onFrame: () => undefined,
      signal: undefined,
    });
    assert.equal(end.kind, "unstarted");
  });

  it("that never answers did not start", async () => {
    const { end } = await run("setInterval(() => {}, 1000);", undefined, undefined, tenfold);
    assert.deepEqual(end, { kind: "unstarted", reason: "no answer in 30 s" });
  });

  it("has its wall time for its runs, not for its start", async () => {
    // Of 2 s wall time, by this clock, the start takes 5.
    const late = `setTimeout(() => { ${READY} ${sends("done", "0 0")} }, 500); setInterval(() => {}, 1000);`;
    assert.deepEqual((await run(late, undefined, undefined, tenfold)).end, { kind: "ended" });
  });

  it("that writes what is no frame is killed", async () => {
    const noise = "require('node:fs').writeSync(3, Buffer.alloc(100, 255));";
    assert.deepEqual(await endOf(`${READY}${noise}setInterval(() => {}, 1000);`), {
      kind: "breach",
      breach: "output",
    });
  });

  it("whose frames make no sense to the reader is killed", async () => {
    const end = await endOf(`${READY}${sends("samples", "1 2")}setInterval(() => {}, 1000);`, ({ kind }) => {
      throw new FrameError(kind);
    });
    assert.deepEqual(end, { kind: "breach", breach: "output" });
  });

  it("that says other things before `ready` is killed", async () => {
    const end = await endOf(`${sends("done", "0 0")}setInterval(() => {}, 1000);`);
    assert.deepEqual(end, { kind: "breach", breach: "output" });
  });

  it("that floods its pipe is read only as far as its frames make sense", async () => {
    const end = await endOf(
      `${READY}for (;;) { ${sends("observation", "returned\nx")} }`,
      (() => {
        let count = 0;
        return ({ kind }: Frame): void => {
          if (++count > 1000) throw new FrameError(kind);
        };
      })(),
    );
    assert.deepEqual(end, { kind: "breach", breach: "output" });
  });

  it("that eats memory, CPU time or wall time is killed for it", async () => {
    const hoard = "const held = []; setInterval(() => held.push(Buffer.alloc(1 << 23, 1)), 5);";
    assert.deepEqual(await endOf(`${READY}${hoard}`), { kind: "breach", breach: "memory" });
    assert.deepEqual(await endOf(`${READY}for (;;);`), { kind: "breach", breach: "cpu" });
    assert.deepEqual(await endOf(`${READY}setInterval(() => {}, 1000);`), { kind: "breach", breach: "wall" });
  });

  it("has its limits for one run: each frame begins another", async () => {
    const turns = Array.from({ length: 4 }, () => `spin(); ${sends("observation", "returned\nx")}`).join("");
    const spin = "function spin() { const end = Date.now() + 250; while (Date.now() < end); }";
    const frames: string[] = [];
    const end = await endOf(`${READY}${spin}${turns}`, ({ kind }) => frames.push(kind));
    assert.deepEqual(end, { kind: "ended" });
    assert.equal(frames.length, 4);
  });

  it("is not charged for time in which nobody looked, and is for the time after it", async () => {
    let suspendedMs = 0;
    const clock: Clock = {
      ...systemClock,
      monotonic: () => systemClock.monotonic() + suspendedMs,
    };
    const suspend = (): void => {
      setTimeout(() => {
        suspendedMs = 60_000;
      }, 50);
    };
    const rest = "setTimeout(() => process.exit(0), 200);";
    const sample = sends("samples");
    assert.deepEqual((await run(`${READY}${sample}${rest}`, suspend, undefined, clock)).end, {
      kind: "ended",
    });
    suspendedMs = 0;
    const idle = "setInterval(() => {}, 1000);";
    const end = (await run(`${READY}${sample}${idle}`, suspend, undefined, clock)).end;
    assert.deepEqual(end, { kind: "breach", breach: "wall" });
  });

  it(
    "has its memory counted from where it stood before the program came",
    { skip: existsSync("/proc/self/stat") ? false : "this system has no /proc" },
    async () => {
      const wait = "const byte = Buffer.alloc(65536); while (require('node:fs').readSync(0, byte) > 0);";
      const hold = "globalThis.held = Buffer.alloc(24 << 20, 1);";
      const { end, peakMb } = await run(
        `${READY}${wait}${hold}${sends("done", "1 1")}setInterval(() => {}, 1000);`,
      );
      assert.deepEqual(end, { kind: "ended" });
      assert.ok(peakMb !== null && peakMb > 23 && peakMb < 34, `${peakMb} MB`);
    },
  );

  it("that crashes or leaves with an error broke down, and one that aborts ran out of memory", async () => {
    assert.deepEqual(await endOf(`${READY}process.exit(3);`), { kind: "breach", breach: "crash" });
    assert.deepEqual(await endOf(`${READY}process.abort();`), { kind: "breach", breach: "memory" });
  });

  it("is killed when the signal is aborted, at once when it already is", async () => {
    const controller = new AbortController();
    const running = run(`${READY}${sends("samples")}for (;;);`, () => controller.abort(), controller.signal);
    assert.deepEqual((await running).end, { kind: "aborted" });
    assert.deepEqual((await run(`${READY}for (;;);`, undefined, controller.signal)).end, { kind: "aborted" });
  });
});
