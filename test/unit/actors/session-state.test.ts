import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  applyEvent,
  comparedVersions,
  EMPTY_SESSION,
  isSkipped,
  nextStep,
  otherVersion,
  PHASES,
  refusalOf,
  verdictOf,
} from "../../../actors/workflow/session-state.ts";
import type {
  NextStep,
  PhaseOutputs,
  SessionCommand,
  SessionEvent,
  SessionState,
} from "../../../actors/workflow/session-state.ts";
import type { PhaseName } from "../../../actors/workflow/session-document.ts";
import type { Task } from "../../../actors/workflow/task.ts";
import type { MetricVerdict, Verdict } from "../../../kernels/statistics/index.ts";
import { encodeError } from "../../../runtime/contracts/index.ts";
import {
  burstOutcomeOf,
  comparedOf,
  failedGates,
  forkOf,
  generatedOf,
  outputsOf,
  preparedOf,
  sessionOf,
  startOf,
  versionOf,
  WRITTEN,
} from "../../kit/session.ts";

type Refusing = "gates" | "equivalence" | "burst";
/** How one candidate fares: where it is refused, else what the comparison says. */
type Fate = Refusing | MetricVerdict;

const EQUIVALENT = outputsOf().equivalence;

function outputsFor(fate: Fate): PhaseOutputs {
  switch (fate) {
    case "gates":
      return outputsOf({ gates: failedGates() });
    case "equivalence":
      return outputsOf({ equivalence: { ...EQUIVALENT, disagreements: 3 } });
    case "burst":
      return outputsOf({ burst: burstOutcomeOf({ falseProof: "candidate" }) });
    default:
      return outputsOf({ compare: comparedOf({ verdict: fate }) });
  }
}

interface Story {
  readonly command: SessionCommand;
  readonly task?: Partial<Task>;
  /** Of generate, and of prepare, where they are not the usual ones. */
  readonly outputs?: Partial<PhaseOutputs>;
  /** One a candidate, in the order in which they are tried. */
  readonly fates: readonly Fate[];
  /** How often each phase fails before it comes to an end. */
  readonly stops?: Partial<Record<PhaseName, number>>;
}

interface Life {
  readonly events: readonly SessionEvent[];
  /** Before each event after the first: the state, and the step that was taken in it. */
  readonly moments: readonly { readonly state: SessionState; readonly step: NextStep }[];
  readonly phases: readonly PhaseName[];
  readonly end: SessionState;
}

const MOST_STEPS = 200;

/** Lives a session to its end by nothing but `nextStep` and `applyEvent`; states are frozen on the way. */
function live({ command, task = {}, outputs = {}, fates, stops = {} }: Story): Life {
  const left = { ...stops };
  const events: SessionEvent[] = [];
  const moments: { state: SessionState; step: NextStep }[] = [];
  const phases: PhaseName[] = [];
  let state = EMPTY_SESSION;
  const apply = (event: SessionEvent): void => {
    events.push(event);
    state = deepFreeze(applyEvent(state, event));
  };
  apply({ kind: "session_started", start: startOf(command, task) });
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const step = nextStep(state);
    moments.push({ state, step });
    if (step.kind === "end") {
      apply({ kind: "session_ended", verdict: step.verdict });
      return { events, moments, phases, end: state };
    }
    if (step.kind === "refuse") {
      apply({ kind: "candidate_refused", phase: step.phase, reason: step.reason });
      continue;
    }
    const { phase } = step;
    if ((left[phase] ?? 0) > 0) {
      left[phase]--;
      apply({ kind: "session_failed", phase, error: encodeError(new Error("stopped")) });
      continue;
    }
    phases.push(phase);
    if (phase === "burst") apply({ kind: "fork_finished", fork: forkOf("candidate", state.attempt) });
    const output = { ...outputsFor(fates[state.attempt] ?? "improved"), ...outputs }[phase];
    apply({ kind: "phase_finished", phase, durationMs: 10, output });
  }
  throw new Error(`it never ended: ${phases.join(" ")}`);
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

const before = (phase: Refusing): readonly PhaseName[] =>
  (["validate", "gates", "equivalence", "burst"] as const).slice(
    0,
    ["gates", "equivalence", "burst"].indexOf(phase) + 2,
  );
const isRefusing = (fate: Fate | undefined): fate is Refusing =>
  fate === "gates" || fate === "equivalence" || fate === "burst";

