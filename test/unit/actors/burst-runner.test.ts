import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { burstRunner } from "../../../actors/evidence/burst-runner.ts";
import { EvidenceStore } from "../../../actors/evidence/evidence-store.ts";
import type { Version } from "../../../actors/evidence/fork-plan.ts";
import { countedForks, refusalOf } from "../../../actors/workflow/session-state.ts";
import type { BurstOutcome, KeptFork, SessionCommand } from "../../../actors/workflow/session-state.ts";
import { commandTask } from "../../../actors/workflow/task.ts";
import type { Task } from "../../../actors/workflow/task.ts";
import { sandboxError } from "../../../kernels/sandbox/index.ts";
import type { ForkMeasurement } from "../../../kernels/sandbox/index.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { scriptedEngine } from "../../kit/scripted-engine.ts";
import type { EngineScript, ScriptedEngine } from "../../kit/scripted-engine.ts";
import { callOf, recordingEvidence, servicesOf } from "../../kit/services.ts";
import { generatedOf, preparedOf, programOf, returned, sessionOf, versionOf } from "../../kit/session.ts";

/** What every version does with the sealed batch `[1], [2]`. */
const PROOF = [returned("1"), returned("2")];

type Measure = (...asked: Parameters<NonNullable<EngineScript["measure"]>>) => Partial<ForkMeasurement>;

interface Ran {
  readonly outcome: BurstOutcome;
  readonly kept: readonly KeptFork[];
  /** Names of forks as they came into the journal and the database: `journal candidate/3`. */
  readonly log: readonly string[];
  readonly engine: ScriptedEngine;
  /** Of each note: done, total. */
  readonly progress: readonly (readonly [number, number | null])[];
}

interface Situation {
  readonly command?: SessionCommand;
  /** `burst`: whether a baseline is stored. */
  readonly stored?: boolean;
  readonly forks?: readonly KeptFork[];
  readonly measure?: Measure;
  readonly task?: Partial<Task>;
  readonly workers?: number;
  readonly realm?: ScriptedEngine;
  /** Instead of the journal; what it throws is not kept. */
  readonly keep?: (fork: KeptFork) => void;
  /** Before the database takes a fork. */
  readonly record?: () => void;
}

const nameOf = ({ version, fork }: KeptFork): string => `${version}/${fork}`;
const names = (forks: readonly KeptFork[]): readonly string[] => forks.map(nameOf).toSorted();

/** Measures well, but for the later forks of one program. */
function faulty(program: string, fault: Partial<ForkMeasurement>): Measure {
  return (request, _options, count) => (request.program.digest === program && count > 10 ? fault : {});
}

async function burst(situation: Situation): Promise<Ran> {
  const { command = "run", stored = true, forks = [], measure = () => ({}), task = {} } = situation;
  const other = command === "burst" && stored ? versionOf("dedupe@1") : null;
  const generated = command === "run" ? { generate: generatedOf(1) } : {};
  const own = (task.metrics ?? []).flatMap(({ name, of }) => (of === undefined ? [] : [name]));
  const metricPrograms = Object.fromEntries(own.map((name) => [name, programOf(name)]));
  const outputs = { prepare: preparedOf({ other, metricPrograms }), ...generated };
  const session = sessionOf(command, { outputs, forks }, task);
  const kept: KeptFork[] = [];
  const log: string[] = [];
  const progress: [number, number | null][] = [];
  const engine = scriptedEngine({
    measure: (...asked) => ({ proof: PROOF, ...measure(...asked) }),
  });
  const recording = recordingEvidence((write) => {
    if (write.kind !== "fork") return;
    const own = (write.own ?? []).map(({ metric, values }) => ` ${metric} ${values.join()}`);
    log.push(`database ${nameOf(write.fork)}${own.join("")}`);
  });
  const evidence = Object.assign(recording, {
    recordFork: async (...row: Parameters<EvidenceStore["recordFork"]>): Promise<void> => {
      situation.record?.();
      await EvidenceStore.prototype.recordFork.apply(recording, row);
    },
  });
  const call = callOf({
    progress: ({ done, total }) => progress.push([done, total]),
    keepFork: async (fork) => {
      await Promise.resolve();
      situation.keep?.(fork);
      kept.push(fork);
      log.push(`journal ${nameOf(fork)}`);
    },
  });
  const services = servicesOf({
    clock: new VirtualClock(),
    evidence,
    measuring: engine,
    realm: situation.realm ?? scriptedEngine(),
    workers: situation.workers ?? 2,
  });
  const outcome = await burstRunner.execute({ phase: "burst", session }, services, call);
  return { outcome, kept, log, engine, progress };
}

