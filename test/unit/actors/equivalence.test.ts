import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { checkEquivalence, sameObservation, stillDoes } from "../../../actors/evidence/equivalence.ts";
import type { EquivalenceAnswer } from "../../../actors/evidence/equivalence.ts";
import { examiner } from "../../../actors/evidence/examiner.ts";
import { SANDBOX_CAPS } from "../../../kernels/sandbox/index.ts";
import type { Observation } from "../../../kernels/sandbox/index.ts";
import {
  inputsOf,
  outputsOf,
  preparedOf,
  programOf,
  returned,
  SANDBOX_SEED,
  sessionOf,
} from "../../kit/session.ts";
import { callOf, servicesOf } from "../../kit/services.ts";
import { scriptedEngine } from "../../kit/scripted-engine.ts";
import type { ScriptedCall } from "../../kit/scripted-engine.ts";

const UNSTOPPED = new AbortController().signal;
const numberOf = ({ args }: Pick<ScriptedCall, "args">): number => args[0] as number;

/** The subject returns its argument; the candidate too, but for what `wrong` says. */
function check(
  numbers: readonly number[],
  wrong: (call: ScriptedCall & { readonly engine: "realm" | "isolate" }) => boolean,
  subject: (call: ScriptedCall) => Observation = (call) => returned(String(numberOf(call))),
): Promise<EquivalenceAnswer> {
  const engines = (["realm", "isolate"] as const).map((name) =>
    scriptedEngine({
      name,
      observe: (call) =>
        call.program === "candidate" && wrong({ ...call, engine: name }) ? returned("wrong") : subject(call),
    }),
  );
  const question = {
    subject: programOf("subject"),
    candidate: programOf("candidate"),
    inputs: inputsOf(...numbers),
    seed: SANDBOX_SEED,
    limits: SANDBOX_CAPS,
  };
  return checkEquivalence(question, engines, UNSTOPPED);
}

