import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { searchRewrites } from "../../../actors/generation/search.ts";
import type { SearchResult } from "../../../actors/generation/search.ts";
import { auditKernel, bundleFunction, findRewritesKernel } from "../../../kernels/syntax/index.ts";
import type { AuditReport, AuditRequest, Rewrite, RewritesRequest } from "../../../kernels/syntax/index.ts";
import { SANDBOX_CAPS } from "../../../kernels/sandbox/index.ts";
import { seededRandom } from "../../../runtime/contracts/index.ts";
import { cleanAudit, violatedCheck } from "../../kit/audit.ts";
import { scriptedEngine } from "../../kit/scripted-engine.ts";
import type { EngineScript, ScriptedEngine } from "../../kit/scripted-engine.ts";
import { scriptedExecutor } from "../../kit/scripted-executor.ts";
import { servicesOf } from "../../kit/services.ts";
import { inputsOf, returned, SANDBOX_SEED } from "../../kit/session.ts";

/** A version is known by the rules it is made of, e.g. `-hoist-set`; the text is a real module. */
const moduleOf = (version: string): string =>
  `export function f() { return ${JSON.stringify(`v${version}`)}; }\n`;
const versionIn = (text: string): string => /"v(.*?)"/.exec(text)![1]!;

interface World {
  /** Rules that can be applied to a version; default none. */
  readonly rules: (version: string) => readonly string[];
  /** Of one fork, in ns; NaN: a sandbox failed. */
  readonly timeNs: (version: string, count: number) => number;
  /** Versions that give another result. */
  readonly wrong?: (version: string) => boolean;
  readonly audit?: (version: string) => AuditReport;
  readonly source?: (version: string) => string;
}

interface Found extends SearchResult {
  readonly engine: ScriptedEngine;
  readonly audited: readonly Omit<AuditRequest, "candidate">[];
  readonly progress: readonly (readonly [number, number])[];
  /** `round rule outcome`, one a line of the history. */
  readonly story: readonly string[];
}

