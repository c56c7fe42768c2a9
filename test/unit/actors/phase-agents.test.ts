import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { readdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { generator } from "../../../actors/generation/generator.ts";
import { reporter } from "../../../actors/evidence/reporter.ts";
import { rewarder } from "../../../actors/evidence/rewarder.ts";
import { rewardOf } from "../../../actors/evidence/reward.ts";
import { auditor } from "../../../actors/workflow/auditor.ts";
import { gatekeeper } from "../../../actors/workflow/gatekeeper.ts";
import type { Reward } from "../../../actors/workflow/session-document.ts";
import type { PhaseOutputs, SessionState } from "../../../actors/workflow/session-state.ts";
import type { Task } from "../../../actors/workflow/task.ts";
import { auditKernel } from "../../../kernels/syntax/index.ts";
import type { AuditRequest } from "../../../kernels/syntax/index.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";
import { cleanAudit } from "../../kit/audit.ts";
import { scriptedExecutor } from "../../kit/scripted-executor.ts";
import { callOf, openKept, servicesOf } from "../../kit/services.ts";
import type { Kept } from "../../kit/services.ts";
import {
  baselineRowOf,
  comparedOf,
  ENVIRONMENT,
  failedGates,
  forksOf,
  generatedOf,
  outputsOf,
  preparedOf,
  rowOf,
  SESSION,
  sessionOf,
  sourceOf,
  versionOf,
  WRITTEN,
} from "../../kit/session.ts";

describe("the auditor", () => {
  const audited = async (session: SessionState): Promise<AuditRequest> => {
    const requests: AuditRequest[] = [];
    const audit = (request: AuditRequest): unknown => (requests.push(request), cleanAudit());
    const executor = scriptedExecutor({ [auditKernel.name]: audit });
    await auditor.execute({ phase: "validate", session }, servicesOf({ executor }), callOf());
    return requests[0]!;
  };

  it("holds the candidate of this attempt against the subject, by the rules of the task", async () => {
    const outputs = { prepare: preparedOf(), generate: generatedOf(3) };
    const task = { constraints: ["no-classes"] };
    const { ref } = preparedOf().info;
    assert.deepEqual(await audited(sessionOf("run", { outputs, attempt: 1 }, task)), {
      subject: { ref, source: sourceOf("subject") },
      candidate: { ref, source: sourceOf("candidate 2") },
      constraints: ["no-classes"],
    });
  });

  it("reads a hand-written candidate where it stands, so that its imports are found", async () => {
    const outputs = { prepare: preparedOf({ other: versionOf("written") }) };
    const { candidate } = await audited(sessionOf("run", { outputs }, WRITTEN));
    assert.deepEqual(candidate, { ref: WRITTEN.candidate, source: sourceOf("written") });
  });
});

describe("the generator", () => {
  it("takes a hand-written candidate as the whole chain, and searches nothing", async () => {
    const outputs = { prepare: preparedOf({ other: versionOf("written") }) };
    const session = sessionOf("run", { outputs }, WRITTEN);
    const { chain, summary } = await generator.execute(
      { phase: "generate", session },
      servicesOf({}),
      callOf(),
    );
    const { source, program } = versionOf("written");
    assert.deepEqual(chain, [{ source, program, rules: ["written"] }]);
    assert.deepEqual(summary, { candidates: 1, accepted: 1, history: [] });
  });
});

describe("the gatekeeper", () => {
  it("evaluates the four gates before the burst on the audit", async () => {
    const session = sessionOf("run", { outputs: { validate: cleanAudit() } });
    const gates = await gatekeeper.execute({ phase: "gates", session }, servicesOf({}), callOf());
    assert.deepEqual(gates, outputsOf().gates);
    assert.equal(gates.length, 4);
  });
});

describe("the rewarder", () => {
  const reward = (part: Partial<PhaseOutputs>, { compare = true } = {}): Promise<Reward> => {
    const all = outputsOf(part);
    const outputs = {
      ...(compare ? { compare: all.compare } : {}),
      validate: all.validate,
      gates: all.gates,
    };
    const session = sessionOf("run", {
      outputs: { ...outputs, prepare: all.prepare, generate: all.generate },
    });
    return rewarder.execute({ phase: "reward", session }, servicesOf({}), callOf());
  };

  it("takes off what a regression costs, and nothing for any other verdict", async () => {
    const better = await reward({});
    assert.deepEqual(better, rewardOf(cleanAudit(), comparedOf().gates, false));
    const worse = await reward({ compare: comparedOf({ verdict: "regressed" }) });
    assert.equal(worse.total, better.total - 5);
    assert.equal((await reward({ compare: comparedOf({ verdict: "inconclusive" }) })).total, better.total);
  });

  it("scores a candidate that was refused by the gates it reached", async () => {
    assert.deepEqual(
      await reward({ gates: failedGates() }, { compare: false }),
      rewardOf(cleanAudit(), failedGates(), false),
    );
  });
});

describe("the reporter", () => {
  let home: Kept;
  before(async () => (home = await openKept()));
  after(() => home.close());

  async function report(
    session: SessionState,
  ): Promise<{ readonly markdown: string; readonly files: readonly string[] }> {
    const services = servicesOf({ ...home, clock: new VirtualClock(1_700_000_000_000) });
    const { html, markdown } = await reporter.execute({ phase: "report", session }, services, callOf());
    assert.match(await readFile(html, "utf8"), /^<!doctype html>/i);
    return { markdown: await readFile(markdown, "utf8"), files: (await readdir(dirname(html))).toSorted() };
  }
  const run = (task: Partial<Task>, part: Partial<PhaseOutputs> = {}): SessionState => {
    const outputs = outputsOf({ compare: comparedOf({ rows: [rowOf()] }), ...part });
    return sessionOf("run", { outputs, forks: forksOf("baseline", "candidate") }, task);
  };

  it("keeps HTML, Markdown and the change with the session, and tells the database the verdict", async () => {
    const { files, markdown } = await report(run({}));
    assert.deepEqual(files, ["change.diff", "report.html", "report.md"]);
    assert.match(markdown, /6 examples of the task/);
    const kept = await home.state.analytics.session(SESSION);
    assert.equal(kept?.verdict, "improved");
    const change = await home.state.readArtifact(SESSION, "change.diff");
    assert.match(Buffer.from(change).toString(), /^\+export const version = "candidate 1";$/m);
  });

  it("shows the kept versions of the case on this machine, once there are two", async () => {
    const id = "with-a-history";
    const establish = (n: number, mean: number, environment = ENVIRONMENT): Promise<void> =>
      home.evidence.establish(`${id}@${n}`, [
        baselineRowOf({ caseId: id, samplesSession: `s${n}`, mean, environment, createdAt: n }),
      ]);
    await establish(1, 100);
    await establish(2, 700, { ...ENVIRONMENT, fingerprint: "another machine" });
    assert.doesNotMatch((await report(run({ id }))).markdown, /History/);
    await establish(3, 300);
    const { markdown } = await report(run({ id }));
    assert.match(markdown, /It went from 100 ns \(@\u200b1, .*\) to 300 ns \(@\u200b3, /);
    assert.doesNotMatch(markdown, /@\u200b2/);
  });

  it("shows what another tool measured in no history", async () => {
    const id = "with-foreign-versions";
    const rows = [1, 2].map((n) => baselineRowOf({ caseId: id, samplesSession: `t${n}`, tool: "jmh" }));
    for (const [index, row] of rows.entries()) await home.evidence.establish(`${id}@${index + 1}`, [row]);
    assert.doesNotMatch((await report(run({ id }))).markdown, /History/);
  });

  for (const [what, session, command] of [
    ["a quick form", run({}), "myriad run /project/orders.ts#dedupe --seed 7 --runs 40"],
    [
      "a burst that might have ended early",
      run({ stopEarly: true }),
      "myriad run /project/orders.ts#dedupe --seed 7 --runs 40 --stop-early",
    ],
    [
      "a task file",
      run({ source: "/project/task.yaml" }),
      "myriad run /project/task.yaml --seed 7 --runs 40",
    ],
    [
      "a candidate and a generator that were set over a task file",
      run(
        {
          source: "/project/task.yaml",
          ...WRITTEN,
          inputs: { file: "/project/inputs.ts", exportName: "make" },
        },
        { prepare: preparedOf({ other: versionOf("written") }) },
      ),
      "myriad run /project/task.yaml --candidate /project/fast.ts#dedupe --inputs /project/inputs.ts#make --seed 7 --runs 40",
    ],
    [
      "a task file whose examples go before its generator",
      run({
        source: "/project/task.yaml",
        inputs: { file: "/project/inputs.ts", exportName: "make" },
        examples: [[1], [2], [3]],
      }),
      "myriad run /project/task.yaml --seed 7 --runs 40",
    ],
    [
      "a comparison",
      { ...run(WRITTEN), start: { ...run(WRITTEN).start!, command: "compare" as const } },
      "myriad compare /project/orders.ts#dedupe /project/fast.ts#dedupe --seed 7 --runs 40",
    ],
    [
      "a burst of a task that brings a candidate too",
      { ...run(WRITTEN), start: { ...run(WRITTEN).start!, command: "burst" as const } },
      "myriad burst /project/orders.ts#dedupe --seed 7 --runs 40",
    ],
  ] as const) {
    it(`says how to reproduce ${what}`, async () => {
      const { markdown } = await report(session);
      const lines = markdown.split("\n").map((line) => line.trim());
      assert.ok(lines.includes(command), lines.filter((line) => line.includes("myriad ")).join("\n"));
    });
  }
});
