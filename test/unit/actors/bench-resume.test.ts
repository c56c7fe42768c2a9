/** A run of a bench file that dies before or after any of its writes, and goes on. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { BenchDocument } from "../../../actors/bench/bench-document.ts";
import { benchSessions, BenchJournal } from "../../../actors/bench/bench-journal.ts";
import type { BenchEvent } from "../../../actors/bench/bench-journal.ts";
import { resumeBench, runBench } from "../../../actors/bench/bench-run.ts";
import type { BenchHost, BenchRequest } from "../../../actors/bench/bench-run.ts";
import { severalAtATime } from "../../../actors/bench/several-at-a-time.ts";
import type { Journal } from "../../../runtime/contracts/index.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { benchEngine, evaluated, withBenchFiles } from "../../kit/bench.ts";
import type { BenchEngine } from "../../kit/bench.ts";
import { scriptedExecutor } from "../../kit/scripted-executor.ts";
import { openKept } from "../../kit/services.ts";
import type { Kept } from "../../kit/services.ts";
import { ENVIRONMENT } from "../../kit/session.ts";

const FILE = `import { Bench } from "tinybench";
const bench = new Bench({ name: "sums" });
bench.add("one", () => 400000).add("broken", () => { throw new Error("no"); }).add("two", () => 900000);
await bench.run();
`;
const FASTER = FILE.replace("900000", "500000");

/** Times without chance, so that a fork says the same whenever it is run. */
function exactEngine(): BenchEngine {
  return benchEngine((measurement, { program, iterations, batch }) => ({
    ...measurement,
    wallNs: new Float64Array(iterations).fill(Number(evaluated(program)()) * batch.length),
  }));
}

/** Where other machines had half of the processors' time, as each fork tells it. */
function besideOthers(journal: Journal): Journal {
  const told = (event: BenchEvent): BenchEvent => {
    if (event.kind !== "fork_finished") return event;
    const machine = { ...event.fork.machine!, processors: { ticks: 1e9, stolen: 5e8 } };
    return { ...event, fork: { ...event.fork, machine } };
  };
  const append: Journal["append"] = (stream, revision, events) =>
    journal.append(stream, revision, (events as readonly BenchEvent[]).map(told));
  return Object.assign(Object.create(journal) as Journal, { append });
}

class Death extends Error {}

/** Dies at a write, before it or just after it; nothing is written from then on. */
class Mortal {
  readonly #diesAt: number;
  readonly #isLate: boolean;
  writes = 0;

  constructor(diesAt = Infinity, isLate = false) {
    this.#diesAt = diesAt;
    this.#isLate = isLate;
  }

  async write<Answer>(carryOut: () => Promise<Answer>): Promise<Answer> {
    const number = ++this.writes;
    if (number > this.#diesAt || (number === this.#diesAt && !this.#isLate)) throw new Death();
    const answer = await carryOut();
    if (number === this.#diesAt) throw new Death();
    return answer;
  }

  /** The same object, with writes by these names under the knife. */
  own<Target extends object>(target: Target, names: readonly string[]): Target {
    return new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        const call = (...args: unknown[]): Promise<unknown> =>
          Reflect.apply(value as (...given: unknown[]) => Promise<unknown>, target, args);
        return names.includes(String(name))
          ? (...args: unknown[]): Promise<unknown> => this.write(() => call(...args))
          : call;
      },
    });
  }
}

interface Desk {
  readonly kept: Kept;
  readonly request: BenchRequest;
  readonly hostOf: (engine: BenchEngine, mortal?: Mortal) => BenchHost;
}

async function atDesk(test: (desk: Desk) => Promise<void>): Promise<void> {
  const kept = await openKept();
  let sessions = 0;
  try {
    await withBenchFiles({ "a.bench.ts": FILE }, (directory) =>
      test({
        kept,
        request: { files: ["a.bench.ts"], directory, runs: 40, seed: 3, allowNoise: true },
        hostOf: (isolate, mortal = new Mortal()) => ({
          ...kept,
          evidence: mortal.own(kept.evidence, ["establishMeasured", "promote"]),
          journal: mortal.own<Journal>(kept.state.journal, ["append"]),
          clock: new VirtualClock(),
          environment: ENVIRONMENT,
          isolate,
          carrier: "scripted",
          executor: scriptedExecutor(),
          workers: 2,
          drawSeed: () => 5,
          makeSession: () => `01JD8Q4ZK3M5T7V9X1B3D5F${String(sessions++).padStart(3, "0")}`,
        }),
      }),
    );
  } finally {
    await kept.close();
  }
}

