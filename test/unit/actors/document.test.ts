import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { verdictSentence } from "../../../actors/evidence/report-verdict.ts";
import { documentError, documentOf, emptyDocument } from "../../../actors/workflow/document.ts";
import { RESULT_JSON_SCHEMA } from "../../../actors/workflow/result-schema.ts";
import type { PhaseName, SessionDocument } from "../../../actors/workflow/session-document.ts";
import { PHASES } from "../../../actors/workflow/session-state.ts";
import type { PhaseOutputs, SessionCommand, SessionState } from "../../../actors/workflow/session-state.ts";
import type { Verdict } from "../../../kernels/statistics/index.ts";
import { actorError } from "../../../actors/errors.ts";
import { encodeError } from "../../../runtime/contracts/index.ts";
import {
  burstOutcomeOf,
  comparedOf,
  conditionsOf,
  ENVIRONMENT,
  failedGates,
  forkOf,
  forksOf,
  generatedOf,
  ISOLATION,
  MACHINE,
  outputsOf,
  preparedOf,
  rowOf,
  SESSION,
  sessionOf,
  versionOf,
  WRITTEN,
} from "../../kit/session.ts";

const isResult = new Ajv2020({ allErrors: true, strict: true }).compile(RESULT_JSON_SCHEMA);

/** The document as `--json` prints it, held against the schema. */
function documentFor(state: SessionState, error?: Parameters<typeof documentOf>[1]): SessionDocument {
  const document = documentOf(state, error);
  const printed = JSON.parse(JSON.stringify(document)) as SessionDocument;
  assert.ok(isResult(printed), JSON.stringify(isResult.errors));
  return printed;
}

/** A session that has come to its end, its phases as the command has them. */
function ended(
  command: SessionCommand,
  part: Partial<PhaseOutputs> = {},
  leftOut: readonly PhaseName[] = [],
): SessionState {
  const all = outputsOf(part);
  const phases = PHASES[command].filter((phase) => !leftOut.includes(phase));
  return sessionOf(command, {
    outputs: Object.fromEntries(phases.map((phase) => [phase, all[phase]])),
    durations: Object.fromEntries(phases.map((phase, index) => [phase, index + 0.5])),
    forks: forksOf("baseline", "candidate"),
  });
}

const judged = (verdict: Verdict, goal = rowOf()): Partial<PhaseOutputs> => ({
  compare: comparedOf({ verdict, rows: [goal] }),
  prepare: preparedOf({ other: versionOf("other") }),
});

