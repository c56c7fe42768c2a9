import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import { agentActor } from "../../../actors/agent/agent-actor.ts";
import type { AgentMessage, AgentReport } from "../../../actors/agent/agent-actor.ts";
import { phaseAgent } from "../../../actors/agent/agent.ts";
import type { AgentCall } from "../../../actors/agent/agent.ts";
import type { Services } from "../../../actors/agent/services.ts";
import { actorError } from "../../../actors/errors.ts";
import type { Reward } from "../../../actors/workflow/session-document.ts";
import type { WireError } from "../../../runtime/contracts/index.ts";
import type { ActorRef } from "../../../runtime/index.ts";
import { createTestSystem } from "../../../runtime/testkit/index.ts";
import type { Probe, TestSystem } from "../../../runtime/testkit/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { forkOf, outputsOf, sessionOf } from "../../kit/session.ts";

const NO_SERVICES = {} as Services;
const TASK = { phase: "reward", session: sessionOf("run") } as const;
const { reward: OUTPUT } = outputsOf();

/** One execution of the scripted agent, which ends as the test says. */
interface Execution {
  readonly call: AgentCall;
  readonly finish: (output: Reward) => void;
  readonly fail: (error: unknown) => void;
}

describe("an agent's actor", () => {
  let world: TestSystem;
  let workflow: Probe<AgentReport>;
  let agent: ActorRef<AgentMessage>;
  let executions: Execution[];

  beforeEach(() => {
    world = createTestSystem();
    workflow = world.probe<AgentReport>();
    executions = [];
    const scripted = phaseAgent(
      "rewarder",
      "reward",
      (_task, _services, call) =>
        new Promise<Reward>((finish, fail) => void executions.push({ call, finish, fail })),
    );
    agent = world.system.spawn(agentActor, { agent: scripted, services: NO_SERVICES });
  });
  afterEach(() => world.system.shutdown());

  const execute = async (): Promise<Execution> => {
    agent.tell({ kind: "execute", task: TASK, workflow: workflow.ref });
    await world.settle();
    return executions.at(-1)!;
  };
  const failure = async (): Promise<WireError> => {
    const report = await workflow.expectMessage();
    assert.equal(report.kind, "phase_failed");
    return report.error;
  };

  it("reports the output and how long it took, once", async () => {
    const { finish } = await execute();
    await world.advance(1_500);
    finish(OUTPUT);
    const report = { kind: "phase_done", phase: "reward", durationMs: 1_500, output: OUTPUT };
    assert.deepEqual(await workflow.expectMessage(), report);
    await workflow.expectNoMessage();
  });

  it("reports a coded error as it was thrown, and takes the next task", async () => {
    (await execute()).fail(actorError("INPUTS_TOO_FEW", "there are 2 inputs", { location: "task.yaml:3" }));
    const { code, message, location, hint } = await failure();
    assert.deepEqual([code, message, location], ["INPUTS_TOO_FEW", "there are 2 inputs", "task.yaml:3"]);
    assert.ok(hint);
    (await execute()).finish(OUTPUT);
    assert.equal((await workflow.expectMessage()).kind, "phase_done");
  });

  it("reports an agent that throws before it returns a promise", async () => {
    const hasty = phaseAgent("rewarder", "reward", () => {
      throw actorError("SESSION_FAULT", "at once");
    });
    const ref = world.system.spawn(agentActor, { agent: hasty, services: NO_SERVICES });
    ref.tell({ kind: "execute", task: TASK, workflow: workflow.ref });
    assert.equal((await failure()).code, "SESSION_FAULT");
    await workflow.expectNoMessage();
  });

  it("refuses a second task while it works, and finishes the first", async () => {
    const first = await execute();
    agent.tell({ kind: "execute", task: TASK, workflow: workflow.ref });
    assert.equal((await failure()).code, "SESSION_FAULT");
    assert.equal(executions.length, 1);
    assert.equal(first.call.signal.aborted, false);
    first.finish(OUTPUT);
    assert.equal((await workflow.expectMessage()).kind, "phase_done");
    await workflow.expectNoMessage();
  });

  it("refuses a phase that is not its own", async () => {
    agent.tell({ kind: "execute", task: { ...TASK, phase: "burst" }, workflow: workflow.ref });
    assert.equal((await failure()).code, "SESSION_FAULT");
    assert.equal(executions.length, 0);
  });

  it("called off aborts the signal, and reports the interruption whatever the agent then throws", async () => {
    const { call, fail } = await execute();
    agent.tell({ kind: "call_off" });
    await world.settle();
    assert.ok(call.signal.aborted);
    await workflow.expectNoMessage();
    fail(new Error("the sandbox was killed"));
    assert.equal((await failure()).code, "INTERRUPTED");
    await workflow.expectNoMessage();
  });

  it("called off too late still reports the output that was reached", async () => {
    const { finish } = await execute();
    agent.tell({ kind: "call_off" });
    await world.settle();
    finish(OUTPUT);
    assert.equal((await workflow.expectMessage()).kind, "phase_done");
  });

  it("called off while idle does not harm the next task", async () => {
    agent.tell({ kind: "call_off" });
    const { call, finish } = await execute();
    assert.equal(call.signal.aborted, false);
    finish(OUTPUT);
    assert.equal((await workflow.expectMessage()).kind, "phase_done");
  });

  it("stopped calls off what it was doing", async () => {
    const { call } = await execute();
    await world.system.stop(agent);
    assert.ok(call.signal.aborted);
    assert.ok(hasCode("INTERRUPTED")(call.signal.reason));
  });

  it("says which phase its progress is of", async () => {
    const { call } = await execute();
    call.progress({ done: 3, total: 10, unit: "candidates", text: null });
    assert.deepEqual(await workflow.expectMessage(), {
      kind: "progress",
      note: { phase: "reward", done: 3, total: 10, unit: "candidates", text: null },
    });
  });

  it("has kept a fork when the workflow says so, not sooner", async () => {
    const { call } = await execute();
    let kept = false;
    const keeping = call.keepFork(forkOf("candidate", 3)).then(() => (kept = true));
    const asked = await workflow.expectMessage();
    assert.equal(asked.kind, "keep_fork");
    await world.settle();
    assert.equal(kept, false);
    asked.reply.send(null);
    await keeping;
    assert.equal(kept, true);
  });

  it("fails to keep a fork at once when the workflow is gone", async () => {
    const { call } = await execute();
    await world.system.stop(workflow.ref);
    await assert.rejects(call.keepFork(forkOf("candidate", 3)), hasCode("ASK_TARGET_STOPPED"));
  });

  it("gives every task exactly one report, whatever is told to it and however tasks end", async () => {
    const anyMove = fc.constantFrom("execute", "call_off", "finish", "fail");
    await fc.assert(
      fc.asyncProperty(fc.array(anyMove, { maxLength: 20 }), async (moves) => {
        executions = [];
        let told = 0;
        const settledOnes = new Set<Execution>();
        for (const move of moves) {
          const open = executions.find((execution) => !settledOnes.has(execution));
          if (move === "execute") told++;
          if (move === "execute") agent.tell({ kind: "execute", task: TASK, workflow: workflow.ref });
          else if (move === "call_off") agent.tell({ kind: "call_off" });
          else if (open !== undefined) {
            settledOnes.add(open);
            if (move === "finish") open.finish(OUTPUT);
            else open.fail(new Error("no"));
          }
          await world.settle();
        }
        executions.forEach(({ fail }) => fail(new Error("the end")));
        for (let reports = 0; reports < told; reports++) {
          assert.match((await workflow.expectMessage()).kind, /^phase_(done|failed)$/);
        }
        await workflow.expectNoMessage();
      }),
      { numRuns: 40 },
    );
  });
});
