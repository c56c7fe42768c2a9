import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openPool } from "../../kernels/pool/index.ts";
import { MyriadError } from "../../runtime/contracts/index.ts";
import type { Executor, Kernel } from "../../runtime/contracts/index.ts";

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const module = new URL(`./pool-kernels.${extension}`, import.meta.url).href;

function kernel<Input, Output, Progress = never>(name: string): Kernel<Input, Output, Progress> {
  return { name: `test.${name}`, module, export: name };
}

function code(expected: string): (error: unknown) => boolean {
  return (error) => error instanceof MyriadError && error.code === expected;
}

function flags(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(8));
}

/** Resolves when the kernel has counted itself in slot 0. */
async function running(shared: Int32Array, count = 1): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (Atomics.load(shared, 0) < count) {
    assert.ok(performance.now() < deadline, "the kernel did not start in 10 s");
    await new Promise(setImmediate);
  }
}

describe("the pool", () => {
  let pool: Executor;
  before(() => {
    pool = openPool({ workers: 2 });
  });
  after(() => pool.close());

  it("runs a kernel in another thread and answers with its output", async () => {
    assert.equal(await pool.run(kernel<number, number>("double"), 21), 42);
    assert.notEqual(await pool.run(kernel<null, number>("currentThread"), null), 0);
  });

  it("runs as many jobs at once as it has workers", async () => {
    const shared = flags();
    const both = [1, 2].map(() => pool.run(kernel<Int32Array, number>("meet"), shared));
    await running(shared, 2);
    Atomics.store(shared, 1, 1);
    Atomics.notify(shared, 1);
    assert.equal(new Set(await Promise.all(both)).size, 2);
  });

  it("delivers all progress, in order, before the output", async () => {
    const seen: number[] = [];
    const onProgress = (step: number): void => void seen.push(step);
    const output = await pool.run(kernel<number, number, number>("report"), 1_000, { onProgress });
    assert.equal(output, 1_000);
    assert.deepEqual(
      seen,
      Array.from({ length: 1_000 }, (_, index) => index + 1),
    );
  });

  it("carries a coded error across with code, fault, hint, location and cause", async () => {
    await assert.rejects(pool.run(kernel<null, never>("refuse"), null), (error: unknown) => {
      assert.ok(error instanceof MyriadError);
      assert.equal(error.code, "TEST_REFUSED");
      assert.equal(error.fault, "input");
      assert.equal(error.hint, "ask again");
      assert.equal(error.location, "line 3");
      assert.equal((error.cause as Error).message, "inner");
      return true;
    });
  });

  it("calls an error without a code unexpected", async () => {
    await assert.rejects(pool.run(kernel<null, never>("breakPlainly"), null), code("UNEXPECTED"));
  });

  it("kills a job that never returns when it passes its deadline, and goes on", async () => {
    const spinning = pool.run(kernel<Int32Array, never>("spin"), flags(), { deadlineMs: 30 });
    await assert.rejects(spinning, code("KERNEL_DEADLINE"));
    assert.equal(await pool.run(kernel<number, number>("double"), 1), 2);
  });

  it("kills a running job when its signal is aborted", async () => {
    const controller = new AbortController();
    const shared = flags();
    const spinning = pool.run(kernel<Int32Array, never>("spin"), shared, { signal: controller.signal });
    await running(shared);
    controller.abort(new Error("enough"));
    await assert.rejects(spinning, code("KERNEL_ABORTED"));
    assert.equal(await pool.run(kernel<number, number>("double"), 1), 2);
  });

  it("does not start a job whose signal is already aborted", async () => {
    const shared = flags();
    const run = pool.run(kernel<Int32Array, never>("spin"), shared, { signal: AbortSignal.abort() });
    await assert.rejects(run, code("KERNEL_ABORTED"));
    assert.equal(Atomics.load(shared, 0), 0);
  });

  it("never starts a job that was aborted while it waited", async () => {
    const [first, waiting] = [flags(), flags()];
    const controller = new AbortController();
    const busy = [1, 2].map(() => pool.run(kernel<Int32Array, number>("meet"), first));
    const options = { signal: controller.signal };
    const queued = pool.run(kernel<Int32Array, never>("spin"), waiting, options);
    await running(first, 2);
    controller.abort();
    await assert.rejects(queued, code("KERNEL_ABORTED"));
    Atomics.store(first, 1, 1);
    Atomics.notify(first, 1);
    await Promise.all(busy);
    assert.equal(await pool.run(kernel<number, number>("double"), 4), 8);
    assert.equal(Atomics.load(waiting, 0), 0);
  });

  it("counts the deadline from the start of the job, not of its waiting", async () => {
    const shared = flags();
    const busy = [1, 2].map(() => pool.run(kernel<Int32Array, number>("meet"), shared));
    const queued = pool.run(kernel<number, number>("double"), 5, { deadlineMs: 5_000 });
    await running(shared, 2);
    Atomics.store(shared, 1, 1);
    Atomics.notify(shared, 1);
    assert.equal(await queued, 10);
    await Promise.all(busy);
  });

  it("says that the worker crashed when it exits under the job, and replaces it", async () => {
    for (let round = 0; round < 3; round++) {
      await assert.rejects(pool.run(kernel<null, never>("leave"), null), code("KERNEL_CRASHED"));
    }
    assert.equal(await pool.run(kernel<number, number>("double"), 3), 6);
  });

  it("says which function is missing, and which module", async () => {
    await assert.rejects(pool.run(kernel<null, never>("missing"), null), code("KERNEL_NOT_FOUND"));
    const nowhere: Kernel<null, never> = { name: "test.nowhere", module: `${module}.gone`, export: "x" };
    await assert.rejects(pool.run(nowhere, null), code("KERNEL_NOT_FOUND"));
  });

  it("refuses an input that cannot be cloned", async () => {
    const input = pool.run(kernel<unknown, number>("double"), () => 1);
    await assert.rejects(input, code("KERNEL_UNCLONEABLE"));
  });

  it("refuses progress that cannot be cloned", async () => {
    const sent = pool.run(kernel<null, never, unknown>("reportFunction"), null, {
      onProgress: () => undefined,
    });
    await assert.rejects(sent, code("KERNEL_UNCLONEABLE"));
  });

  it("counts an output that cannot be cloned as a crash, and goes on", async () => {
    await assert.rejects(pool.run(kernel<null, never>("answerFunction"), null), code("KERNEL_CRASHED"));
    assert.equal(await pool.run(kernel<number, number>("double"), 3), 6);
  });

  it("moves the buffers it is told to move", async () => {
    const buffer = new ArrayBuffer(64);
    assert.equal(await pool.run(kernel<ArrayBuffer, number>("fill"), buffer, { transfer: [buffer] }), 64);
    assert.equal(buffer.byteLength, 0);
  });
});