/** The phases and the verdict of a `run` over a chain, said a second time in another way. */
function expectedRun(fates: readonly Fate[]): {
  readonly phases: readonly PhaseName[];
  readonly verdict: Verdict;
} {
  const tried = fates.slice(0, 8);
  if (tried.length === 0) return { phases: ["prepare", "generate", "report"], verdict: "inconclusive" };
  const good = tried.findIndex((fate) => !isRefusing(fate));
  const refused = (good < 0 ? tried : tried.slice(0, good)).filter(isRefusing);
  const phases: PhaseName[] = ["prepare", "generate", ...refused.flatMap(before)];
  if (good < 0) return { phases: [...phases, "reward", "report"], verdict: "rejected" };
  return {
    phases: [...phases, ...before("burst"), "compare", "reward", "baseline", "report"],
    verdict: tried[good] as MetricVerdict,
  };
}

const anyFate = fc.constantFrom<Fate>(
  "gates",
  "equivalence",
  "burst",
  "improved",
  "regressed",
  "inconclusive",
);
const anyStops = fc.dictionary(
  fc.constantFrom(...PHASES.run),
  fc.integer({ min: 0, max: 3 }),
) as fc.Arbitrary<Partial<Record<PhaseName, number>>>;

describe("a session", () => {
  it("of run goes through all ten phases in order and ends with the comparison's verdict", () => {
    const { phases, end } = live({ command: "run", fates: ["improved"] });
    assert.deepEqual(phases, PHASES.run);
    assert.equal(end.ended, "improved");
  });

  it("of compare shows equivalence before it measures", () => {
    const outputs = { prepare: preparedOf({ other: versionOf("right") }) };
    const { phases, end } = live({ command: "compare", task: WRITTEN, outputs, fates: ["non_inferior"] });
    assert.deepEqual(phases, ["prepare", "equivalence", "burst", "compare", "report"]);
    assert.equal(end.ended, "non_inferior");
  });

  it("of compare whose versions disagree is rejected without a single fork", () => {
    const outputs = { prepare: preparedOf({ other: versionOf("right") }) };
    const { phases, end } = live({ command: "compare", task: WRITTEN, outputs, fates: ["equivalence"] });
    assert.deepEqual(phases, ["prepare", "equivalence", "report"]);
    assert.equal(end.ended, "rejected");
    assert.equal(end.forks.length, 0);
  });

  it("of burst compares with the stored baseline, and has nothing to compare with where there is none", () => {
    const stored = { prepare: preparedOf({ other: versionOf("dedupe@1") }) };
    const second = live({ command: "burst", outputs: stored, fates: ["regressed"] });
    assert.deepEqual(second.phases, ["prepare", "equivalence", "burst", "compare", "baseline", "report"]);
    assert.equal(second.end.ended, "regressed");
    const first = live({ command: "burst", fates: ["improved"] });
    assert.deepEqual(first.phases, ["prepare", "burst", "baseline", "report"]);
    assert.equal(first.end.ended, "no_baseline");
  });

  it("in which nothing was found ends inconclusive, with a report and nothing judged", () => {
    const { phases, end } = live({ command: "run", outputs: { generate: generatedOf(0) }, fates: [] });
    assert.deepEqual(phases, ["prepare", "generate", "report"]);
    assert.equal(end.ended, "inconclusive");
  });

  it("tries the candidates of a chain from the last one back, until one is not refused", () => {
    const { moments, end } = live({
      command: "run",
      outputs: { generate: generatedOf(4) },
      fates: ["gates", "burst", "improved"],
    });
    const validated = moments
      .filter(({ step }) => step.kind === "phase" && step.phase === "validate")
      .map(({ state }) => otherVersion(state)!.label);
    assert.deepEqual(validated, ["candidate 4", "candidate 3", "candidate 2"]);
    assert.deepEqual(
      end.refusals.map(({ phase }) => phase),
      ["gates", "burst"],
    );
    assert.match(end.refusals[0]!.reason, /^constraint_compliance: 1 of 2 rules violated$/);
    assert.equal(end.ended, "improved");
  });

  it("tries at most eight candidates, then is rejected", () => {
    const { phases, end } = live({
      command: "run",
      outputs: { generate: generatedOf(12) },
      fates: Array.from({ length: 12 }, () => "equivalence" as const),
    });
    assert.equal(phases.filter((phase) => phase === "validate").length, 8);
    assert.equal(otherVersion(end)!.label, "candidate 5");
    assert.equal(end.ended, "rejected");
    assert.deepEqual(phases.slice(-2), ["reward", "report"]);
  });

  it("whose hand-written candidate is refused has no other one", () => {
    const prepare = preparedOf({ other: versionOf("fast.ts#dedupe") });
    for (const fate of ["gates", "equivalence", "burst"] as const) {
      const { end, phases } = live({ command: "run", task: WRITTEN, outputs: { prepare }, fates: [fate] });
      assert.equal(end.ended, "rejected");
      assert.equal(end.attempt, 0);
      assert.ok(!phases.includes("compare") && !phases.includes("baseline"));
    }
  });

  it("goes on over other results where a comparison allows them, unless a limit was broken", () => {
    const equivalence = { ...outputsOf().equivalence, disagreements: 2 };
    const refused = (task: Partial<Task>, clean: boolean, command: SessionCommand = "compare"): boolean =>
      refusalOf(
        sessionOf(
          command,
          { outputs: { prepare: preparedOf(), equivalence: { ...equivalence, clean } } },
          task,
        ),
      ) !== null;
    assert.equal(refused({ behaviour: "may_change" }, true), false);
    assert.equal(refused({ behaviour: "may_change" }, false), true);
    assert.equal(refused({ behaviour: "same" }, true), true);
    assert.equal(refused({ behaviour: "may_change" }, true, "run"), true);
  });

  it("keeps forks of the candidate that is measured only, and adds up what its attempts took", () => {
    const { end } = live({
      command: "run",
      outputs: { generate: generatedOf(3) },
      fates: ["burst", "burst", "improved"],
    });
    assert.deepEqual(
      end.forks.map(({ fork }) => fork),
      [2],
    );
    assert.equal(end.durations.burst, 30);
    assert.equal(end.durations.prepare, 10);
  });

  it("forgets a stop as soon as anything else happened", () => {
    const stopped: SessionEvent = {
      kind: "session_failed",
      phase: "burst",
      error: encodeError(new Error("full")),
    };
    const state = applyEvent(sessionOf("run", { outputs: { prepare: preparedOf() } }), stopped);
    assert.equal(state.failure?.phase, "burst");
    const later: readonly SessionEvent[] = [
      { kind: "fork_finished", fork: forkOf("baseline", 0) },
      { kind: "phase_finished", phase: "generate", durationMs: 1, output: generatedOf(1) },
      { kind: "candidate_refused", phase: "gates", reason: "a rule" },
    ];
    for (const event of later) assert.equal(applyEvent(state, event).failure, null, event.kind);
  });

  it("over any chain, whatever becomes of each candidate and wherever it is stopped: the same phases, each once", () => {
    fc.assert(
      fc.property(fc.array(anyFate, { maxLength: 12 }), anyStops, (fates, stops) => {
        const story = {
          command: "run",
          outputs: { generate: generatedOf(fates.length) },
          fates,
          stops,
        } as const;
        const { phases, end } = live(story);
        const expected = expectedRun(fates);
        assert.deepEqual(phases, expected.phases);
        assert.equal(end.ended, expected.verdict);
      }),
    );
  });

  it("never measures a candidate that is refused, nor measures one again", () => {
    fc.assert(
      fc.property(fc.array(anyFate, { minLength: 1, maxLength: 12 }), anyStops, (fates, stops) => {
        const { moments } = live({
          command: "run",
          outputs: { generate: generatedOf(fates.length) },
          fates,
          stops,
        });
        for (const { state, step } of moments) {
          if (step.kind !== "phase") continue;
          assert.equal(state.outputs[step.phase], undefined);
          if (step.phase === "burst") assert.ok(!["gates", "equivalence"].includes(fates[state.attempt]!));
        }
      }),
    );
  });

  it("read back from any prefix of its events takes the same next step", () => {
    fc.assert(
      fc.property(fc.array(anyFate, { maxLength: 9 }), anyStops, fc.nat(), (fates, stops, cut) => {
        const { events } = live({
          command: "run",
          outputs: { generate: generatedOf(fates.length) },
          fates,
          stops,
        });
        const length = 1 + (cut % (events.length - 1));
        const fold = (kept: readonly SessionEvent[]): SessionState => kept.reduce(applyEvent, EMPTY_SESSION);
        const once = fold(events.slice(0, length));
        const again = fold(structuredClone(events.slice(0, length)));
        assert.deepEqual(again, once);
        const step = nextStep(again);
        const next = events[length]!;
        if (step.kind === "end") assert.deepEqual(next, { kind: "session_ended", verdict: step.verdict });
        else if (step.kind === "refuse") assert.equal(next.kind, "candidate_refused");
        else if (next.kind === "phase_finished" || next.kind === "session_failed")
          assert.equal(next.phase, step.phase);
        else assert.equal(step.phase === "burst" ? next.kind : step.phase, "fork_finished");
      }),
    );
  });
});

