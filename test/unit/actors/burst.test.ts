import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { runBurst } from "../../../actors/evidence/burst.ts";
import type { BurstListener, BurstRequest } from "../../../actors/evidence/burst.ts";
import { planForks } from "../../../actors/evidence/fork-plan.ts";
import { SANDBOX_CAPS, sandboxError } from "../../../kernels/sandbox/index.ts";
import type { ForkMeasurement, SandboxCallOptions } from "../../../kernels/sandbox/index.ts";
import { seededRandom } from "../../../runtime/contracts/index.ts";
import { eventLoopRound } from "../../../runtime/testkit/virtual-clock.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { inputsOf, programOf, SANDBOX_SEED } from "../../kit/session.ts";
import { scriptedEngine } from "../../kit/scripted-engine.ts";

const UNSTOPPED = new AbortController().signal;
const PROGRAMS = { baseline: programOf("subject"), candidate: programOf("candidate") };

/** 40 forks: 20 rounds of both versions. */
function requestOf(workers: number): BurstRequest {
  const plan = planForks(200, ["baseline", "candidate"], seededRandom(1));
  return {
    programs: PROGRAMS,
    batch: inputsOf(1, 2),
    forks: plan.forks,
    iterationsPerFork: plan.iterationsPerFork,
    warmUpIterations: 3,
    stretch: 4,
    seed: SANDBOX_SEED,
    limits: SANDBOX_CAPS,
    workers,
  };
}

interface Heard extends BurstListener {
  readonly finished: string[];
  readonly startFailures: number[];
  readonly progressed: number[];
  readonly started: () => number;
}

function listener(): Heard {
  const finished: string[] = [];
  const startFailures: number[] = [];
  const progressed: number[] = [];
  let started = 0;
  return {
    started: () => started,
    forkStarts: () => {
      started += 1;
    },
    finished,
    startFailures,
    progressed,
    progress: (iterations) => progressed.push(iterations),
    forkFinished: ({ version, fork, startFailures: failures }) => {
      finished.push(`${version}/${fork}`);
      startFailures.push(failures);
      return Promise.resolve(undefined);
    },
  };
}

const infra = (): Error => sandboxError("SANDBOX_INFRA", "the process did not start");

/** A measurement that ends when the test says so. */
interface Running {
  readonly program: string;
  readonly options: SandboxCallOptions;
  readonly finish: () => void;
  readonly fail: (error: unknown) => void;
}

function heldEngine() {
  const running: Running[] = [];
  const engine = scriptedEngine({
    measure: ({ program }, options) =>
      new Promise<Partial<ForkMeasurement>>((resolve, reject) => {
        running.push({ program: program.digest, options, finish: () => resolve({}), fail: reject });
      }),
  });
  return { engine, running };
}