const SESSION = /01JD8Q4ZK3M5T7V9X1B3D5F\d{3}/g;

/** All but times, ids, and what the machine was like. */
function withoutChance(document: BenchDocument): unknown {
  const told = JSON.stringify(document, (name, value: unknown) =>
    ["wallMs", "machine", "noise", "before", "during"].includes(name) ? null : value,
  );
  return JSON.parse(told.replaceAll(SESSION, "session").replaceAll(/\/tmp\/myriad-\w+-\w+/g, "folder"));
}

/** Begins a run and lets it die; whatever was in the way of it, it is begun again until it has ended. */
async function livedThrough(
  { kept, request, hostOf }: Desk,
  engine: BenchEngine,
  mortal: Mortal,
): Promise<BenchDocument> {
  const known = await benchSessions(kept.state.journal);
  try {
    return requireWhole((await runBench(request, hostOf(engine, mortal))).document);
  } catch (error) {
    assert.ok(error instanceof Death, String(error));
  }
  const [session] = (await benchSessions(kept.state.journal)).filter((one) => !known.includes(one));
  const host = hostOf(engine);
  const ended =
    session === undefined ? null : (await BenchJournal.open(kept.state.journal, session)).document;
  if (ended !== null) return ended;
  const { document } =
    session === undefined ? await runBench(request, host) : await resumeBench(session, host);
  return requireWhole(document);
}

/** What could not be stored is told in the document, and no reason to end the run. */
function requireWhole(document: BenchDocument): BenchDocument {
  if (document.error !== null) throw new Death();
  return document;
}

const forksIn = (engine: BenchEngine): number =>
  engine.measured.filter(({ iterations }) => iterations === 2).length;