describe("the burst runner", () => {
  it("runs 20 forks of each version on the sealed batch, keeps each, and sums up", async () => {
    const { outcome, kept, engine, progress } = await burst({});
    assert.equal(new Set(names(kept)).size, 40);
    assert.ok(
      engine.measured.every(({ batch }) => batch.length === 2 && batch[0] === preparedOf().sealedBatch[0]),
    );
    assert.ok(kept.every(({ proved, failures }) => proved && failures === 0));
    const { isolation, machine, ...figures } = outcome;
    assert.equal(isolation.engine, "isolate");
    assert.equal(machine!.before.probes, 20);
    assert.equal(machine!.during!.probes, 40);
    assert.deepEqual(figures, {
      infraErrors: 0,
      wallMs: 0,
      measured: 80,
      iterationsPerFork: 2,
      batch: 2,
      figures: {},
      falseProof: null,
    });
    assert.deepEqual(progress.at(-1), [80, 80]);
  });

  it("takes the figures of a task's own metrics once, on all sealed inputs, and not from forks", async () => {
    const size = { name: "size", unit: "B", direction: "lower", tolerance: 0.02 } as const;
    const time = { ...size, name: "wall_time", unit: "ns" } as const;
    const metrics = [{ ...size, of: { file: "/m.ts", exportName: "size" } }, time] as const;
    const realm = scriptedEngine({
      name: "realm",
      observe: ({ args, request }) =>
        returned(`returned ${request.program.code.includes('"subject"') ? 10 : 5 * Number(args[0])}`),
    });
    const { outcome, kept, log } = await burst({ task: { metrics }, realm });
    assert.deepEqual(outcome.figures, {
      size: { baseline: Float64Array.of(10, 10), candidate: Float64Array.of(5, 10) },
    });
    assert.equal(kept.length, 40);
    assert.ok(realm.observed.every(({ order, inputs }) => order === "alone" && inputs.length === 2));
    assert.deepEqual(
      log.filter((line) => line.includes("size")).toSorted(),
      ["database baseline/0 size 10,10", "database candidate/0 size 5,10"],
      "each version's are kept with its first fork",
    );
  });

  it("runs two pilot forks of each version first, from which all forks have their warm-up and stretch", async () => {
    const slow = { timer: { resolutionNs: 40, overheadNs: 100 }, stretch: 1, cpuMs: 1, collections: null };
    // The candidate gets steady after 200 iterations, both are well above the clock.
    const warming = (late: number): Float64Array =>
      Float64Array.from({ length: 500 }, (_, index) => (index < late ? 2_000_000 : 1_000_000));
    const { engine, kept } = await burst({
      measure: ({ program, iterations }) =>
        iterations === 500
          ? {
              wallNs: warming(program.digest === "subject" ? 25 : 200),
              conditions: { ...slow, allocatedBytes: null, warmUpNs: new Float64Array(0) },
            }
          : {},
    });
    const [pilots, forks] = [engine.measured.slice(0, 4), engine.measured.slice(4)];
    assert.deepEqual(pilots.map(({ program }) => program.digest).toSorted(), [
      "candidate 1",
      "candidate 1",
      "subject",
      "subject",
    ]);
    assert.ok(pilots.every(({ warmUpIterations, stretch = 1 }) => warmUpIterations === 1 && stretch === 1));
    assert.equal(forks.length, 40);
    assert.ok(forks.every(({ warmUpIterations, stretch }) => warmUpIterations === 400 && stretch === 1));
    assert.equal(kept.length, 40);
  });

  it("counts at the level realm: a few iterations, without pilot or warm-up, and keeps their ticks", async () => {
    const { engine, kept, progress } = await burst({
      task: { level: "realm" },
      measure: () => ({ ticks: Float64Array.of(7, 7) }),
    });
    assert.equal(engine.measured.length, 4);
    assert.ok(
      engine.measured.every(({ warmUpIterations, iterations }) => warmUpIterations + iterations === 2),
    );
    assert.ok(kept.every(({ ticks }) => ticks?.every((count) => count === 7)));
    assert.deepEqual(progress.at(-1), [8, 8]);
  });

  it("runs commands in blocks of ten, more of them for more runs, one run ahead of each and no pilot", async () => {
    const { commands } = commandTask(["x", "y"], {}, "/project");
    const level = { level: "process", commands: commands! } as const;
    const few = await burst({ task: { ...level, runs: 40 } });
    assert.equal(few.engine.measured.length, 40);
    const many = await burst({ task: { ...level, runs: 400 } });
    assert.equal(many.engine.measured.length, 80);
    assert.ok(
      many.engine.measured.every(
        ({ iterations, warmUpIterations }) => iterations === 10 && warmUpIterations === 1,
      ),
    );
  });

  it("resumed goes on as it began, without another pilot", async () => {
    const { kept: whole } = await burst({});
    const conditions = {
      timer: { resolutionNs: 40, overheadNs: 100 },
      stretch: 7,
      cpuMs: 1,
      collections: null,
      allocatedBytes: null,
      warmUpIterations: 275,
      steadyAfter: 50,
    };
    const begun = whole.slice(0, 10).map((fork) => ({ ...fork, conditions }));
    const { engine } = await burst({ forks: begun });
    assert.equal(engine.measured.length, 30);
    assert.ok(
      engine.measured.every(({ warmUpIterations, stretch }) => warmUpIterations === 275 && stretch === 7),
    );
  });

  it("keeps what a fork was timed under, and when it was steady, but not its warm-up", async () => {
    const timed = new Float64Array(100).fill(1000);
    const warmUpNs = Float64Array.from({ length: 100 }, (_, index) => (index < 50 ? 9000 : 1100));
    const told = { stretch: 3, cpuMs: 2, collections: { count: 4, ms: 1 }, allocatedBytes: 64 };
    const timer = { resolutionNs: 40, overheadNs: 100 };
    const { kept } = await burst({
      measure: () => ({ wallNs: timed, conditions: { ...told, timer, warmUpNs } }),
    });
    assert.deepEqual(kept[0]!.conditions, { ...told, timer, warmUpIterations: 100, steadyAfter: 50 });
  });

  it("keeps a fork in the journal before it writes it into the database", async () => {
    const { log, kept } = await burst({});
    assert.equal(log.length, 80);
    for (const fork of kept) {
      const journalled = log.indexOf(`journal ${nameOf(fork)}`);
      assert.ok(log.indexOf(`database ${nameOf(fork)}`) > journalled);
    }
  });

  it("resumed tells the database again of the forks that are kept, and runs only the others", async () => {
    const { kept: whole } = await burst({});
    const before = whole.slice(0, 25);
    const { kept, log, engine, outcome, progress } = await burst({ forks: before });
    assert.equal(engine.measured.length, 15);
    assert.deepEqual(names([...before, ...kept]), names(whole));
    assert.equal(outcome.measured, 30);
    assert.ok(progress.every(([done]) => done >= 50));
    assert.deepEqual(
      log.slice(0, 25),
      before.map((fork) => `database ${nameOf(fork)}`),
    );
    assert.deepEqual(progress.at(-1), [80, 80]);
  });

  it("resumed knows how noisy the machine was before", async () => {
    const whole = (await burst({})).kept;
    assert.ok(whole.every(({ machine }) => machine !== undefined));
    const processors = { ticks: 1e9, stolen: 5e8 };
    const noisy = whole.map((fork) => ({ ...fork, machine: { ...fork.machine!, processors } }));
    for (const before of [30, 40]) {
      const { machine } = (await burst({ forks: noisy.slice(0, before) })).outcome;
      assert.equal(machine!.during!.probes, 40);
      assert.equal(machine!.during!.label, "unusable");
    }
  });

  it("resumed with all forks kept runs none, and judges what was kept", async () => {
    const { kept: whole } = await burst({});
    const fine = await burst({ forks: whole });
    assert.equal(fine.engine.measured.length, 0);
    assert.equal(fine.outcome.falseProof, null);
    const bad = whole.map((fork) =>
      fork.version === "candidate" && fork.fork === 7 ? { ...fork, proved: false } : fork,
    );
    assert.equal((await burst({ forks: bad })).outcome.falseProof, "candidate");
  });

  for (const [what, fault] of [
    ["did something else than it was checked to do", { proof: [returned("1"), returned("3")] }],
    ["stopped before it had done all of it", { proof: [returned("1")] }],
    ["ended in another way", { proof: [returned("1"), { outcome: "threw", text: "2" }] }],
    ["failed in a sandbox", { failures: 1 }],
  ] as const) {
    it(`refuses a candidate that ${what} in one fork`, async () => {
      const { outcome } = await burst({ measure: faulty("candidate 1", fault) });
      assert.equal(outcome.falseProof, "candidate");
      const outputs = { generate: generatedOf(1), burst: outcome };
      assert.equal(refusalOf(sessionOf("run", { outputs }))?.phase, "burst");
    });
  }

  it("counts what did not start over all forks that are kept, those of before a stop too", async () => {
    // Behind the four pilot forks, whose own starts are not counted.
    const thrice = (): Measure => {
      let asked = 0;
      return ({ iterations }) => {
        if (iterations === 2 && ++asked <= 3) throw sandboxError("SANDBOX_INFRA", "no process");
        return {};
      };
    };
    const { kept, outcome } = await burst({ measure: thrice() });
    assert.equal(outcome.infraErrors, 3);
    const resumed = await burst({ forks: kept.slice(0, 25), measure: thrice() });
    const before = kept.slice(0, 25).reduce((sum, fork) => sum + fork.startFailures, 0);
    assert.ok(before > 0);
    assert.equal(resumed.outcome.infraErrors, before + 3);
  });

  it("blames the present code where it is the one that fails", async () => {
    for (const command of ["run", "burst"] as const) {
      const failing = burst({ command, measure: faulty("subject", { failures: 1 }) });
      await assert.rejects(failing, hasCode("SUBJECT_LIMIT_EXCEEDED"), command);
      const drifting = burst({ command, measure: faulty("subject", { proof: [returned("1")] }) });
      await assert.rejects(drifting, hasCode("SUBJECT_NONDETERMINISTIC"), command);
    }
  });

  it("names the limit that was broken, where the proof tells of one", async () => {
    const proof = [{ outcome: "limit_exceeded", text: "a broken limit (wall time, 60 s)" }] as const;
    const failing = burst({ command: "run", measure: faulty("subject", { failures: 2, proof }) });
    await assert.rejects(failing, { message: /^2 sandboxes .*: a broken limit \(wall time, 60 s\) in/ });
    const { kept } = await burst({ measure: faulty("candidate 1", { failures: 2, proof }) });
    assert.ok(kept.some(({ brokenLimit }) => brokenLimit === proof[0].text));
  });

  it("blames a stored baseline that fails or does something else, and not the present code", async () => {
    for (const fault of [{ failures: 2 }, { proof: [returned("1")] }]) {
      const broken = burst({ command: "burst", measure: faulty("dedupe@1", fault) });
      await assert.rejects(broken, (error: unknown) => {
        assert.ok(hasCode("BASELINE_INCOMPARABLE")(error));
        assert.match((error as Error).message, /"dedupe@1"/);
        return true;
      });
    }
  });

  it("measures the present code alone where no baseline is stored", async () => {
    const { kept, engine } = await burst({ command: "burst", stored: false });
    const versions = new Set<Version>(kept.map(({ version }) => version));
    assert.deepEqual([...versions], ["candidate"]);
    assert.ok(engine.measured.every(({ program }) => program.digest === "subject"));
  });

  it("asks for each version's proof in sequence, in the engine that times it", async () => {
    const { engine } = await burst({});
    assert.deepEqual(
      engine.observed.map(({ program, order, inputs }) => [program.digest, order, inputs.length]),
      [
        ["subject", "sequence", 2],
        ["candidate 1", "sequence", 2],
      ],
    );
  });
});