describe("a burst", () => {
  it("runs every planned fork once, each with its version's program, in the order of the plan", async () => {
    const engine = scriptedEngine();
    const request = requestOf(1);
    const heard = listener();
    await runBurst(request, engine, heard, UNSTOPPED);
    assert.deepEqual(new Set(heard.startFailures), new Set([0]));
    assert.deepEqual(
      heard.finished,
      request.forks.map(({ version, fork }) => `${version}/${fork}`),
    );
    assert.deepEqual(
      engine.measured.map(({ program }) => program.digest),
      request.forks.map(({ version }) => PROGRAMS[version].digest),
    );
    const { batch, seed, limits } = request;
    const program = PROGRAMS[request.forks[0]!.version];
    assert.deepEqual(engine.measured[0], {
      program,
      batch,
      seed,
      limits,
      iterations: 10,
      warmUpIterations: 3,
      stretch: 4,
    });
    assert.equal(heard.started(), 40);
    assert.equal(heard.progressed.at(-1), 400);
  });

  for (const workers of [1, 3, 64]) {
    it(`runs as many forks at a time as there are workers: ${workers}`, async () => {
      const { engine, running } = heldEngine();
      const request = requestOf(workers);
      const heard = listener();
      const burst = runBurst(request, engine, heard, UNSTOPPED);
      for (let done = 0; done < 40; done++) {
        await eventLoopRound();
        assert.equal(running.length - done, Math.min(workers, 40 - done));
        running[done]!.finish();
      }
      await burst;
      assert.equal(heard.finished.length, 40);
    });
  }

  it("waits until a fork is kept before its worker begins another", async () => {
    const { engine, running } = heldEngine();
    const heard = listener();
    let release = (): void => undefined;
    const kept = new Promise<undefined>((resolve) => (release = () => resolve(undefined)));
    const burst = runBurst(requestOf(1), engine, { ...heard, forkFinished: () => kept }, UNSTOPPED);
    await eventLoopRound();
    running[0]!.finish();
    await eventLoopRound();
    assert.equal(running.length, 1);
    release();
    await eventLoopRound();
    assert.equal(running.length, 2);
    running[1]!.fail(new Error("enough"));
    await assert.rejects(burst, /enough/);
  });

  it("runs a fork again that could not be started, counts it apart, and measures nothing twice", async () => {
    const engine = scriptedEngine({
      measure: (_request, _options, count) => (count % 3 < 2 ? Promise.reject(infra()) : {}),
    });
    const heard = listener();
    await runBurst(requestOf(1), engine, heard, UNSTOPPED);
    assert.deepEqual(
      heard.startFailures,
      Array.from({ length: 40 }, () => 2),
    );
    assert.equal(engine.measured.length, 120);
    assert.equal(new Set(heard.finished).size, 40);
    assert.equal(heard.finished.length, 40);
  });

  it("gives up a fork that could not be started three times", async () => {
    const engine = scriptedEngine({
      measure: (_request, _options, count) => (count >= 5 ? Promise.reject(infra()) : {}),
    });
    const heard = listener();
    await assert.rejects(runBurst(requestOf(1), engine, heard, UNSTOPPED), hasCode("SANDBOX_INFRA"));
    assert.equal(engine.measured.length, 8);
    assert.equal(heard.finished.length, 5);
  });

  it("does not try again what is not an error of the infrastructure", async () => {
    const engine = scriptedEngine({
      measure: () => Promise.reject(sandboxError("SANDBOX_PROGRAM", "no such export")),
    });
    await assert.rejects(runBurst(requestOf(1), engine, listener(), UNSTOPPED), hasCode("SANDBOX_PROGRAM"));
    assert.equal(engine.measured.length, 1);
  });

  it("begins nothing after a failure, lets what runs finish and be kept, then fails with the first error", async () => {
    const { engine, running } = heldEngine();
    const heard = listener();
    let ended = false;
    const burst = runBurst(requestOf(3), engine, heard, UNSTOPPED).finally(() => (ended = true));
    burst.catch(() => undefined);
    await eventLoopRound();
    running[2]!.fail(new Error("the first"));
    await eventLoopRound();
    assert.equal(ended, false);
    running[1]!.finish();
    await eventLoopRound();
    assert.equal(running.length, 3);
    assert.equal(heard.finished.length, 1);
    running[0]!.fail(new Error("a later one"));
    await assert.rejects(burst, /the first/);
    assert.equal(running.length, 3);
  });

  it("that cannot keep a fork fails with the reason", async () => {
    const engine = scriptedEngine();
    const refusing = { ...listener(), forkFinished: () => Promise.reject(new Error("disk full")) };
    await assert.rejects(runBurst(requestOf(2), engine, refusing, UNSTOPPED), /disk full/);
    assert.equal(engine.measured.length, 2);
  });

  it("aborted begins nothing more and fails with the signal's reason", async () => {
    const abort = new AbortController();
    const { engine, running } = heldEngine();
    const heard = listener();
    const burst = runBurst(requestOf(2), engine, heard, abort.signal);
    await eventLoopRound();
    assert.equal(running[0]!.options.signal, abort.signal);
    const reason = new Error("called off");
    abort.abort(reason);
    for (const { fail } of running) fail(reason);
    await assert.rejects(burst, (error) => error === reason);
    assert.equal(running.length, 2);
    assert.deepEqual(heard.finished, []);
  });

  it("aborted between two forks does not begin the next", async () => {
    const abort = new AbortController();
    const engine = scriptedEngine();
    const heard = listener();
    const forkFinished: BurstListener["forkFinished"] = async (fork) => {
      await heard.forkFinished(fork);
      if (heard.finished.length === 5) abort.abort(new Error("called off"));
      return undefined;
    };
    await assert.rejects(
      runBurst(requestOf(1), engine, { ...heard, forkFinished }, abort.signal),
      /called off/,
    );
    assert.equal(engine.measured.length, 5);
  });

  it("whose listener has had enough begins nothing more, and keeps what runs", async () => {
    const { engine, running } = heldEngine();
    const heard = listener();
    const forkFinished: BurstListener["forkFinished"] = async (fork) => {
      await heard.forkFinished(fork);
      return heard.finished.length >= 4 ? "enough" : undefined;
    };
    const burst = runBurst(requestOf(3), engine, { ...heard, forkFinished }, UNSTOPPED);
    for (let done = 0; done < 6; done++) {
      await eventLoopRound();
      assert.equal(running.length, Math.min(6, done + 3));
      running[done]!.finish();
    }
    await burst;
    assert.equal(heard.finished.length, 6);
    assert.equal(engine.measured.length, 6);
  });

  it("of no forks runs nothing", async () => {
    const engine = scriptedEngine();
    await runBurst({ ...requestOf(4), forks: [] }, engine, listener(), UNSTOPPED);
    assert.equal(engine.measured.length, 0);
  });

  it("never takes progress back, also when a fork is begun again, and ends at the number planned", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.integer(), async (workers, seed) => {
        const random = seededRandom(seed);
        let failures = 0;
        const engine = scriptedEngine({
          async measure(_request, { onProgress }) {
            for (let iterations = 0; iterations <= 10; iterations += 1 + random.below(5)) {
              onProgress?.(iterations);
              if (random.next() < 0.5) await Promise.resolve();
              if (random.next() < 0.1 && failures < 2) {
                failures++;
                throw infra();
              }
            }
            return {};
          },
        });
        const heard = listener();
        await runBurst(requestOf(workers), engine, heard, UNSTOPPED);
        heard.progressed.reduce((before, now) => {
          assert.ok(now >= before, `${now} after ${before}`);
          return now;
        }, 0);
        assert.equal(heard.progressed.at(-1), 400);
      }),
      { numRuns: 50 },
    );
  });
});