describe("the document of a session", () => {
  it("says everything about an improved run", () => {
    const state = ended("run", { compare: comparedOf({ rows: [rowOf()] }) });
    const { phases, comparisons, gates, diff, environment, ...document } = documentFor(state);
    assert.deepEqual(document, {
      schema: "myriad.result/1",
      command: "run",
      session: SESSION,
      success: true,
      verdict: "improved",
      withheld: null,
      error: null,
      subject: {
        id: "dedupe",
        file: "/project/orders.ts",
        export: "dedupe",
        goal: "faster, with the same behaviour",
        candidate: null,
      },
      seed: 7,
      isolation: ISOLATION,
      noise: { label: "quiet", coefficientOfVariation: 0.01 },
      search: { candidates: 2, accepted: 1, history: [] },
      refusals: [],
      burst: {
        runs: 40,
        failures: 0,
        infraErrors: 0,
        wallMs: 2_000,
        sandboxesPerSecond: 40,
        batch: 2,
        measurement: null,
      },
      reward: outputsOf().reward,
      baseline: { from: null, to: "dedupe@1", candidate: "dedupe@2" },
      equivalence: outputsOf().equivalence,
      report: "/state/artifacts/report.html",
      warnings: [],
    });
    assert.deepEqual(environment, ENVIRONMENT);
    assert.deepEqual(comparisons, [JSON.parse(JSON.stringify(rowOf()))]);
    assert.equal(gates.length, 5);
    assert.deepEqual(
      phases.map(({ name, state: how, durationMs }) => [name, how, durationMs]),
      PHASES.run.map((name, index) => [name, "finished", index + 0.5]),
    );
    assert.match(diff!, /^--- a\/.*project\/orders\.ts/m);
    assert.match(diff!, /^-export const version = "subject";$/m);
    assert.match(diff!, /^\+export const version = "candidate 1";$/m);
  });

  it("tells what the forks were timed under, and warns of a version that was not warm", () => {
    const forks = forksOf("baseline", "candidate").map((fork) => {
      const cold = fork.version === "candidate" && fork.fork < 11;
      return { ...fork, conditions: conditionsOf(cold ? null : 50) };
    });
    const noise = { label: "noisy", coefficientOfVariation: 0.01, before: MACHINE, during: MACHINE } as const;
    const state = {
      ...ended("run", { compare: comparedOf({ rows: [rowOf()], noise, withheld: "unsteady" }) }),
      forks,
    };
    const document = documentFor(state);
    assert.equal(document.withheld, "unsteady");
    assert.deepEqual(document.noise!.during, MACHINE);
    const { versions, ...shared } = document.burst!.measurement!;
    assert.deepEqual(shared, {
      warmUpIterations: 150,
      stretch: 2,
      timer: { resolutionNs: 40, overheadNs: 100 },
    });
    assert.deepEqual(
      versions.map(({ version, unsteadyForks, steadyAfter }) => [version, unsteadyForks, steadyAfter]),
      [
        ["baseline", 0, 50],
        ["candidate", 11, 50],
      ],
    );
    // 12 ms over two iterations of two each.
    assert.equal(versions[0]!.cpuNs, 3_000_000);
    assert.deepEqual([versions[0]!.collections, versions[0]!.allocatedBytes], [4, 64]);
    assert.match(document.warnings![0]!, /^11 of 20 forks of the candidate were not steady/);
    assert.equal(document.warnings!.length, 1);
  });

  it("names the other function of a hand-written candidate, in the summary and in the diff", () => {
    const prepare = preparedOf({ other: versionOf("written") });
    const state = sessionOf("compare", { outputs: { prepare } }, WRITTEN);
    const { subject, diff } = documentFor(state);
    assert.equal(subject!.candidate, "/project/fast.ts#dedupe");
    assert.match(diff!, /^\+\+\+ b\/.*project\/fast\.ts/m);
  });

  it("has no diff where nothing changed", () => {
    const diffOf = (state: SessionState): string | null => documentFor(state).diff;
    assert.equal(diffOf(sessionOf("run")), null);
    assert.equal(
      diffOf(sessionOf("run", { outputs: { prepare: preparedOf(), generate: generatedOf(0) } })),
      null,
    );
    assert.equal(
      diffOf(sessionOf("compare", { outputs: { prepare: preparedOf({ other: versionOf("subject") }) } })),
      null,
    );
    assert.equal(diffOf(ended("burst", judged("improved"))), null);
  });

  for (const command of ["compare", "burst"] as const) {
    it(`of ${command} is a success when it is not worse`, () => {
      for (const [verdict, success] of [
        ["improved", true],
        ["non_inferior", true],
        ["inconclusive", false],
        ["regressed", false],
      ] as const) {
        const document = documentFor(ended(command, judged(verdict)));
        assert.deepEqual([document.verdict, document.success], [verdict, success]);
      }
    });
  }

  it("of a first burst is a success: there is a baseline now", () => {
    const document = documentFor(ended("burst", {}, ["compare"]));
    assert.deepEqual([document.verdict, document.success], ["no_baseline", true]);
    assert.equal(document.comparisons.length, 0);
    assert.equal(document.noise, null);
  });

  it("of run is a success only when the goal improved and nothing regressed", () => {
    const success = (verdict: Verdict, goal: ReturnType<typeof rowOf>): boolean =>
      documentFor(ended("run", judged(verdict, goal))).success;
    assert.equal(success("improved", rowOf("improved")), true);
    assert.equal(success("inconclusive", rowOf("improved")), true);
    assert.equal(success("regressed", rowOf("improved")), false);
    assert.equal(success("non_inferior", rowOf("non_inferior")), false);
    assert.equal(success("inconclusive", rowOf("inconclusive")), false);
  });

  it("of a refused candidate is rejected, with the phases behind the refusal skipped", () => {
    const rest = ["equivalence", "burst", "compare", "baseline"] as const;
    const document = documentFor(ended("run", { gates: failedGates() }, rest));
    assert.deepEqual([document.verdict, document.success, document.error], ["rejected", false, null]);
    assert.deepEqual(
      document.phases.filter(({ state }) => state === "skipped").map(({ name }) => name),
      rest,
    );
    assert.equal(document.gates.length, 4);
    assert.equal(document.burst, null);
    const falseProof = { burst: burstOutcomeOf({ falseProof: "candidate" }) };
    assert.equal(documentFor(ended("run", falseProof, ["compare", "baseline"])).success, false);
  });

  it("of a candidate that failed in the burst says why, though every gate passed", () => {
    const forks = [...forksOf("baseline"), forkOf("candidate", 0, { failures: 2 }), forkOf("candidate", 1)];
    const burst = burstOutcomeOf({ falseProof: "candidate" });
    const { prepare, generate, validate, gates, equivalence } = outputsOf();
    const outputs = { prepare, generate, validate, gates, equivalence, burst };
    const failed = documentFor(sessionOf("run", { outputs, forks }));
    assert.deepEqual(
      failed.refusals.map(({ candidate, phase }) => [candidate, phase]),
      [["candidate 1", "burst"]],
    );
    assert.match(failed.refusals[0]!.reason, /in the burst 2 of its sandboxes failed/);
    assert.match(verdictSentence(failed), /^The candidate is rejected: in the burst 2 of its sandboxes/);
    const limited = forkOf("candidate", 2, { failures: 1, brokenLimit: "a broken limit (memory, 64 MB)" });
    assert.match(
      documentFor(sessionOf("run", { outputs, forks: [limited] })).refusals[0]!.reason,
      /1 of its sandboxes failed: a broken limit \(memory, 64 MB\)$/,
    );
    const drifted = documentFor(sessionOf("run", { outputs, forks: forksOf("candidate") }));
    assert.match(verdictSentence(drifted), /rejected: in the burst it gave another result than/);
  });

  it("tells of every candidate that was refused, and counts the rewrites of the one that stands", () => {
    const chain = [["set"], ["set", "hoist"], ["set", "hoist", "fuse"]].map((rules, index) => ({
      ...generatedOf(3).chain[index]!,
      rules,
    }));
    const generate = { ...generatedOf(3), chain };
    const refusals = [
      { phase: "gates", reason: "a rule" },
      { phase: "burst", reason: "it failed" },
    ] as const;
    const state = sessionOf("run", { outputs: outputsOf({ generate }), attempt: 2, refusals });
    const document = documentFor(state);
    assert.deepEqual(document.refusals, [
      { candidate: "set + hoist + fuse", phase: "gates", reason: "a rule" },
      { candidate: "set + hoist", phase: "burst", reason: "it failed" },
    ]);
    assert.equal(document.search!.accepted, 1);
  });

  it("of a run in which nothing was found is inconclusive and no success", () => {
    const state = sessionOf("run", { outputs: { prepare: preparedOf(), generate: generatedOf(0) } });
    const { verdict, success, search } = documentFor(state);
    assert.deepEqual([verdict, success, search!.accepted], ["inconclusive", false, 0]);
  });

  it("counts failures of every fork, and runs a version where both were measured", () => {
    const forks = [
      forkOf("baseline", 0),
      forkOf("candidate", 0, { failures: 2 }),
      forkOf("candidate", 1, { failures: 1 }),
    ];
    const state = {
      ...ended("run", { burst: burstOutcomeOf({ infraErrors: 3, wallMs: 0 }) }),
      forks: [...forks, forkOf("baseline", 1)],
    };
    const { burst } = documentFor(state);
    assert.deepEqual([burst!.runs, burst!.failures, burst!.infraErrors], [4, 3, 3]);
    assert.ok(Number.isFinite(burst!.sandboxesPerSecond));
    const alone = { ...ended("burst", {}, ["compare"]), forks: forksOf("candidate") };
    assert.equal(documentFor(alone).burst!.runs, 40);
  });

  it("of a failed session tells the error and has neither verdict nor success", () => {
    const error = encodeError(
      actorError("SUBJECT_LIMIT_EXCEEDED", "an endless loop", { location: "input [1]" }),
    );
    const state = sessionOf("run", {
      outputs: { prepare: preparedOf() },
      failure: { phase: "generate", error },
    });
    const document = documentFor(state);
    assert.deepEqual([document.verdict, document.success], [null, false]);
    assert.deepEqual(document.error, {
      code: "SUBJECT_LIMIT_EXCEEDED",
      message: "an endless loop",
      hint: "give smaller inputs, or mend the loop; behaviour is first looked at in realm, an interpreter that can be a hundred times slower",
      location: "input [1]",
    });
    assert.deepEqual(
      document.phases.slice(0, 3).map(({ state: how }) => how),
      ["finished", "failed", "pending"],
    );
  });

  it("of a session that was called off tells so, whatever it had reached", () => {
    const error = encodeError(actorError("INTERRUPTED", "called off"));
    const document = documentFor(
      ended("run", { compare: comparedOf({ rows: [rowOf()] }) }, ["report"]),
      error,
    );
    assert.deepEqual(
      [document.error!.code, document.verdict, document.success],
      ["INTERRUPTED", null, false],
    );
    assert.equal(document.comparisons.length, 1);
  });

  it("of a session that has only begun is valid and says that all is to come", () => {
    for (const command of ["run", "compare", "burst"] as const) {
      const { phases, isolation, burst } = documentFor(sessionOf(command));
      assert.deepEqual(
        phases,
        PHASES[command].map((name) => ({ name, state: "pending", durationMs: 0 })),
      );
      assert.deepEqual([isolation, burst], [null, null]);
    }
  });
});

