import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { preparer } from "../../../actors/workflow/preparation.ts";
import type { Prepared, SessionCommand } from "../../../actors/workflow/session-state.ts";
import type { Task } from "../../../actors/workflow/task.ts";
import type { Observation } from "../../../kernels/sandbox/index.ts";
import { inspectKernel } from "../../../kernels/syntax/index.ts";
import type { FunctionRef } from "../../../kernels/syntax/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { scriptedEngine } from "../../kit/scripted-engine.ts";
import type { EngineScript, ScriptedCall, ScriptedEngine } from "../../kit/scripted-engine.ts";
import { scriptedExecutor } from "../../kit/scripted-executor.ts";
import { callOf, openKept, servicesOf } from "../../kit/services.ts";
import type { Kept } from "../../kit/services.ts";
import {
  baselineRowOf,
  inputsOf,
  preparedOf,
  bundledOf,
  returned,
  sessionOf,
  SESSION,
} from "../../kit/session.ts";

const EXAMPLES = [[1], [2], [3], [4], [5], [6], [7]];

type Observe = NonNullable<EngineScript["observe"]>;

describe("the preparer", () => {
  let home: Kept;
  let folder: string;
  before(async () => {
    home = await openKept();
    folder = await mkdtemp(join(tmpdir(), "myriad-prepare-"));
    for (const name of ["orders", "fast"]) {
      await writeFile(
        join(folder, `${name}.ts`),
        `export const dedupe = (n: number): string => "${name}" + n;\n`,
      );
    }
  });
  after(async () => {
    await home.close();
    await rm(folder, { recursive: true });
  });

  const refTo = (name: string): FunctionRef => ({ file: join(folder, `${name}.ts`), exportName: "dedupe" });

  function prepare(
    observe: { readonly realm?: Observe; readonly isolate?: Observe } = {},
    task: Partial<Task> = {},
    command: SessionCommand = "run",
    only: ScriptedEngine | null = null,
  ) {
    const pure: Observe = ({ args }) => returned(String(args));
    const realm = only ?? scriptedEngine({ name: "realm", observe: observe.realm ?? pure });
    const measuring = scriptedEngine({
      observe: observe.isolate ?? pure,
      measure: ({ iterations }) => ({ wallNs: new Float64Array(iterations).fill(1_000) }),
    });
    const isolate = only ?? measuring;
    const executor = scriptedExecutor({
      [inspectKernel.name]: (ref: FunctionRef) => ({
        ...preparedOf().info,
        ref,
        source: `source of ${ref.file}`,
      }),
    });
    const session = sessionOf(command, {}, { subject: refTo("orders"), examples: EXAMPLES, ...task });
    const services = servicesOf({ ...home, executor, realm, measuring: isolate });
    const prepared: Promise<Prepared> = preparer.execute({ phase: "prepare", session }, services, callOf());
    return { prepared, realm, isolate };
  }

  const bad = (outcome: Observation["outcome"], text: string): Observe => {
    return ({ args }) => (args[0] === 3 ? { outcome, text } : returned(String(args)));
  };

  it("splits the inputs by the seed: a third is sealed, none is in both, and the batches come from their part", async () => {
    const { prepared } = prepare();
    const { search, sealed, searchBatch, sealedBatch, inputOrigin, other, info } = await prepared;
    assert.equal(sealed.length, 3);
    assert.deepEqual([...search, ...sealed].toSorted(), [...inputsOf(1, 2, 3, 4, 5, 6, 7)].toSorted());
    assert.deepEqual([searchBatch, sealedBatch], [search, sealed]);
    assert.equal(inputOrigin, "7 examples of the task");
    assert.equal(other, null);
    assert.equal(info.source, `source of ${join(folder, "orders.ts")}`);
    assert.deepEqual((await prepare().prepared).sealed, sealed);
  });

  it("trusts nothing to isolate before all inputs were clean in realm", async () => {
    const { prepared, realm, isolate } = prepare({ realm: bad("limit_exceeded", "memory") });
    await assert.rejects(prepared, hasCode("SUBJECT_LIMIT_EXCEEDED"));
    assert.ok(realm.observed.length > 0);
    assert.equal(isolate.observed.length + isolate.measured.length, 0);
  });

  for (const [code, outcome, text] of [
    ["SUBJECT_LIMIT_EXCEEDED", "limit_exceeded", "cpu"],
    ["SUBJECT_INCOMPARABLE", "incomparable", "a WeakMap at result.cache"],
    ["SUBJECT_NEEDS_PLATFORM", "unavailable", "fs"],
  ] as const) {
    for (const engine of ["realm", "isolate"] as const) {
      it(`refuses with ${code} what is ${outcome} in ${engine}, and names the input`, async () => {
        const { prepared } = prepare({ [engine]: bad(outcome, text) });
        await assert.rejects(prepared, (error: Error & { location?: string }) => {
          assert.ok(hasCode(code)(error));
          assert.ok(error.message.includes(text));
          assert.equal(error.location, "input 3");
          return true;
        });
      });
    }
  }

  it("refuses a function that throws on every input, not one that throws on some", async () => {
    const threw: Observation = { outcome: "threw", text: "TypeError: not a list" };
    await assert.rejects(prepare({ realm: () => threw }).prepared, hasCode("SUBJECT_NOT_COMPARED"));
    const some: Observe = ({ args }) => (args[0] === 1 ? returned("1") : threw);
    assert.equal((await prepare({ realm: some, isolate: some }).prepared).sealed.length, 3);
  });

  for (const [what, chance] of [
    ["chance", ({ request }: ScriptedCall) => request.seed.random],
    ["time", ({ request }: ScriptedCall) => request.seed.epochMs],
  ] as const) {
    it(`refuses a function whose result depends on ${what}`, async () => {
      const { prepared } = prepare({ isolate: (call) => returned(String(chance(call))) });
      await assert.rejects(prepared, hasCode("SUBJECT_NONDETERMINISTIC"));
    });
  }

  it("refuses fewer than three inputs", async () => {
    await assert.rejects(prepare({}, { examples: [[1], [2]] }).prepared, hasCode("INPUTS_TOO_FEW"));
    assert.equal((await prepare({}, { examples: [[1], [2], [3]] }).prepared).sealed.length, 1);
  });

  it("takes the hand-written candidate as the other version", async () => {
    const { other } = await prepare({}, { candidate: refTo("fast") }).prepared;
    assert.equal(other!.source, `source of ${join(folder, "fast.ts")}`);
    assert.match(other!.program.code, /"fast"/);
    assert.equal(other!.label, `${join(folder, "fast.ts")}#dedupe`);
  });

  it("takes all inputs where it counts: a batch by this machine's speed would not count the same on another", async () => {
    const realm = scriptedEngine({ name: "realm" });
    const { prepared, isolate } = prepare({}, { level: "realm" }, "run", realm);
    const { sealed, sealedBatch, search, searchBatch } = await prepared;
    assert.deepEqual([sealedBatch, searchBatch], [sealed, search]);
    assert.equal(isolate, realm);
    // Each input twice, with two seeds, in the one engine that there is.
    assert.deepEqual([realm.observed.length, realm.measured.length], [2, 0]);
  });

  it("takes the stored baseline as the other version of a burst, and none the first time", async () => {
    assert.equal((await prepare({}, {}, "burst").prepared).other, null);
    await home.state.writeArtifact(
      SESSION,
      "candidate-program.json",
      Buffer.from(JSON.stringify(bundledOf("stored"))),
    );
    await home.evidence.establish("dedupe@1", [baselineRowOf({ programDigest: bundledOf("stored").digest })]);
    await home.evidence.promote("dedupe@1");
    const { other, currentBaseline } = await prepare({}, {}, "burst").prepared;
    assert.deepEqual(other, { program: bundledOf("stored"), source: "", label: "dedupe@1" });
    assert.equal(currentBaseline, "dedupe@1");
    await home.state.writeArtifact(SESSION, "candidate-program.json", Buffer.from("broken"));
    await assert.rejects(prepare({}, {}, "burst").prepared, hasCode("BASELINE_INCOMPARABLE"));
    assert.equal((await prepare({}).prepared).currentBaseline, "dedupe@1", "a run does not run it");
    const unknown = prepare({}, { baseline: "dedupe@9" }, "burst").prepared;
    await assert.rejects(unknown, hasCode("BASELINE_UNKNOWN"));
  });
});