describe("a run of a bench file that dies", () => {
  it("comes to the same document when it goes on, wherever it died, and measures no finished fork again", async () => {
    const undisturbed: unknown[] = [];
    const counted = { writes: 0, calls: 0 };
    const both = async (desk: Desk, mortal: Mortal): Promise<unknown[]> => {
      await writeFile(join(desk.request.directory, "a.bench.ts"), FILE);
      await runBench(desk.request, desk.hostOf(exactEngine()));
      await writeFile(join(desk.request.directory, "a.bench.ts"), FASTER);
      const engine = exactEngine();
      const document = await livedThrough(desk, engine, mortal);
      counted.writes = mortal.writes;
      counted.calls = forksIn(engine);
      return [withoutChance(document), await storedIn(desk)];
    };
    const whole = new Mortal();
    await atDesk(async (desk) => void undisturbed.push(...(await both(desk, whole))));
    const { writes, calls } = counted;
    // Two versions of two tasks, 20 forks each; one event more for each, and those of the run itself.
    assert.equal(calls, 80);
    assert.ok(writes > 85, `${writes} writes`);
    // Begun, checked, calibrated, two forks; then measured, keeping, stored, current, ended.
    const moments = [1, 3, 6, 30, 61, ...[4, 3, 2, 1, 0].map((left) => writes - left)];
    for (const [index, diesAt] of moments.entries()) {
      const isLate = index % 2 === 1;
      await atDesk(async (desk) => {
        const told = await both(desk, new Mortal(diesAt, isLate));
        assert.deepEqual(told, undisturbed, `died ${isLate ? "after" : "before"} write ${diesAt}`);
        // Lost at the most: the forks that ran on two workers when it died.
        assert.ok(counted.calls <= calls + 2, `${counted.calls} forks`);
      });
    }
  });

  it("knows when it goes on how noisy the machine was before, and withholds its verdict for it", async () => {
    // One with forks to come, and one that died of writing how noisy the machine was.
    for (const diesAt of [40, 87]) {
      await atDesk(async ({ kept, request, hostOf }) => {
        await runBench(request, hostOf(exactEngine()));
        await writeFile(join(request.directory, "a.bench.ts"), FASTER);
        const host = hostOf(exactEngine(), new Mortal(diesAt));
        const asked = { ...request, allowNoise: false };
        const died = runBench(asked, { ...host, journal: besideOthers(host.journal) });
        await assert.rejects(died, Death);
        const session = (await benchSessions(kept.state.journal)).at(-1)!;
        const { document } = await resumeBench(session, hostOf(exactEngine()));
        assert.equal(document.machine!.during!.label, "unusable");
        const [one, , two] = document.benches[0]!.tasks;
        assert.deepEqual([one!.withheld, two!.withheld], ["noise", "noise"]);
      });
    }
  });

  it("is refused when its file, or the machine, is another one by then, or when it has ended", () =>
    atDesk(async ({ kept, request, hostOf }) => {
      const died = runBench(request, hostOf(exactEngine(), new Mortal(12)));
      await assert.rejects(died, Death);
      const [session] = await benchSessions(kept.state.journal);
      assert.equal(await kept.state.lastSession(), session);
      const file = join(request.directory, "a.bench.ts");
      await writeFile(file, FASTER);
      await assert.rejects(resumeBench(session!, hostOf(exactEngine())), hasCode("SESSION_SOURCE_CHANGED"));
      await writeFile(file, FILE);
      const elsewhere = { ...hostOf(exactEngine()), carrier: "another" };
      await assert.rejects(resumeBench(session!, elsewhere), hasCode("SESSION_MACHINE_CHANGED"));
      const { document } = await resumeBench(session!, hostOf(exactEngine()));
      assert.equal(document.session, session);
      await assert.rejects(resumeBench(session!, hostOf(exactEngine())), hasCode("SESSION_ENDED"));
      const other = "01JD8Q4ZK3M5T7V9X1B3D5F999";
      await assert.rejects(resumeBench(other, hostOf(exactEngine())), hasCode("SESSION_UNKNOWN"));
      assert.deepEqual(
        (await BenchJournal.open(kept.state.journal, session!)).document?.verdict,
        document.verdict,
      );
    }));

  it("says how to go on when it is interrupted", () =>
    atDesk(async ({ request, hostOf }) => {
      const controller = new AbortController();
      const begun: string[] = [];
      const isolate = benchEngine((measurement) => {
        controller.abort();
        return measurement;
      });
      const hooks = { signal: controller.signal, onSession: (session: string) => void begun.push(session) };
      await assert.rejects(runBench(request, hostOf(isolate), hooks), (error) => {
        assert.ok(hasCode("INTERRUPTED")(error));
        assert.equal((error as { readonly hint?: string }).hint, `myriad bench --resume ${begun[0]!}`);
        return true;
      });
      const { document } = await resumeBench(begun[0]!, hostOf(exactEngine()));
      assert.equal(document.verdict, "failed", "one of its tasks is broken");
    }));
});

async function storedIn({ kept }: Desk): Promise<unknown> {
  const rows = await kept.state.analytics.baselines();
  const stored = [];
  for (const { tag, caseId, mean, n, samplesSession, samplesVersion, programDigest } of rows) {
    const samples = await kept.state.analytics.samplesOf(samplesSession, caseId, samplesVersion, "wall_time");
    stored.push([tag, mean, n, programDigest, samples.length]);
  }
  const current = await kept.state.analytics.currentBaseline("a.bench.ts#sums/two");
  return [stored, current.map(({ tag }) => tag)];
}

describe("several at a time", () => {
  it("begins in order, never more than it may, and nothing new after a failure", async () => {
    const begun: number[] = [];
    let running = 0;
    await severalAtATime([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      assert.ok(++running <= 2);
      await new Promise(setImmediate);
      running--;
    });
    assert.deepEqual(begun, [1, 2, 3, 4, 5]);
    const tried: number[] = [];
    const failing = severalAtATime([1, 2, 3], 1, (item) => {
      tried.push(item);
      return item === 2 ? Promise.reject(new Error("two")) : Promise.resolve();
    });
    await assert.rejects(failing, /two/);
    assert.deepEqual(tried, [1, 2]);
  });
});