describe("a document without a session", () => {
  it("is valid for every command, with an error or with baselines", () => {
    const error = documentError(encodeError(actorError("TASK_INVALID", "no subject")));
    const baselines = [
      {
        tag: "dedupe@1",
        caseId: "dedupe",
        subject: "orders.ts#dedupe",
        metric: "wall_time",
        unit: "ns",
        mean: 1,
        stdDev: 0.1,
        n: 20,
        ci99: [0.9, 1.1] as const,
        current: true,
        createdAt: "2026-11-21T10:57:07.000Z",
        fingerprint: "8f14e45fceea167a",
      },
    ];
    for (const command of ["run", "burst", "compare", "baseline", "report"] as const) {
      const document = emptyDocument(command, ENVIRONMENT);
      assert.equal(document.success, false);
      for (const part of [{}, { error }, { baselines }]) assert.ok(isResult({ ...document, ...part }));
    }
  });

  it("is refused by the schema when a field is missing or of another kind", () => {
    const document: Readonly<Record<string, unknown>> = { ...emptyDocument("run", ENVIRONMENT) };
    for (const field of Object.keys(document)) {
      const rest = Object.entries(document).filter(([name]) => name !== field);
      assert.equal(isResult(Object.fromEntries(rest)), false, `without ${field}`);
      assert.equal(isResult({ ...document, [field]: Symbol("other") }), false, `another ${field}`);
    }
    assert.ok(isResult({ ...document, addedLater: true }));
  });
});
