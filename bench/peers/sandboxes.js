/**
 * Other ways to a fresh sandbox an iteration: `node sandboxes.js <way>-<body> <size>`. Two at a time, as many as
 * this project's workers. Prints what every child of the bench prints; `check` counts right results.
 */
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const LANES = 2;
const TRIVIAL = { source: "function f(x) { return x + 1; }", argument: 1, result: 2 };

/** Runs `size` iterations in lanes; each lane waits for its own only. */
async function inLanes(size, once) {
  let [left, check] = [size, 0];
  const lane = async () => {
    while (left-- > 0) {
      const result = await once();
      if (result === TRIVIAL.result) check++;
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return check;
}

/** A new isolate with a context, the code compiled, one call, all of it disposed of. */
async function isolatedVm() {
  const ivm = createRequire(import.meta.url)("isolated-vm");
  const code = `(${TRIVIAL.source})(${TRIVIAL.argument})`;
  return async () => {
    const isolate = new ivm.Isolate({ memoryLimit: 64 });
    try {
      const context = await isolate.createContext();
      const script = await isolate.compileScript(code);
      return await script.run(context, { timeout: 10_000 });
    } finally {
      isolate.dispose();
    }
  };
}

function worker() {
  const code = `require("node:worker_threads").parentPort.postMessage((${TRIVIAL.source})(${TRIVIAL.argument}));`;
  return Promise.resolve(
    () =>
      new Promise((resolve, reject) => {
        let result;
        const thread = new Worker(code, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 64 } });
        thread.on("message", (value) => {
          result = value;
        });
        thread.on("error", reject);
        thread.on("exit", () => resolve(result));
      }),
  );
}

/** A new runtime with a context in one WebAssembly instance; runs in worker threads, each with a share. */
async function quickJs(size) {
  const { getQuickJS } = await import("quickjs-emscripten");
  const engine = await getQuickJS();
  let check = 0;
  for (let index = 0; index < size; index++) {
    const context = engine.newContext();
    const result = context.unwrapResult(context.evalCode(`(${TRIVIAL.source})(${TRIVIAL.argument})`));
    if (context.getNumber(result) === TRIVIAL.result) check++;
    result.dispose();
    context.dispose();
  }
  return check;
}

function quickJsInWorkers(size) {
  const share = (lane) => Math.floor(size / LANES) + (lane < size % LANES ? 1 : 0);
  const run = (lane) =>
    new Promise((resolve, reject) => {
      const thread = new Worker(new URL(import.meta.url), { workerData: share(lane) });
      thread.on("message", resolve);
      thread.on("error", reject);
    });
  return Promise.all(Array.from({ length: LANES }, (_, lane) => run(lane)));
}

/** The body in a plain warm loop: what time verdicts are held against. */
function plain(size, source, argument) {
  const f = new Function(`"use strict"; ${source}\nreturn f;`)();
  const times = [];
  let result;
  for (let index = 0; index < size; index++) {
    const copy = argument.slice();
    const start = process.hrtime.bigint();
    result = f(copy);
    times.push(Number(process.hrtime.bigint() - start) / 1_000);
  }
  times.sort((left, right) => left - right);
  return { figure: times[times.length >> 1], result };
}

async function measure(way, size) {
  if (way === "quickjs-emscripten") {
    await quickJsInWorkers(Math.ceil(size / 10));
    const start = performance.now();
    const checks = await quickJsInWorkers(size);
    const check = checks.reduce((sum, one) => sum + one, 0);
    return { done: size, seconds: (performance.now() - start) / 1_000, check };
  }
  const once = await (way === "isolated-vm" ? isolatedVm() : worker());
  await inLanes(Math.ceil(size / 10), once);
  const start = performance.now();
  const check = await inLanes(size, once);
  return { done: size, seconds: (performance.now() - start) / 1_000, check };
}

if (!isMainThread) parentPort.postMessage(await quickJs(workerData));
else {
  const [way, sizeText, body] = process.argv.slice(2);
  const size = Number(sizeText);
  let measured;
  if (way === "plain") {
    const { source, argument, result: wanted } = JSON.parse(body);
    const { figure, result } = plain(size, source, argument);
    measured = { done: size, seconds: 0, check: result === wanted ? size : 0, figure };
  } else measured = await measure(way, size);
  process.stdout.write(`\n${JSON.stringify(measured)}\n`, () => process.exit(0));
}