describe("equivalence", () => {
  it("holds when every input gives the same in both engines, alone and in sequence", async () => {
    assert.deepEqual(await check([1, 2, 3], () => false), {
      disagreements: 0,
      counterexamples: [],
      clean: true,
    });
  });

  it("counts an input once, however often and wherever the versions disagree on it", async () => {
    const { disagreements } = await check([1, 2, 3, 4], ({ index }) => index % 2 === 1);
    assert.equal(disagreements, 2);
  });

  it("counts inputs that disagree in different engines and orders together", async () => {
    const { disagreements } = await check(
      [1, 2, 3],
      ({ engine, order, index }) => index === (engine === "realm" ? 0 : order === "alone" ? 1 : 2),
    );
    assert.equal(disagreements, 3);
  });

  for (const engine of ["realm", "isolate"] as const) {
    it(`is broken by a disagreement that only ${engine} shows`, async () => {
      const { disagreements, counterexamples } = await check([5], (call) => call.engine === engine);
      assert.equal(disagreements, 1);
      assert.deepEqual(
        counterexamples.map((shown) => shown.engine),
        [engine],
      );
    });
  }

  it("is broken by what shows only after other calls, and shows those calls", async () => {
    const { disagreements, counterexamples } = await check(
      [7, 8, 9],
      ({ order, index }) => order === "sequence" && index === 2,
    );
    assert.equal(disagreements, 1);
    assert.equal(counterexamples[0]!.input, "7\n8\n9");
    assert.equal(counterexamples[0]!.subject, "returned: 9");
    assert.equal(counterexamples[0]!.candidate, "returned: wrong");
  });

  it("leaves out the calls before that do not matter", async () => {
    const [seven] = inputsOf(7);
    const { counterexamples } = await check(
      Array.from({ length: 40 }, (_, index) => index + 1),
      ({ order, index, request }) =>
        order === "sequence" && index > 0 && request.inputs.slice(0, index).includes(seven!),
    );
    const [example] = counterexamples;
    assert.equal(example!.input, "7\n8");
    assert.ok(example!.shrunkTo < example!.shrunkFrom);
  });

  it("shows the last twenty calls of a disagreement that needs them all", async () => {
    const numbers = Array.from({ length: 30 }, (_, index) => index);
    const { counterexamples } = await check(
      numbers,
      ({ order, index }) => order === "sequence" && index === 29,
    );
    assert.equal(counterexamples[0]!.input, ["(10 calls before)", ...numbers.slice(10)].join("\n"));
  });

  it("is not shown behind a broken limit, and what breaks one is not made smaller", async () => {
    const loops: Observation = { outcome: "limit_exceeded", text: "cpu" };
    const both = await check(
      [1, 2, 3],
      () => false,
      ({ index }) => (index === 1 ? loops : returned("1")),
    );
    assert.ok(both.disagreements > 0);
    const engine = scriptedEngine({
      observe: ({ program, args }) =>
        program === "candidate" && args[0] === 9 ? loops : returned(String(args)),
    });
    const question = {
      subject: programOf("subject"),
      candidate: programOf("candidate"),
      inputs: inputsOf(5, 9),
      seed: SANDBOX_SEED,
      limits: SANDBOX_CAPS,
    };
    const { counterexamples } = await checkEquivalence(question, [engine], UNSTOPPED);
    assert.equal(counterexamples[0]!.input, "9");
    assert.ok(engine.observed.length <= 8, `asked ${engine.observed.length} times`);
  });

  it("tells the story of an input alone where there is one, once an engine", async () => {
    const { counterexamples } = await check([3], () => true);
    assert.deepEqual(
      counterexamples.map(({ engine, input }) => [engine, input]),
      [
        ["realm", "0"],
        ["isolate", "0"],
      ],
    );
  });

  it("is still asked of isolate where both versions meet the same limit in realm", async () => {
    const limited = (call: ScriptedCall): Observation =>
      call.order === "sequence"
        ? { outcome: "limit_exceeded", text: "memory" }
        : returned(String(numberOf(call)));
    const { disagreements } = await check([1], ({ engine }) => engine === "isolate", limited);
    assert.equal(disagreements, 1);
    assert.equal(
      (await check([1, 2, 3], () => false, limited)).disagreements,
      0,
      "slow in realm is not wrong",
    );
  });

  it("is broken by the same text with another outcome", () => {
    const threw: Observation = { outcome: "threw", text: "1" };
    assert.equal(sameObservation(returned("1"), threw), false);
    assert.equal(sameObservation(returned("1"), returned("2")), false);
    assert.equal(sameObservation(returned("1"), undefined), false);
    assert.equal(sameObservation(returned("1"), returned("1")), true);
  });

  it("shrinks to the smallest input that still disagrees", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5_000 }), fc.nat(100_000), async (least, more) => {
        const { counterexamples } = await check([least + more], (call) => numberOf(call) >= least);
        assert.equal(counterexamples[0]!.input, String(least));
        assert.ok(counterexamples[0]!.shrunkTo <= counterexamples[0]!.shrunkFrom);
      }),
      { numRuns: 30 },
    );
  });

  it("shrinks no further than the function's domain reaches", async () => {
    const domain = (call: ScriptedCall): Observation =>
      numberOf(call) < 12 ? { outcome: "threw", text: "RangeError" } : returned(String(numberOf(call)));
    const { counterexamples } = await check([4_711], () => true, domain);
    assert.equal(counterexamples[0]!.input, "12");
    assert.equal(counterexamples[0]!.subject, "returned: 12");
  });

  it("shows long observations shortened", async () => {
    const { counterexamples } = await check(
      [1],
      () => true,
      () => returned("x".repeat(5_000)),
    );
    assert.equal(counterexamples[0]!.subject.length, "returned: ".length + 2_000 + 1);
  });

  it("of the search's quick check is asked for each input alone, and needs an answer to every one", async () => {
    const engine = scriptedEngine({ observe: ({ args }) => returned(String(args)) });
    const request = {
      program: programOf("candidate"),
      inputs: inputsOf(1, 2),
      seed: SANDBOX_SEED,
      limits: SANDBOX_CAPS,
    };
    const still = (...texts: readonly string[]): Promise<boolean> =>
      stillDoes(texts.map(returned), request, engine, UNSTOPPED);
    assert.equal(await still("1", "2"), true);
    assert.equal(await still("1", "3"), false);
    assert.equal(await still("1", "2", "3"), false);
    assert.equal(engine.observed[0]!.order, "alone");
  });
});

describe("the examiner", () => {
  for (const outcome of ["limit_exceeded", "unavailable", "incomparable"] as const) {
    it(`does not run in isolate what was ${outcome} in realm`, async () => {
      const realm = scriptedEngine({
        name: "realm",
        observe: ({ program, args }) =>
          program === "candidate 1" && args[0] === 5 ? { outcome, text: "?" } : returned(String(args)),
      });
      const isolate = scriptedEngine();
      const session = sessionOf("run", {
        outputs: { prepare: preparedOf(), generate: outputsOf().generate },
      });
      const services = servicesOf({ realm, measuring: isolate });
      const { disagreements } = await examiner.execute({ phase: "equivalence", session }, services, callOf());
      assert.equal(disagreements, 1);
      assert.equal(isolate.observed.length, 0);
    });
  }

  it("puts sealed inputs and all others to both engines, and says how many", async () => {
    const realm = scriptedEngine({ name: "realm" });
    const isolate = scriptedEngine();
    const session = sessionOf("run", { outputs: { prepare: preparedOf(), generate: outputsOf().generate } });
    const answer = await examiner.execute(
      { phase: "equivalence", session },
      servicesOf({ realm, measuring: isolate }),
      callOf(),
    );
    assert.deepEqual(answer, {
      inputs: 6,
      sealed: 2,
      disagreements: 0,
      engines: ["realm", "isolate"],
      counterexamples: [],
      clean: true,
    });
    for (const engine of [realm, isolate]) {
      assert.deepEqual(
        engine.observed.map(({ program, order }) => `${program.digest} ${order}`),
        ["subject alone", "candidate 1 alone", "subject sequence", "candidate 1 sequence"],
      );
      for (const { inputs } of engine.observed) assert.deepEqual(inputs, inputsOf(1, 2, 3, 4, 5, 6));
    }
  });
});