describe("what a session leaves out", () => {
  it("nothing is left out of a run whose candidate stands", () => {
    const session = sessionOf("run", { outputs: outputsOf() });
    assert.deepEqual(
      PHASES.run.filter((phase) => isSkipped(session, phase)),
      [],
    );
  });

  it("with a refused candidate: all that is behind the refusal, but not the reward and the report", () => {
    const session = sessionOf("run", { outputs: outputsOf({ gates: failedGates() }) });
    assert.deepEqual(
      PHASES.run.filter((phase) => isSkipped(session, phase)),
      ["gates", "equivalence", "burst", "compare", "baseline"],
    );
  });

  it("with nothing found: everything between the search and the report", () => {
    const session = sessionOf("run", { outputs: { prepare: preparedOf(), generate: generatedOf(0) } });
    assert.deepEqual(
      PHASES.run.filter((phase) => !isSkipped(session, phase)),
      ["prepare", "generate", "report"],
    );
  });
});

describe("a refusal", () => {
  it("names the gate and its reason, the number of disagreements, or the burst; the first of them counts", () => {
    const refusal = (part: Partial<PhaseOutputs>): unknown =>
      refusalOf(sessionOf("run", { outputs: outputsOf(part) }));
    assert.equal(refusal({}), null);
    const equivalence = { ...EQUIVALENT, disagreements: 3 };
    const burst = burstOutcomeOf({ falseProof: "candidate" });
    assert.deepEqual(refusal({ equivalence, burst }), {
      phase: "equivalence",
      reason: "it disagrees on 3 inputs",
    });
    assert.deepEqual(refusal({ gates: failedGates(), equivalence }), {
      phase: "gates",
      reason: "constraint_compliance: 1 of 2 rules violated",
    });
    assert.equal((refusal({ burst }) as { phase: string }).phase, "burst");
  });

  it("comes before every other verdict", () => {
    const outputs = outputsOf({ burst: burstOutcomeOf({ falseProof: "candidate" }) });
    assert.equal(verdictOf(sessionOf("run", { outputs })), "rejected");
  });
});

