import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { actor, CircuitBreaker, type Reply } from "../../../../runtime/index.ts";
import { createTestSystem, VirtualClock } from "../../../../runtime/testkit/index.ts";

const succeed = (): Promise<string> => Promise.resolve("yes");
const unexpected = (): never => assert.fail("called");
const fail = (): Promise<string> => Promise.reject(new Error("no"));

async function failTimes(breaker: CircuitBreaker, times: number): Promise<void> {
  for (let count = 0; count < times; count++) await assert.rejects(breaker.call(fail), { message: "no" });
}

/** A breaker that was open for its 100 ms, and whose call that tries goes on until `end`. */
async function tryingSlowly() {
  const clock = new VirtualClock();
  const breaker = new CircuitBreaker({ clock, failures: 1, openMs: 100 });
  await failTimes(breaker, 1);
  clock.jump(100);
  let end = (): void => undefined;
  const slow = breaker.call(() => new Promise<void>((resolve) => (end = resolve)));
  return { clock, breaker, slow, end: () => end() };
}

describe("circuit breaker", () => {
  it("opens after five failures in a row, and calls nothing for sixty seconds", async () => {
    const clock = new VirtualClock();
    const breaker = new CircuitBreaker({ clock });
    await failTimes(breaker, 4);
    assert.equal(await breaker.call(succeed), "yes");
    await failTimes(breaker, 5);
    assert.equal(breaker.state, "open");
    clock.jump(59_999);
    await assert.rejects(breaker.call(unexpected), { code: "CIRCUIT_OPEN" });
    clock.jump(1);
    assert.equal(await breaker.call(succeed), "yes");
    assert.equal(breaker.state, "closed");
    await failTimes(breaker, 4);
    assert.equal(breaker.state, "closed");
  });

  it("lets one call through after that: its failure opens it for as long again", async () => {
    const clock = new VirtualClock();
    const breaker = new CircuitBreaker({ clock });
    await failTimes(breaker, 5);
    clock.jump(60_000);
    let end = (): void => undefined;
    const probe = breaker.call(() => new Promise<void>((_, reject) => (end = () => reject(new Error("no")))));
    assert.equal(breaker.state, "half-open");
    await assert.rejects(breaker.call(unexpected), { code: "CIRCUIT_OPEN" });
    end();
    await assert.rejects(probe, { message: "no" });
    assert.equal(breaker.state, "open");
    clock.jump(59_999);
    await assert.rejects(breaker.call(unexpected), { code: "CIRCUIT_OPEN" });
    clock.jump(1);
    assert.equal(await breaker.call(succeed), "yes");
  });

  it("a refusal is an answer: it does not open the circuit, and closes one that is being tried", async () => {
    const { system, clock } = createTestSystem();
    const refuser = actor({
      name: "refuser",
      initial: () => null,
      receive(state: null, reply: Reply<string>) {
        reply.fail(new Error("not today"));
        return state;
      },
    });
    const ref = system.spawn(refuser, undefined);
    const breaker = new CircuitBreaker({ clock, failures: 1 });
    const ask = (): Promise<string> => ref.ask((reply: Reply<string>) => reply);
    for (let count = 0; count < 3; count++) await assert.rejects(breaker.call(ask), { code: "ASK_REFUSED" });
    await failTimes(breaker, 1);
    clock.jump(60_000);
    await assert.rejects(breaker.call(ask), { code: "ASK_REFUSED" });
    assert.equal(breaker.state, "closed");
    await system.stop(ref);
    await assert.rejects(breaker.call(ask), { code: "ASK_TARGET_STOPPED" });
    assert.equal(breaker.state, "open");
    await system.shutdown();
  });

  it("what a call begun before comes to changes nothing", async () => {
    const clock = new VirtualClock();
    const breaker = new CircuitBreaker({ clock, failures: 1 });
    const ends: ((error: Error | null) => void)[] = [];
    const slow = (): Promise<void> =>
      new Promise((resolve, reject) => ends.push((error) => (error === null ? resolve() : reject(error))));
    const early = breaker.call(slow);
    const bad = breaker.call(slow);
    await failTimes(breaker, 1);
    ends[0]!(null);
    await early;
    assert.equal(breaker.state, "open");
    clock.jump(60_000);
    const probe = breaker.call(slow);
    ends[1]!(new Error("late"));
    await assert.rejects(bad, { message: "late" });
    assert.equal(breaker.state, "half-open");
    ends[2]!(null);
    await probe;
    assert.equal(breaker.state, "closed");
  });

  it("a call whose isFailure throws counts as failed, and gives what that threw", async () => {
    const clock = new VirtualClock();
    const isFailure = (): never => {
      throw new RangeError("isFailure");
    };
    const breaker = new CircuitBreaker({ clock, failures: 1, isFailure });
    await assert.rejects(breaker.call(fail), RangeError);
    assert.equal(breaker.state, "open");
    clock.jump(60_000);
    await assert.rejects(breaker.call(fail), RangeError);
    assert.equal(breaker.state, "open");
    clock.jump(60_000);
    assert.equal(await breaker.call(succeed), "yes");
    assert.equal(breaker.state, "closed");
  });

  it("a call that tries and has not settled within openMs counts as failed, whatever comes of it later", async () => {
    const { clock, breaker, slow, end } = await tryingSlowly();
    clock.jump(99);
    assert.equal(breaker.state, "half-open");
    clock.jump(1);
    assert.equal(breaker.state, "open");
    await assert.rejects(breaker.call(unexpected), { code: "CIRCUIT_OPEN" });
    end();
    await slow;
    assert.equal(breaker.state, "open");
    clock.jump(99);
    await assert.rejects(breaker.call(unexpected), { code: "CIRCUIT_OPEN" });
    clock.jump(1);
    assert.equal(await breaker.call(succeed), "yes");
    assert.equal(breaker.state, "closed");
  });

  it("a call that tries and settles too late, when nobody else has called, changes nothing either", async () => {
    const { clock, breaker, slow, end } = await tryingSlowly();
    clock.jump(150);
    end();
    await slow;
    assert.equal(breaker.state, "open");
    clock.jump(50);
    assert.equal(await breaker.call(succeed), "yes");
  });

  it("any outcomes and pauses do what the model says", async () => {
    const steps = fc.array(fc.constantFrom("ok", "fail", "wait"), { maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), async (sequence, failures) => {
        const clock = new VirtualClock();
        const breaker = new CircuitBreaker({ clock, failures, openMs: 30 });
        let inARow = 0;
        let openUntil = -1;
        for (const step of sequence) {
          if (step === "wait") {
            clock.jump(10);
            continue;
          }
          const open = openUntil > clock.monotonic();
          const probing = openUntil >= 0 && !open;
          const outcome = await breaker.call(step === "ok" ? succeed : fail).then(
            () => "ok",
            (error: unknown) => (error as { code?: string }).code ?? "fail",
          );
          assert.equal(outcome, open ? "CIRCUIT_OPEN" : step);
          if (open) continue;
          inARow = step === "ok" ? 0 : inARow + 1;
          if (step === "ok") openUntil = -1;
          else if (probing || inARow >= failures) {
            openUntil = clock.monotonic() + 30;
            inARow = 0;
          }
        }
      }),
    );
  });

  it("refuses options that make no sense", () => {
    const clock = new VirtualClock();
    assert.throws(() => new CircuitBreaker({ clock, failures: 0 }), { code: "BREAKER_INVALID" });
    assert.throws(() => new CircuitBreaker({ clock, openMs: Infinity }), { code: "BREAKER_INVALID" });
    for (const options of [
      undefined,
      null,
      {},
      { clock: {} },
      { clock, openMs: "5" },
      { clock, isFailure: 5 },
    ]) {
      assert.throws(() => new CircuitBreaker(options as never), { code: "BREAKER_INVALID" });
    }
  });

  it("refuses to call what is no function, and does not count it as a failure", async () => {
    const breaker = new CircuitBreaker({ clock: new VirtualClock(), failures: 1 });
    await assert.rejects(breaker.call(5 as never), { code: "BREAKER_INVALID" });
    assert.equal(breaker.state, "closed");
  });
});