/** The candidate takes half the time; every fork differs a little, each time it is measured in the same way. */
const halved: Measure = ({ program }, _options, count) => {
  const typicalNs = program.digest === "subject" ? 1000 : 500;
  return { wallNs: new Float64Array(2).fill(typicalNs + (count % 7)) };
};
const STOPPING: Situation = { task: { stopEarly: true }, measure: halved };

describe("a burst that is stopped from outside", () => {
  const planned = (kept: readonly KeptFork[]): readonly string[] =>
    kept.map((fork) => `${nameOf(fork)} at ${fork.order}`).toSorted();

  it("killed any number of times, on any number of workers, has in the end each planned fork once", async () => {
    const { kept: whole } = await burst({});
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ forks: fc.nat({ max: 25 }), workers: fc.integer({ min: 1, max: 7 }) }), {
          maxLength: 4,
        }),
        async (kills) => {
          let journal: readonly KeptFork[] = [];
          for (const { forks, workers } of kills) {
            const kept: KeptFork[] = [];
            const killed = burst({
              forks: journal,
              workers,
              // After so many no other becomes durable, as when the process is gone.
              keep: (fork) => {
                if (kept.length >= forks) throw new Error("killed");
                kept.push(fork);
              },
            });
            await killed.catch((error: unknown) => assert.match(String(error), /killed/));
            journal = [...journal, ...kept];
          }
          const { kept, outcome } = await burst({ forks: journal });
          assert.deepEqual(planned([...journal, ...kept]), planned(whole));
          assert.equal(outcome.measured, 2 * kept.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("goes on from whichever forks were kept, with gaps too", async () => {
    const { kept: whole } = await burst({});
    await fc.assert(
      fc.asyncProperty(fc.subarray([...whole]), async (journal) => {
        const { kept, engine } = await burst({ forks: journal });
        assert.deepEqual(planned([...journal, ...kept]), planned(whole));
        // These forks are so short that they are timed together: a pilot more a version.
        const pilots = journal.length === 0 ? 6 : 0;
        assert.equal(engine.measured.length, whole.length - journal.length + pilots);
      }),
      { numRuns: 30 },
    );
  });

  it("by a database that takes no more keeps the forks in the journal, and writes them when it goes on", async () => {
    const kept: KeptFork[] = [];
    let room = 7;
    const full = burst({
      keep: (fork) => kept.push(fork),
      workers: 1,
      record: () => {
        if (room-- <= 0) throw new Error("disk full");
      },
    });
    await assert.rejects(full, /disk full/);
    assert.equal(kept.length, 8);
    const resumed = await burst({ forks: kept });
    const recorded = resumed.log.filter((line) => line.startsWith("database"));
    assert.equal(new Set(recorded).size, 40);
    assert.equal(resumed.kept.length, 32);
  });

  it("runs a fork whose process died again, as often as its tries allow, and loses no other", async () => {
    let died = 0;
    const { kept, outcome } = await burst({
      workers: 3,
      measure: ({ iterations }, _options, count) => {
        if (iterations !== 2 || count % 5 !== 4) return {};
        died += 1;
        throw sandboxError("SANDBOX_INFRA", "the process died");
      },
    });
    assert.ok(died > 0);
    assert.equal(outcome.infraErrors, died);
    assert.equal(new Set(names(kept)).size, 40);
  });
});

describe("a burst that may end early", () => {
  it("begins nothing more once it is decided, and says after how many forks of how many", async () => {
    const { outcome, kept, progress } = await burst({ ...STOPPING, workers: 1 });
    assert.deepEqual(outcome.earlyStop, { forks: 6, planned: 20, notCounted: 0, decided: "improved" });
    assert.equal(kept.length, 12);
    assert.equal(outcome.measured, 24);
    assert.deepEqual(progress.at(-1), [24, 80]);
  });

  it("runs all forks where the task does not ask for it", async () => {
    const { outcome, kept } = await burst({ measure: halved });
    assert.equal(kept.length, 40);
    assert.equal("earlyStop" in outcome, false);
  });

  it("that is never decided runs all its forks and says so", async () => {
    const { outcome, kept } = await burst({ task: { stopEarly: true } });
    assert.equal(kept.length, 40);
    assert.deepEqual(outcome.earlyStop, { forks: 20, planned: 20, notCounted: 0, decided: null });
  });

  it("counts no fork that ended beside the deciding pair, and keeps none of them as evidence", async () => {
    const { outcome, kept, log } = await burst({ ...STOPPING, workers: 5 });
    const { forks, notCounted } = outcome.earlyStop!;
    assert.equal(forks, 6);
    assert.ok(notCounted > 0);
    assert.equal(kept.length, 12 + notCounted);
    const counted = names(countedForks(kept, outcome));
    assert.equal(counted.length, 12);
    const recorded = log.filter((line) => line.startsWith("database")).map((line) => line.slice(9));
    assert.deepEqual(recorded.toSorted(), counted);
  });

  it("finds the same wherever it was killed and on however many workers it goes on", async () => {
    const { kept: whole, outcome } = await burst({ ...STOPPING, workers: 5 });
    const figures = new Map(whole.map((fork) => [nameOf(fork), fork.wallNs]));
    for (let kept = 0; kept <= whole.length; kept++) {
      const forks = whole.slice(0, kept);
      const seen = new Map<string, number>(
        (["baseline", "candidate"] as const).map((version) => [version, -1]),
      );
      const resumed = await burst({
        ...STOPPING,
        forks,
        workers: 1 + (kept % 3),
        // What was killed is measured again, and gives what it would have given.
        measure: (request) => {
          const version = request.program.digest === "subject" ? "baseline" : "candidate";
          if (request.iterations !== 2) return {};
          const names = Array.from({ length: 20 }, (_, fork) => `${version}/${fork}`);
          const missing = names.filter((name) => !forks.some((fork) => nameOf(fork) === name));
          seen.set(version, seen.get(version)! + 1);
          const wallNs = figures.get(missing[seen.get(version)!]!);
          return wallNs === undefined ? { wallNs: new Float64Array(2).fill(750) } : { wallNs };
        },
      });
      const all = [...forks, ...resumed.kept];
      assert.equal(new Set(names(all)).size, all.length);
      const notCounted = all.length - 12;
      assert.deepEqual(resumed.outcome.earlyStop, { ...outcome.earlyStop, notCounted });
      assert.deepEqual(names(countedForks(all, resumed.outcome)), names(countedForks(whole, outcome)));
    }
  });

  it("that was decided before it was killed measures nothing more", async () => {
    const { kept, outcome } = await burst({ ...STOPPING, workers: 1 });
    const resumed = await burst({ ...STOPPING, forks: kept });
    assert.equal(resumed.engine.measured.length, 0);
    assert.deepEqual(resumed.outcome.earlyStop, outcome.earlyStop);
  });

  it("refuses a candidate that fails in a fork, however much faster it was until then", async () => {
    let forks = 0;
    const measure: Measure = (...asked) => {
      const [{ program, iterations }] = asked;
      if (program.digest !== "subject" && iterations === 2) forks += 1;
      const isThird = program.digest !== "subject" && forks === 3;
      return isThird ? { failures: 1 } : halved(...asked);
    };
    const { outcome, kept } = await burst({ ...STOPPING, measure, workers: 1 });
    assert.equal(outcome.falseProof, "candidate");
    assert.equal("earlyStop" in outcome, false);
    assert.equal(kept.length, 40);
  });
});
