import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { agentActor } from "../../../actors/agent/agent-actor.ts";
import type { AgentMessage } from "../../../actors/agent/agent-actor.ts";
import type { Agent, ProgressNote } from "../../../actors/agent/agent.ts";
import type { Services } from "../../../actors/agent/services.ts";
import { actorError } from "../../../actors/errors.ts";
import { replay, replaySession, sessionStream } from "../../../actors/workflow/replay.ts";
import { PHASES } from "../../../actors/workflow/session-state.ts";
import type { SessionEvent, SessionStart, SessionState } from "../../../actors/workflow/session-state.ts";
import type { PhaseName } from "../../../actors/workflow/session-document.ts";
import { workflowActor } from "../../../actors/workflow/workflow.ts";
import type { WorkflowMessage } from "../../../actors/workflow/workflow.ts";
import { MyriadError, NO_STREAM } from "../../../runtime/contracts/index.ts";
import type { Journal } from "../../../runtime/contracts/index.ts";
import type { ActorRef } from "../../../runtime/index.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import type { TestSystem } from "../../../runtime/testkit/index.ts";
import { openMemoryJournal } from "../../../storage/index.ts";
import { hasCode, payloads } from "../../contract/journal-contract.ts";
import { scriptedJournal } from "../../kit/scripted-journal.ts";
import { burstOutcomeOf, forkOf, generatedOf, outputsOf, SESSION, startOf } from "../../kit/session.ts";

type Execute = Agent["execute"];
type Scripts = Partial<Record<PhaseName, Execute>>;

const NO_SERVICES = {} as Services;
const STREAM = sessionStream(SESSION);

/** Two forks a burst; those that the session holds already are not run again. Two candidates are refused before one stands. */
const REFUSED_TWICE: Scripts = {
  generate: () => Promise.resolve(generatedOf(3)),
  equivalence: ({ session }) => {
    const { equivalence } = outputsOf();
    return Promise.resolve({ ...equivalence, disagreements: session.attempt === 0 ? 2 : 0 });
  },
  burst: async ({ session }, _services, call) => {
    for (const fork of [0, 1]) {
      if (!session.forks.some((kept) => kept.fork === fork)) await call.keepFork(forkOf("candidate", fork));
    }
    return burstOutcomeOf({ falseProof: session.attempt === 1 ? "candidate" : null });
  },
};

