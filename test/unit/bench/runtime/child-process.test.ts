import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { figureOf, provedResult, runChild } from "../../../../bench/runtime/child-process.ts";
import type { Command } from "../../../../bench/runtime/contenders.ts";

const node = (script: string): Command => ({ file: process.execPath, args: ["-e", script] });
const never = new AbortController().signal;

describe("a child process of the bench", () => {
  it("gives back what it prints", async () => {
    const output = await runChild(node("console.log('greeting'); console.log('last')"), never);
    assert.equal(output, "greeting\nlast\n");
  });

  it("makes its figures worthless when it fails", async () => {
    await assert.rejects(runChild(node("process.exit(3)"), never), { code: "BENCH_WORK_INVALID" });
    await assert.rejects(runChild({ file: "/no/such/program", args: [] }, never), {
      code: "BENCH_WORK_INVALID",
    });
  });

  it("ends with the bench", async () => {
    const controller = new AbortController();
    const running = runChild(node("setInterval(() => {}, 1000)"), controller.signal);
    controller.abort();
    await assert.rejects(running, { code: "BENCH_INTERRUPTED" });
  });

  it("is believed by its last line", () => {
    const output = '{"done":1,"seconds":1,"check":1}\n\n{"done":4,"seconds":2,"check":7,"figure":9}\n';
    const measured = provedResult(output, "myriad", { done: 4, check: 7 });
    assert.equal(figureOf(measured, "rate"), 2);
    assert.equal(figureOf(measured, "figure"), 9);
  });

  it("has no figure that it did not give", () => {
    assert.equal(figureOf({ done: 1, seconds: 1, check: 1 }, "figure"), null);
  });
});
