import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { MyriadSystem } from "../../../actors/system.ts";
import { SandboxShelf } from "../../../actors/sandboxes.ts";
import type { SessionHooks } from "../../../actors/session-run.ts";
import { actorError } from "../../../actors/errors.ts";
import { describeEnvironment } from "../../../actors/workflow/environment.ts";
import { sessionStream } from "../../../actors/workflow/replay.ts";
import type { PhaseName } from "../../../actors/workflow/session-document.ts";
import type { SessionEvent } from "../../../actors/workflow/session-state.ts";
import { bundleFunction, inspectKernel } from "../../../kernels/syntax/index.ts";
import { NO_STREAM, seededRandom } from "../../../runtime/contracts/index.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import type { TestSystem } from "../../../runtime/testkit/index.ts";
import { hasCode, payloads } from "../../contract/journal-contract.ts";
import { scriptedEngine } from "../../kit/scripted-engine.ts";
import { scriptedExecutor } from "../../kit/scripted-executor.ts";
import { openKept } from "../../kit/services.ts";
import type { Kept } from "../../kit/services.ts";
import {
  baselineRowOf,
  comparedOf,
  forkOf,
  generatedOf,
  ISOLATION,
  outputsOf,
  preparedOf,
  rowOf,
  sourceOf,
  startOf,
  taskOf,
} from "../../kit/session.ts";

/** Its sessions get as far as the preparer, whose first look at the subject fails. */
const REFUSING = scriptedExecutor({
  [inspectKernel.name]: () => Promise.reject(actorError("SUBJECT_INCOMPARABLE", "a WeakMap")),
});