describe("the workflow", () => {
  let world: TestSystem;
  /** Phases in the order in which agents were given them. */
  let begun: PhaseName[];
  let notes: ProgressNote[];
  let workflow: ActorRef<WorkflowMessage>;

  beforeEach(() => {
    world = createTestSystem();
    begun = [];
    notes = [];
  });
  afterEach(() => world.system.shutdown());

  const agentFor = (phase: PhaseName, script: Execute | undefined): ActorRef<AgentMessage> => {
    const agent: Agent = {
      name: phase,
      capabilities: [phase],
      canHandle: () => true,
      execute(...call) {
        begun.push(phase);
        return script === undefined ? Promise.resolve(outputsOf()[phase]) : script(...call);
      },
    };
    return world.system.spawn(agentActor, { agent, services: NO_SERVICES });
  };
  /** @param start null: resume. */
  const spawn = (
    journal: Journal,
    scripts: Scripts = {},
    start: SessionStart | null = startOf("run"),
  ): void => {
    const agents = Object.fromEntries(PHASES.run.map((phase) => [phase, agentFor(phase, scripts[phase])]));
    workflow = world.system.spawn(workflowActor, {
      journal,
      session: SESSION,
      start,
      agents: agents as Readonly<Record<PhaseName, ActorRef<AgentMessage>>>,
      onPhase: (phase, session) => assert.equal(session.outputs[phase], undefined),
      onProgress: (note) => notes.push(note),
    });
  };
  const ask = (): Promise<SessionState> => workflow.ask<SessionState>((reply) => ({ kind: "run", reply }));
  const run = (
    journal: Journal,
    scripts: Scripts = {},
    start?: SessionStart | null,
  ): Promise<SessionState> => {
    spawn(journal, scripts, start);
    return ask();
  };
  const eventsIn = async (journal: Journal): Promise<readonly SessionEvent[]> =>
    (await payloads(journal, STREAM)) as readonly SessionEvent[];
  const kindsIn = async (journal: Journal): Promise<readonly string[]> =>
    (await eventsIn(journal)).map(({ kind }) => kind);
  const journalOf = async (events: readonly SessionEvent[]): Promise<Journal> => {
    const journal = openMemoryJournal();
    await journal.append(STREAM, NO_STREAM, events);
    return journal;
  };

  for (const command of ["run", "compare", "burst"] as const) {
    it(`takes a ${command} through its phases, each journalled, and answers with what the journal holds`, async () => {
      const journal = openMemoryJournal();
      // The comparison is of the candidate that is always there; a burst of scripted agents has one too.
      const prepare: Execute = () =>
        Promise.resolve({ ...outputsOf().prepare, other: outputsOf().prepare.subject });
      const state = await run(journal, { prepare }, startOf(command));
      assert.deepEqual(begun, PHASES[command]);
      assert.deepEqual(await kindsIn(journal), [
        "session_started",
        ...PHASES[command].map(() => "phase_finished"),
        "session_ended",
      ]);
      assert.equal(state.ended, "improved");
      assert.deepEqual(await replaySession(journal, SESSION), state);
    });
  }

  it("begins nothing until the event before it is durable", async () => {
    const { journal, ...script } = scriptedJournal();
    script.hold();
    const ended = run(journal);
    const seen: number[] = [];
    for (let event = 0; event < 12; event++) {
      await world.settle();
      assert.equal(script.held(), 1, `append ${event}`);
      const before = begun.length;
      await world.settle();
      assert.equal(begun.length, before);
      seen.push(before);
      script.letGo();
    }
    assert.equal((await ended).ended, "improved");
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]);
  });

  it("keeps each fork once, one append after another, and says so only when it is durable", async () => {
    const { journal, ...script } = scriptedJournal();
    const kept: number[] = [];
    const keepBoth: Execute = async (_task, _services, call) => {
      script.hold();
      await Promise.all(
        [0, 1].map((fork) => call.keepFork(forkOf("candidate", fork)).then(() => kept.push(fork))),
      );
      return burstOutcomeOf();
    };
    const ended = run(journal, { burst: keepBoth });
    for (const before of [[], [0]]) {
      await world.settle();
      assert.equal(script.held(), 1);
      assert.deepEqual(kept, before);
      script.letGo();
    }
    await world.settle();
    assert.deepEqual(kept, [0, 1]);
    while (script.held() > 0) {
      script.letGo();
      await world.settle();
    }
    const state = await ended;
    assert.deepEqual(
      state.forks.map(({ fork }) => fork),
      [0, 1],
    );
    const kinds = await kindsIn(journal);
    assert.deepEqual(kinds.slice(6, 9), ["fork_finished", "fork_finished", "phase_finished"]);
    assert.equal(kinds.filter((kind) => kind === "fork_finished").length, 2);
  });

  it("begins nothing while anything waits to be kept, also when a phase ended before its forks were", async () => {
    const { journal, ...script } = scriptedJournal();
    const hasty: Execute = (_task, _services, call) => {
      script.hold();
      for (const fork of [0, 1]) void call.keepFork(forkOf("candidate", fork));
      return Promise.resolve(burstOutcomeOf());
    };
    const ended = run(journal, { burst: hasty });
    for (let append = 0; append < 3; append++) {
      await world.settle();
      assert.equal(begun.at(-1), "burst");
      script.letGo();
    }
    await world.settle();
    while (script.held() > 0) {
      script.letGo();
      await world.settle();
    }
    assert.equal((await ended).forks.length, 2);
    assert.deepEqual(begun, PHASES.run);
  });

  it("hands progress on", async () => {
    const generate: Execute = (_task, _services, call) => {
      call.progress({ done: 1, total: null, unit: "candidates", text: null });
      return Promise.resolve(generatedOf(1));
    };
    await run(openMemoryJournal(), { generate });
    assert.deepEqual(notes, [{ phase: "generate", done: 1, total: null, unit: "candidates", text: null }]);
  });

  it("keeps a failure in the journal, answers with it, begins nothing more and stops", async () => {
    const journal = openMemoryJournal();
    const watcher = world.probe();
    spawn(journal, {
      equivalence: () => Promise.reject(actorError("SUBJECT_LIMIT_EXCEEDED", "an endless loop")),
    });
    watcher.watch(workflow);
    const { failure, ended } = await ask();
    assert.equal(failure?.phase, "equivalence");
    assert.equal(failure.error.code, "SUBJECT_LIMIT_EXCEEDED");
    assert.equal(ended, null);
    assert.equal(begun.at(-1), "equivalence");
    assert.equal((await kindsIn(journal)).at(-1), "session_failed");
    assert.equal((await watcher.expectTerminated(workflow)).kind, "stopped");
  });

  it("called off in the middle of a phase stops it, and can be resumed", async () => {
    const journal = openMemoryJournal();
    const untilAborted: Execute = (_task, _services, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("killed")), { once: true });
      });
    spawn(journal, { burst: untilAborted });
    const stopped = ask();
    await world.settle();
    assert.equal(begun.at(-1), "burst");
    workflow.tell({ kind: "call_off" });
    const { failure, ended } = await stopped;
    assert.equal(failure?.error.code, "INTERRUPTED");
    assert.equal(failure.error.fault, "interrupted");
    assert.equal(ended, null);

    begun = [];
    const state = await run(journal, {}, null);
    assert.deepEqual(begun, ["burst", "compare", "reward", "baseline", "report"]);
    assert.equal(state.ended, "improved");
    assert.equal(state.failure, null);
  });

  it("called off while an event is on its way keeps the event and begins nothing more", async () => {
    const { journal, ...script } = scriptedJournal();
    const generate: Execute = () => {
      script.hold();
      return Promise.resolve(generatedOf(1));
    };
    const stopped = run(journal, { generate });
    await world.settle();
    workflow.tell({ kind: "call_off" });
    await world.settle();
    script.letGo();
    const { outputs, ended, failure } = await stopped;
    assert.ok(outputs.generate);
    assert.equal(ended, null);
    assert.equal(failure, null);
    assert.deepEqual(begun, ["prepare", "generate"]);
  });

  it("called off before it began leaves a session that can be resumed", async () => {
    const journal = openMemoryJournal();
    spawn(journal);
    workflow.tell({ kind: "call_off" });
    const { ended } = await ask();
    assert.equal(ended, null);
    assert.deepEqual(begun, []);
    assert.deepEqual(await kindsIn(journal), ["session_started"]);
  });

  it("ends the same, whichever event the journal was cut after, and carries out only what was unfinished", async () => {
    const whole = openMemoryJournal();
    const uncut = await run(whole, REFUSED_TWICE);
    const inAll = begun;
    const events = await eventsIn(whole);
    assert.deepEqual(
      new Set(events.map(({ kind }) => kind)),
      new Set(["session_started", "phase_finished", "candidate_refused", "fork_finished", "session_ended"]),
    );
    for (let length = 1; length <= events.length; length++) {
      begun = [];
      const kept = events.slice(0, length);
      const journal = await journalOf(kept);
      assert.deepEqual(await run(journal, REFUSED_TWICE, null), uncut, `cut after ${length}`);
      const finished = kept.filter(({ kind }) => kind === "phase_finished").length;
      assert.deepEqual(begun, inAll.slice(finished), `cut after ${length}`);
      assert.deepEqual(await eventsIn(journal), events, `cut after ${length}`);
    }
  });

  it("gets over the failure of an earlier run", async () => {
    const journal = openMemoryJournal();
    await run(journal, { burst: () => Promise.reject(new Error("the machine went down")) });
    begun = [];
    const state = await run(journal, {}, null);
    assert.equal(begun[0], "burst");
    assert.equal(state.ended, "improved");
  });

  const diskFull = (): Error =>
    new MyriadError("JOURNAL_WRITE_FAILED", "internal", "the disk is full", { hint: "free space" });

  for (const [place, phase] of [
    ["at its first event", null],
    ["in the middle", "gates"],
  ] as const) {
    it(`tells the asker what failed when the journal fails ${place}, and begins nothing more`, async () => {
      const { journal, ...script } = scriptedJournal();
      if (phase === null) script.refuse(diskFull);
      const refuse: Execute = () => {
        script.refuse(diskFull);
        return Promise.resolve(outputsOf().gates);
      };
      const watcher = world.probe();
      spawn(journal, { gates: refuse });
      watcher.watch(workflow);
      await assert.rejects(ask(), hasCode("JOURNAL_WRITE_FAILED"));
      assert.equal((await watcher.expectTerminated(workflow)).kind, "stopped");
      assert.equal(begun.at(-1), phase ?? undefined);
      assert.ok(!(await kindsIn(journal)).includes("session_failed"));
    });
  }

  it("calls off what runs when the journal fails, and fails the forks that wait to be kept", async () => {
    const { journal, ...script } = scriptedJournal();
    const failures: unknown[] = [];
    const signals: AbortSignal[] = [];
    const keepBoth: Execute = async (_task, _services, call) => {
      signals.push(call.signal);
      script.refuse(diskFull);
      const keeping = [0, 1].map((fork) =>
        call.keepFork(forkOf("candidate", fork)).catch((error: unknown) => failures.push(error)),
      );
      await Promise.all(keeping);
      return await new Promise(() => undefined);
    };
    await assert.rejects(run(journal, { burst: keepBoth }), hasCode("JOURNAL_WRITE_FAILED"));
    await world.settle();
    assert.equal(failures.filter(hasCode("ASK_TARGET_STOPPED")).length, 2);
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true],
    );
  });

  it("tells the asker when the journal cannot be read", async () => {
    const journal = await journalOf([{ kind: "session_started", start: startOf("run") }]);
    await journal.close();
    await assert.rejects(run(journal, {}, null), hasCode("JOURNAL_CLOSED"));
    assert.deepEqual(begun, []);
  });

  it("does not write over a session that another writer has gone on with", async () => {
    const journal = openMemoryJournal();
    const intrude: Execute = async () => {
      const { revision } = await replay(journal, SESSION);
      await journal.append(STREAM, revision, [{ kind: "session_ended", verdict: "improved" }]);
      return outputsOf().gates;
    };
    await assert.rejects(run(journal, { gates: intrude }), hasCode("JOURNAL_CONFLICT"));
    assert.equal(begun.at(-1), "gates");
  });
});