describe("the search", () => {
  let folder: string;
  let file: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "myriad-search-"));
    file = join(folder, "subject.ts");
    await writeFile(file, moduleOf(""));
  });
  after(() => rm(folder, { recursive: true }));

  async function search(world: World, signal: AbortSignal = new AbortController().signal): Promise<Found> {
    const { rules, timeNs, wrong = () => false, audit = cleanAudit, source = moduleOf } = world;
    const audited: Omit<AuditRequest, "candidate">[] = [];
    const rewritesOf = ({ module }: RewritesRequest): readonly Rewrite[] => {
      const version = versionIn(module.source!);
      return rules(version).map((rule, index) => ({
        rule,
        description: `applies ${rule}`,
        line: index + 1,
        source: source(`${version}-${rule}`),
      }));
    };
    const executor = scriptedExecutor({
      [findRewritesKernel.name]: rewritesOf,
      [auditKernel.name]: ({ candidate, ...request }: AuditRequest) => {
        audited.push(request);
        return audit(versionIn(candidate.source!));
      },
    });
    const observe: EngineScript["observe"] = ({ request, args }) =>
      returned(`${String(args)}${wrong(versionIn(request.program.code)) ? " wrong" : ""}`);
    const engine = scriptedEngine({
      observe,
      measure({ program, iterations }, _options, count) {
        const ns = timeNs(versionIn(program.code), count);
        const failures = Number.isNaN(ns) ? iterations : 0;
        return { wallNs: new Float64Array(iterations).fill(ns), failures };
      },
    });
    const progress: [number, number][] = [];
    const result = await searchRewrites(
      {
        ref: { file, exportName: "f" },
        source: moduleOf(""),
        program: await bundleFunction({ ref: { file, exportName: "f" }, source: null }),
        inputs: inputsOf(1, 2, 3, 4, 5, 6),
        batch: inputsOf(1),
        constraints: ["no-classes"],
        seed: SANDBOX_SEED,
        limits: SANDBOX_CAPS,
        random: seededRandom(1),
      },
      servicesOf({ executor, measuring: engine }),
      { progress: (tried, accepted) => progress.push([tried, accepted]) },
      signal,
    );
    const story = result.history.map(({ round, rule, outcome }) => `${round} ${rule} ${outcome}`);
    return { ...result, engine, audited, progress, story };
  }

  const labels = (chain: SearchResult["chain"]): readonly string[] =>
    chain.map(({ rules }) => rules.join("-"));

  it("accepts the largest gain of each round on top of the last, and ends when nothing gains", async () => {
    const times: Readonly<Record<string, number>> = {
      "": 1_200,
      "-set": 600,
      "-hoist": 800,
      "-worse": 1_300,
      "-set-hoist": 400,
      "-set-worse": 700,
      "-set-hoist-worse": 399,
    };
    const left = (version: string): readonly string[] =>
      ["hoist", "set", "worse"].filter((rule) => !version.includes(rule));
    const { chain, story, history, candidates, progress } = await search({
      rules: left,
      timeNs: (version) => times[version]!,
    });
    assert.deepEqual(labels(chain), ["set", "set-hoist"]);
    assert.equal(versionIn(chain[1]!.source), "-set-hoist");
    assert.equal(versionIn(chain[1]!.program.code), "-set-hoist");
    assert.deepEqual(story, [
      "1 hoist no_gain",
      "1 set accepted",
      "1 worse slower",
      "2 hoist accepted",
      "2 worse slower",
      "3 worse no_gain",
    ]);
    assert.deepEqual(history[1], {
      round: 1,
      rule: "set",
      description: "applies set",
      line: 2,
      speedup: 2,
      outcome: "accepted",
      reason: null,
    });
    assert.equal(history[0]!.reason, "another one gained more this round");
    assert.equal(candidates, 6);
    assert.deepEqual(progress, [
      [1, 0],
      [2, 0],
      [3, 0],
      [3, 1],
      [4, 1],
      [5, 1],
      [5, 2],
      [6, 2],
    ]);
  });

  it("gives up a rewrite at its first loop without end", async () => {
    const { engine } = await search({
      rules: (version) => (version === "" ? ["loops"] : []),
      timeNs: () => 1,
    });
    assert.ok(engine.observed.every(({ untilLimit }) => untilLimit === true));
  });

  it("accepts a gain of three percent, and none below", async () => {
    const once = (version: string): readonly string[] => (version === "" ? ["set"] : []);
    const speedup = (by: number): Promise<Found> =>
      search({ rules: once, timeNs: (version) => (version === "" ? 1_000 * by : 1_000) });
    assert.equal((await speedup(1.03)).chain.length, 1);
    const below = await speedup(1.029);
    assert.deepEqual(below.chain, []);
    assert.deepEqual(below.story, ["1 set no_gain"]);
  });

  it("finds nothing where no rule applies, and measures nothing", async () => {
    const { chain, candidates, history, engine } = await search({ rules: () => [], timeNs: () => 1_000 });
    assert.deepEqual([chain, candidates, history], [[], 0, []]);
    assert.equal(engine.measured.length, 0);
  });

  it("refuses what disagrees, what the gates refuse and what does not bundle, says why, and measures none of it", async () => {
    const { chain, history, story, candidates, engine } = await search({
      rules: (version) => (version === "" ? ["wrong", "ruled-out", "broken", "set"] : []),
      timeNs: (version) => (version === "-set" ? 500 : 1_000),
      wrong: (version) => version === "-wrong",
      audit: (version) =>
        version === "-ruled-out" ? { ...cleanAudit(), checks: [violatedCheck()] } : cleanAudit(),
      source: (version) => (version === "-broken" ? "export function f( {" : moduleOf(version)),
    });
    assert.deepEqual(labels(chain), ["set"]);
    assert.deepEqual(story.toSorted(), [
      "1 broken refused",
      "1 ruled-out refused",
      "1 set accepted",
      "1 wrong disagrees",
    ]);
    const reasons = Object.fromEntries(history.map(({ rule, reason, speedup }) => [rule, [reason, speedup]]));
    assert.deepEqual(reasons["wrong"], ["gives another result on a search input", null]);
    assert.deepEqual(reasons["ruled-out"], [
      "constraint_compliance: no-new-imports (line 1): imports node:fs",
      null,
    ]);
    assert.deepEqual(reasons["broken"], ["does not bundle", null]);
    assert.equal(candidates, 3);
    const measured = new Set(engine.measured.map(({ program }) => versionIn(program.code)));
    assert.deepEqual(measured, new Set(["", "-set"]));
  });

  it("has each candidate audited against the subject as it stands, by the rules of the task", async () => {
    const { chain, audited } = await search({
      rules: (version) => (version.length < 8 ? ["set"] : []),
      timeNs: (version) => 1_000 / (1 + version.length),
    });
    assert.deepEqual(labels(chain), ["set", "set-set"]);
    const subject = { ref: { file, exportName: "f" }, source: moduleOf("") };
    assert.deepEqual(audited, [
      { subject, constraints: ["no-classes"] },
      { subject, constraints: ["no-classes"] },
    ]);
  });

  it("tries the same program once, whichever rules made it and in whichever round", async () => {
    const { candidates, story, engine } = await search({
      rules: (version) => (version.length < 8 ? ["set", "same"] : []),
      timeNs: (version) => (version === "" ? 1_000 : 500),
      source: () => moduleOf("-set"),
    });
    assert.equal(candidates, 1);
    assert.deepEqual(story, ["1 set accepted"]);
    assert.equal(engine.observed.length, 2);
  });

  it("stops after eight rounds", async () => {
    const { chain } = await search({
      rules: () => ["again"],
      timeNs: (version) => 1_000 / (1 + version.length),
    });
    assert.equal(chain.length, 8);
  });

  it("goes by the fastest of three forks, since disturbance only adds time", async () => {
    let disturbed = 0;
    const { chain } = await search({
      rules: (version) => (version === "" ? ["set"] : []),
      timeNs: (version) => (version === "" ? 1_000 : disturbed++ < 2 ? 90_000 : 500),
    });
    assert.equal(chain.length, 1);
  });

  it("measures the version so far anew in each round, and lets all versions of a round take turns", async () => {
    const rules = ["a", "b", "c", "d"];
    const { engine } = await search({
      rules: (version) => (version === "" ? rules : []),
      timeNs: (version) => (version === "-a" ? 500 : 1_000),
    });
    const versions = engine.measured.map(({ program }) => versionIn(program.code));
    const thrice = ["", ...rules.map((rule) => `-${rule}`)].flatMap((version) => [version, version, version]);
    assert.deepEqual(versions.toSorted(), thrice);
    assert.ok(versions.filter((version, index) => version !== versions[index - 1]).length > 5);
  });

  it("does not accept a version that fails while it is measured", async () => {
    const { chain, story } = await search({
      rules: (version) => (version === "" ? ["set"] : []),
      timeNs: (version) => (version === "" ? 1_000 : Number.NaN),
    });
    assert.deepEqual(chain, []);
    assert.deepEqual(story, ["1 set slower"]);
  });

  it("measures and observes on search inputs only, within the task's limits", async () => {
    const { engine } = await search({
      rules: (version) => (version === "" ? ["set"] : []),
      timeNs: (version) => (version === "" ? 1_000 : 500),
    });
    for (const { batch, limits } of engine.measured) {
      assert.deepEqual([batch, limits], [inputsOf(1), SANDBOX_CAPS]);
    }
    for (const { inputs, order } of engine.observed)
      assert.deepEqual([inputs, order], [inputsOf(1, 2, 3, 4, 5, 6), "alone"]);
  });

  it("called off fails with the signal's reason", async () => {
    const abort = new AbortController();
    const off = search(
      {
        rules: (version) => {
          abort.abort(new Error("called off"));
          return version === "" ? ["set"] : [];
        },
        timeNs: () => 1_000,
      },
      abort.signal,
    );
    await assert.rejects(off, /called off/);
  });
});