describe("closing the pool", () => {
  it("kills what runs, ends what waits, and refuses what comes", async () => {
    const pool = openPool({ workers: 1 });
    const shared = flags();
    const spinning = pool.run(kernel<Int32Array, never>("spin"), shared);
    const waiting = pool.run(kernel<number, number>("double"), 1);
    const ends = Promise.allSettled([spinning, waiting]);
    await running(shared);
    await pool.close();
    for (const end of await ends) {
      assert.equal(end.status, "rejected");
      assert.ok(code("KERNEL_POOL_CLOSED")(end.reason));
    }
    await assert.rejects(pool.run(kernel<number, number>("double"), 1), code("KERNEL_POOL_CLOSED"));
    await pool.close();
  });

  it("refuses a number of workers that is none", () => {
    for (const workers of [0, -1, 1.5, Number.NaN]) assert.throws(() => openPool({ workers }), RangeError);
  });
});

describe("a process with a pool", () => {
  const poolModule = new URL(`../../kernels/pool/index.${extension}`, import.meta.url).href;

  function runScript(body: string): { readonly status: number | null; readonly stdout: string } {
    const script = `import { openPool } from ${JSON.stringify(poolModule)};
      const pool = openPool({ workers: 2 });
      const kernel = (name) => ({ name, module: ${JSON.stringify(module)}, export: name });
      ${body}`;
    return spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: fileURLToPath(new URL(".", import.meta.url)),
      encoding: "utf8",
      timeout: 20_000,
    });
  }

  it("exits by itself after closing, with nothing left", () => {
    const { status, stdout } = runScript(`
      console.log(await pool.run(kernel("double"), 4, { deadlineMs: 60000, onProgress() {} }));
      await pool.close();`);
    assert.equal(status, 0);
    assert.equal(stdout, "8\n");
  });

  it("stays alive while a job runs, and exits by itself from an idle pool", () => {
    const { status, stdout } = runScript(`pool.run(kernel("double"), 5).then(console.log);`);
    assert.equal(status, 0);
    assert.equal(stdout, "10\n");
  });
});