describe("the versions compared", () => {
  const labels = (session: SessionState): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(comparedVersions(session)).map(([side, { label }]) => [side, label]));

  it("of run and compare are the present code and the change to it", () => {
    const run = sessionOf("run", { outputs: outputsOf({ generate: generatedOf(2) }), attempt: 1 });
    assert.deepEqual(labels(run), { baseline: "subject", candidate: "candidate 1" });
    const prepare = preparedOf({ other: versionOf("right") });
    assert.deepEqual(labels(sessionOf("compare", { outputs: { prepare } })), {
      baseline: "subject",
      candidate: "right",
    });
  });

  it("of burst are the stored baseline and the present code, which stands alone the first time", () => {
    const prepare = preparedOf({ other: versionOf("dedupe@1") });
    assert.deepEqual(labels(sessionOf("burst", { outputs: { prepare } })), {
      baseline: "dedupe@1",
      candidate: "subject",
    });
    assert.deepEqual(labels(sessionOf("burst", { outputs: { prepare: preparedOf() } })), {
      candidate: "subject",
    });
  });

  it("of a run in which nothing was found is the present code alone", () => {
    const outputs = { prepare: preparedOf(), generate: generatedOf(0) };
    assert.deepEqual(labels(sessionOf("run", { outputs })), { baseline: "subject" });
  });

  it("bear the rules that made them", () => {
    const [link] = generatedOf(1).chain;
    const chain = [{ ...link!, rules: ["hoist-regex", "split-limit"] }];
    const outputs = outputsOf({ generate: { ...generatedOf(1), chain } });
    assert.equal(otherVersion(sessionOf("run", { outputs }))!.label, "hoist-regex + split-limit");
  });
});
