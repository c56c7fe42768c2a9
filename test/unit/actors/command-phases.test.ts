import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { commandTask, completeTask } from "../../../actors/workflow/task.ts";
import type { TaskOverrides } from "../../../actors/workflow/task.ts";
import { examiner } from "../../../actors/evidence/examiner.ts";
import { verdictSentence } from "../../../actors/evidence/report-verdict.ts";
import { emptyDocument } from "../../../actors/workflow/document.ts";
import { preparer } from "../../../actors/workflow/preparation.ts";
import { storedCommand } from "../../../actors/command/command-program.ts";
import type { SessionCommand, SessionState } from "../../../actors/workflow/session-state.ts";
import type { Observation } from "../../../kernels/sandbox/index.ts";
import { MyriadError } from "../../../runtime/contracts/index.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { scriptedEngine } from "../../kit/scripted-engine.ts";
import type { ScriptedEngine } from "../../kit/scripted-engine.ts";
import { callOf, openKept, servicesOf } from "../../kit/services.ts";
import { ENVIRONMENT, preparedOf, returned, rowOf, sessionOf, versionOf } from "../../kit/session.ts";

type Run = (run: number) => Observation;

const SEVEN: Run = () => returned("exit code 0, stdout: 7");

/** Each version's runs are observed in one request. */
function engineOf(observe: Run): ScriptedEngine {
  return scriptedEngine({ name: "process", observe: ({ index }) => observe(index) });
}

function sessionAbout(
  lines: readonly string[],
  command: SessionCommand = "compare",
  overrides: TaskOverrides = {},
): SessionState {
  return sessionOf(command, {}, commandTask(lines, {}, "/project", overrides));
}

async function prepare(session: SessionState, observe: Run = SEVEN) {
  const home = await openKept();
  const isolate = engineOf(observe);
  const services = servicesOf({ ...home, measuring: isolate, clock: new VirtualClock() });
  try {
    return { prepared: await preparer.execute({ phase: "prepare", session }, services, callOf()), isolate };
  } finally {
    await home.close();
  }
}

describe("preparing commands", () => {
  it("runs the subject three times, and takes both as programs of their own", async () => {
    const { prepared, isolate } = await prepare(sessionAbout(["sh -c 'echo 7'", "echo 7"]));
    assert.deepEqual(storedCommand(prepared.subject.program).words, ["sh", "-c", "echo 7"]);
    assert.deepEqual([prepared.subject.label, prepared.other!.label], ["sh -c 'echo 7'", "echo 7"]);
    assert.equal(storedCommand(prepared.other!.program).compared, "output");
    assert.deepEqual([prepared.sealedBatch.length, prepared.sealed.length], [1, 0]);
    assert.deepEqual(
      isolate.observed.map(({ inputs, order }) => `${inputs.length} ${order}`),
      ["3 alone"],
    );
    assert.equal((await prepare(sessionAbout(["echo 7"], "burst"))).prepared.other, null);
  });

  it("refuses what fails, what breaks a limit, and what says something else each time", async () => {
    for (const [code, observe] of [
      ["SUBJECT_COMMAND_FAILED", () => ({ outcome: "threw", text: "exit code 2, stderr: no file" })],
      ["SUBJECT_LIMIT_EXCEEDED", () => ({ outcome: "limit_exceeded", text: "wall" })],
      ["SUBJECT_NONDETERMINISTIC", (run) => returned(`exit code 0, stdout: ${run}`)],
    ] as const satisfies readonly (readonly [string, Run])[]) {
      await assert.rejects(prepare(sessionAbout(["x", "y"]), observe), hasCode(code));
    }
  });

  it("says of what it refuses what is to be done about the command: its limit, what is in its sandbox", async () => {
    const told = async (observation: Observation): Promise<MyriadError> => {
      const limits = { wallSeconds: 5 };
      const task = completeTask(
        { id: "x", subject: { command: "x" }, limits },
        { source: null, base: "/project", directory: "/project" },
      );
      const thrown: unknown = await prepare(sessionOf("burst", {}, task), () => observation).catch(
        (error: unknown) => error,
      );
      assert.ok(thrown instanceof MyriadError);
      return thrown;
    };
    const slept = await told({ outcome: "limit_exceeded", text: "a broken limit (wall time, 5 s)" });
    assert.equal(slept.message, "the command ended with a broken limit (wall time, 5 s)");
    assert.match(
      slept.hint ?? "",
      /no network to wait for; or raise the task's limits\.wallSeconds, to 60 s/,
    );
    assert.equal(slept.location, "x (in /project)");
    const absent = await told({ outcome: "threw", text: "exit code 127" });
    assert.match(absent.hint ?? "", /\/usr\/bin.* in the working folder no file,/);
  });

  it("looks at exit codes alone where behaviour may change", async () => {
    const { prepared } = await prepare(sessionAbout(["x", "y"], "compare", { behaviour: "may_change" }));
    assert.equal(storedCommand(prepared.subject.program).compared, "exit_code");
  });
});

describe("examining commands", () => {
  async function examine(before: Run, after: Run, overrides: TaskOverrides = {}) {
    const prepare = preparedOf({ subject: versionOf("before"), other: versionOf("after") });
    const session = { ...sessionAbout(["x", "y"], "compare", overrides), outputs: { prepare } };
    const isolate = scriptedEngine({
      name: "process",
      observe: ({ program, index }) => (program === "before" ? before : after)(index),
    });
    return await examiner.execute(
      { phase: "equivalence", session },
      servicesOf({ measuring: isolate, clock: new VirtualClock() }),
      callOf(),
    );
  }

  it("says that exit codes alone were compared, and nowhere that what they did was the same", async () => {
    assert.equal((await examine(SEVEN, SEVEN)).exitCodesAlone, undefined);
    const equivalence = await examine(SEVEN, SEVEN, { behaviour: "may_change" });
    assert.equal(equivalence.exitCodesAlone, true);
    const document = { ...emptyDocument("compare", ENVIRONMENT), verdict: "improved", equivalence } as const;
    const sentence = verdictSentence({ ...document, comparisons: [rowOf("improved")] });
    assert.match(sentence, /; only their exit codes were compared, not what they print\.$/);
  });

  it("finds two the same whose first runs end the same", async () => {
    const { disagreements, inputs, engines, clean } = await examine(SEVEN, SEVEN);
    assert.deepEqual(
      { disagreements, inputs, engines, clean },
      {
        disagreements: 0,
        inputs: 3,
        engines: ["process"],
        clean: true,
      },
    );
  });

  it("shows the first run that differs, and whether a limit was broken", async () => {
    const odd = await examine(SEVEN, (run) => (run === 1 ? returned("exit code 0, stdout: 8") : SEVEN(run)));
    assert.deepEqual([odd.disagreements, odd.clean], [1, true]);
    assert.deepEqual(odd.counterexamples[0], {
      input: "run 2",
      engine: "process",
      subject: "exit code 0, stdout: 7",
      candidate: "exit code 0, stdout: 8",
      shrunkFrom: 0,
      shrunkTo: 0,
    });
    const broken = await examine(SEVEN, () => ({ outcome: "limit_exceeded", text: "wall" }));
    // Behind a broken limit no run is waited for.
    assert.deepEqual([broken.clean, broken.disagreements, broken.inputs], [false, 1, 1]);
  });
});