describe("the assembled system", () => {
  let home: Kept;
  let world: TestSystem;
  let myriad: MyriadSystem;
  let opened: number[];

  before(async () => {
    home = await openKept();
    world = createTestSystem({ startedAt: 1_700_000_000_000 });
    opened = [];
    const shelf = new SandboxShelf((workers) => {
      opened.push(workers);
      const isolate = { ...scriptedEngine(), name: "isolate", isolation: ISOLATION } as const;
      const sandboxes = { executor: REFUSING, realm: scriptedEngine(), measuring: isolate, workers };
      return Promise.resolve({ sandboxes, close: () => Promise.resolve() });
    });
    const { clock, system: actors } = world;
    myriad = new MyriadSystem({ ...home, actors, clock, random: seededRandom(1), shelf, workers: null });
  });
  after(async () => {
    await world.system.shutdown();
    await home.close();
  });

  /** A session in the journal, told by its events. */
  const journalled = async (session: string, ...told: readonly SessionEvent[]): Promise<string> => {
    const start = { ...startOf("run"), session, environment: describeEnvironment() };
    await home.state.journal.append(sessionStream(session), NO_STREAM, [
      { kind: "session_started", start },
      ...told,
    ]);
    return session;
  };
  const prepared = (file: string, program = preparedOf().subject.program): SessionEvent => {
    const { info, subject, ...output } = preparedOf();
    const ref = { file, exportName: "version" };
    return {
      kind: "phase_finished",
      phase: "prepare",
      durationMs: 1,
      output: { ...output, info: { ...info, ref }, subject: { ...subject, program } },
    };
  };

  it("puts the failure of a phase into the document, says whose fault it is, and keeps it in the journal", async () => {
    const phases: string[] = [];
    const { document, fault } = await myriad.start("run", taskOf(), {
      onPhase: (phase) => phases.push(phase),
    });
    assert.equal(document.error!.code, "SUBJECT_INCOMPARABLE");
    assert.equal(fault, "input");
    assert.deepEqual(phases, ["prepare"]);
    assert.equal(document.seed, 7);
    assert.equal(await home.state.lastSession(), document.session);
    const kept = (await payloads(
      home.state.journal,
      sessionStream(document.session!),
    )) as readonly SessionEvent[];
    assert.deepEqual(
      kept.map(({ kind }) => kind),
      ["session_started", "session_failed"],
    );
  });

  it("draws a seed where the task has none, another for each session, and says it", async () => {
    const seedOf = async (): Promise<number> => {
      await world.advance(1);
      return (await myriad.start("run", taskOf({ seed: null }))).document.seed!;
    };
    const seeds = [await seedOf(), await seedOf()];
    assert.notEqual(seeds[0], seeds[1]);
    assert.ok(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32));
  });

  it("begins no phase when it was interrupted before, and tells so; the session can be resumed", async () => {
    await world.advance(1);
    const hooks: SessionHooks = { signal: AbortSignal.abort(), onPhase: (phase) => assert.fail(phase) };
    const { document, fault } = await myriad.start("run", taskOf(), hooks);
    assert.deepEqual([document.error!.code, fault], ["INTERRUPTED", "interrupted"]);
    const resumed = await myriad.resume(document.session!);
    assert.equal(resumed.document.session, document.session);
    assert.equal(resumed.document.error!.code, "SUBJECT_INCOMPARABLE");
  });

  it("leaves no actor of a session behind", async () => {
    await world.advance(1);
    await world.settle();
    let alive = 0;
    let most = 0;
    const unsubscribe = [
      world.system.events.subscribe("actor-started", () => (most = Math.max(most, ++alive))),
      world.system.events.subscribe("actor-stopped", () => alive--),
    ];
    await myriad.start("run", taskOf());
    await world.settle();
    assert.deepEqual([most, alive], [11, 0]);
    unsubscribe.forEach((end) => end());
  });

  it("refuses sessions that there are not, and such as have ended", async () => {
    for (const unknown of ["01JD8Q4ZK3M5T7V9X1B3D5F7H0", "no id", "../../etc"]) {
      await assert.rejects(myriad.resume(unknown), hasCode("SESSION_UNKNOWN"));
      await assert.rejects(myriad.apply(unknown), hasCode("SESSION_UNKNOWN"));
      await assert.rejects(myriad.report(unknown), hasCode("SESSION_UNKNOWN"));
    }
    const session = await journalled("01JD8Q4ZK3M5T7V9X1B3D5F7E0", {
      kind: "session_ended",
      verdict: "improved",
    });
    await assert.rejects(myriad.resume(session), hasCode("SESSION_ENDED"));
    await assert.rejects(myriad.resume(session.toLowerCase()), hasCode("SESSION_ENDED"));
  });

  it("refuses to go on over a subject that has changed or gone", async () => {
    const file = join(home.state.path, "orders.ts");
    await writeFile(file, preparedOf().info.source);
    const session = await journalled("01JD8Q4ZK3M5T7V9X1B3D5F7C0", prepared(file));
    const gone = await journalled("01JD8Q4ZK3M5T7V9X1B3D5F7C1", prepared(`${file}.gone`));
    await assert.rejects(myriad.resume(gone), hasCode("SESSION_SOURCE_CHANGED"));
    await writeFile(file, "export const other = 1;");
    await assert.rejects(myriad.resume(session), hasCode("SESSION_SOURCE_CHANGED"));
  });

  it("refuses to mix measurements of two machines, or of two kinds of sandbox", async () => {
    const there = { ...startOf("run"), session: "01JD8Q4ZK3M5T7V9X1B3D5F7M0" };
    await home.state.journal.append(sessionStream(there.session), NO_STREAM, [
      { kind: "session_started", start: there },
    ]);
    await assert.rejects(myriad.resume(there.session), hasCode("SESSION_MACHINE_CHANGED"));
    const isolation = { ...ISOLATION, carrier: "bubblewrap" } as const;
    const fork = { ...forkOf("baseline", 0), isolation };
    const unlocked = await journalled("01JD8Q4ZK3M5T7V9X1B3D5F7M1", { kind: "fork_finished", fork });
    await assert.rejects(myriad.resume(unlocked), hasCode("SESSION_MACHINE_CHANGED"));
  });

  it("opens no sandbox for a listing, and as many for a session as its task asks for", async () => {
    opened.length = 0;
    await myriad.baselines(null);
    await assert.rejects(myriad.report("no id"), hasCode("SESSION_UNKNOWN"));
    assert.equal(opened.length, 0);
    for (const workers of [null, 3, 3]) {
      await world.advance(1);
      await myriad.start("run", taskOf({ workers }));
    }
    // Once each: the sets are shared.
    const wanted = new Set([availableParallelism(), 3]);
    assert.deepEqual(opened.toSorted(), [...wanted].filter((count) => opened.includes(count)).toSorted());
    assert.ok(opened.includes(3));
  });

  it("goes on when a hook throws, and says so in the document", async () => {
    await world.advance(1);
    const { document } = await myriad.start("run", taskOf(), {
      onPhase: () => {
        throw new Error("a full terminal");
      },
    });
    assert.equal(document.error!.code, "SUBJECT_INCOMPARABLE");
    assert.deepEqual(document.warnings, ["the hook onPhase threw: a full terminal"]);
  });

  it("tells how a session ended, and nothing of one that has not", async () => {
    const session = await journalled("01JD8Q4ZK3M5T7V9X1B3D5F7D0", {
      kind: "session_ended",
      verdict: "improved",
    });
    assert.equal((await myriad.ended(session))!.document.session, session);
    const standing = await journalled("01JD8Q4ZK3M5T7V9X1B3D5F7D1");
    assert.equal(await myriad.ended(standing), null);
  });

  it("makes what it proved the current baseline when the change is applied, also when it is said again", async () => {
    const file = join(home.state.path, "subject.ts");
    await writeFile(file, preparedOf().info.source);
    const change = { from: null, to: "applied@1", candidate: "applied@2" };
    await home.evidence.establish("applied@2", [
      baselineRowOf({ caseId: "applied", samplesSession: "s3", samplesVersion: "candidate" }),
    ]);
    const finished = (phase: PhaseName, output: unknown): SessionEvent => ({
      kind: "phase_finished",
      phase,
      durationMs: 1,
      output,
    });
    const session = await journalled(
      "01JD8Q4ZK3M5T7V9X1B3D5F7A1",
      prepared(file, await bundleFunction({ ref: { file, exportName: "version" }, source: null })),
      finished("generate", generatedOf(1)),
      finished("compare", comparedOf({ rows: [rowOf()] })),
      finished("baseline", change),
      { kind: "session_ended", verdict: "improved" },
    );
    for (const time of ["first", "again"]) {
      assert.equal(await myriad.apply(session), "applied@2", time);
      const [row] = await myriad.baselines("applied");
      assert.equal(row!.current, true, time);
      assert.equal(await readFile(file, "utf8"), sourceOf("candidate 1"), time);
    }
  });

  it("applies nothing of a session that proved nothing", async () => {
    const session = await journalled("01JD8Q4ZK3M5T7V9X1B3D5F7A0", prepared("/project/orders.ts"), {
      kind: "phase_finished",
      phase: "generate",
      durationMs: 1,
      output: generatedOf(0),
    });
    await assert.rejects(myriad.apply(session), hasCode("CHANGE_NOT_PROVED"));
  });

  it("gives the report of a session, or of the last one, where there is one", async () => {
    const report: SessionEvent = {
      kind: "phase_finished",
      phase: "report",
      durationMs: 1,
      output: outputsOf().report,
    };
    const session = await journalled("01JD8Q4ZK3M5T7V9X1B3D5F7B0", prepared("/project/orders.ts"), report);
    assert.equal((await myriad.report(session)).report, "/state/artifacts/report.html");
    await home.state.setLastSession(session);
    assert.equal((await myriad.report(null)).session, session);
    const without = await journalled("01JD8Q4ZK3M5T7V9X1B3D5F7B1");
    await assert.rejects(myriad.report(without), hasCode("REPORT_UNKNOWN"));
  });

  it("lists baselines and says which one is current", async () => {
    assert.deepEqual(await myriad.baselines("dedupe"), []);
    await assert.rejects(myriad.baseline("dedupe@1"), hasCode("BASELINE_UNKNOWN"));
    for (const [tag, session] of [
      ["dedupe@1", "s1"],
      ["dedupe@2", "s2"],
    ] as const) {
      await home.evidence.establish(tag, [baselineRowOf({ samplesSession: session })]);
      await home.evidence.recordSession({ ...startOf("burst"), session }, "no_baseline");
    }
    await myriad.promote("dedupe@2");
    await myriad.promote("dedupe@1");
    assert.deepEqual(
      (await myriad.baselines("dedupe")).map(({ tag, current }) => [tag, current]),
      [
        ["dedupe@1", true],
        ["dedupe@2", false],
      ],
    );
    assert.deepEqual(await myriad.baselines("another"), []);
    await assert.rejects(myriad.promote("dedupe@9"), hasCode("BASELINE_UNKNOWN"));
  });
});
