import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { plainRow, requiredRow } from "../../../bench/bench-row.ts";
import { benchError } from "../../../bench/errors.ts";
import { main } from "../../../bench/main.ts";
import type { BenchDocument } from "../../../bench/main.ts";
import type { BenchOptions, Question } from "../../../bench/question.ts";

const MET = requiredRow({ name: "speed", unit: "ops/s", value: 30 }, "atLeast", 20);
const MISSED = requiredRow({ name: "alarms", unit: "share", value: 0.2 }, "atMost", 0.05);

function question(answer: Question["answer"], guards = false): Question {
  return { name: "asked", about: "what is it like?", takes: "1 s", guards, answer };
}

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(argv: readonly string[], ...questions: readonly Question[]): Promise<Ran> {
  const said = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr"): { write(text: string): void } => ({
    write: (text) => void (said[name] += text),
  });
  const exitCode = await main(argv, questions, { stdout: stream("stdout"), stderr: stream("stderr") });
  return { exitCode, ...said };
}

const answering = question(() => Promise.resolve([MET, plainRow({ name: "size", unit: "MB", value: 2 })]));

describe("the bench's command line", () => {
  it("prints exactly one document with machine, runtime and rows", async () => {
    const { exitCode, stdout, stderr } = await run(["asked", "--json"], answering);
    const document = JSON.parse(stdout) as BenchDocument;
    assert.equal(exitCode, 0);
    assert.equal(stderr, "");
    assert.deepEqual(Object.keys(document), ["machine", "runtime", "rows"]);
    assert.match(document.runtime, /^(node|bun) \d/);
    assert.ok(document.machine.cores >= 1);
    assert.deepEqual(document.rows, [
      { ...MET, peers: { required: 20 }, ratios: { required: 1.5 }, met: true },
      { name: "size", unit: "MB", value: 2, peers: {}, ratios: {}, target: null, met: null },
    ]);
  });

  it("prints a table with value, bound and whether it was met", async () => {
    const noted = { ...MISSED, note: "of ten" };
    const { stdout } = await run(
      ["asked"],
      question(() => Promise.resolve([MET, noted])),
    );
    assert.match(stdout, /^speed +30 ops\/s +≥ 20 +met$/m);
    assert.match(stdout, /^alarms +0\.2 share +≤ 0\.05 +MISSED\n +of ten$/m);
  });

  it("shows the ratio to a rival, and that a rival is missing", async () => {
    const target = { than: "rival", atLeast: 2 };
    const rivalled = { ...MET, peers: { rival: 10 }, ratios: { rival: 3 }, target };
    const alone = { ...MET, peers: {}, ratios: {}, target, met: false };
    const { stdout } = await run(
      ["asked"],
      question(() => Promise.resolve([rivalled, alone])),
    );
    assert.match(stdout, /≥ 2 × rival \(is 3\) +met$/m);
    assert.match(stdout, /≥ 2 × rival +MISSED$/m);
  });

  it("hands options over and sends progress to stderr", async () => {
    let seen: BenchOptions | null = null;
    const curious = question((options) => {
      seen = options;
      options.progress("half way");
      return Promise.resolve([]);
    });
    const { stdout, stderr } = await run(
      ["asked", "--json", "--quick", "--seed", "7", "--peers", "all"],
      curious,
    );
    assert.equal(seen!.quick, true);
    assert.equal(seen!.seed, 7);
    assert.equal(seen!.peers, "all");
    assert.equal(stderr, "asked: half way\n");
    assert.deepEqual((JSON.parse(stdout) as BenchDocument).rows, []);
  });

  it("exits with 0 on a missed target, and with 1 when the question guards", async () => {
    const missing: Question["answer"] = () => Promise.resolve([MET, MISSED]);
    assert.equal((await run(["asked"], question(missing))).exitCode, 0);
    assert.equal((await run(["asked"], question(missing, true))).exitCode, 1);
    assert.equal(
      (
        await run(
          ["asked"],
          question(() => Promise.resolve([MET]), true),
        )
      ).exitCode,
      0,
    );
  });

  it("gives no figure, but exit code 4, for work that was not done", async () => {
    const idle = question(() => Promise.reject(benchError("BENCH_WORK_INVALID", "9 of 10 done")));
    const { exitCode, stdout, stderr } = await run(["asked", "--json"], idle);
    assert.equal(exitCode, 4);
    assert.equal(stdout, "");
    assert.match(stderr, /BENCH_WORK_INVALID: 9 of 10 done/);
  });

  it("exits with 130 when it was interrupted", async () => {
    const stopped = question(() => Promise.reject(benchError("BENCH_INTERRUPTED", "stopped")));
    assert.equal((await run(["asked"], stopped)).exitCode, 130);
  });

  it("lists the questions without one and for help, with exit code 0", async () => {
    for (const argv of [[], ["--help"], ["asked", "--help"]]) {
      const { exitCode, stdout } = await run(argv, answering);
      assert.equal(exitCode, 0);
      assert.match(stdout, /^ +asked +what is it like\? \(1 s\)$/m);
    }
  });

  it("refuses what it does not know with exit code 2, and lists what it does", async () => {
    for (const argv of [
      ["other"],
      ["asked", "--fast"],
      ["asked", "--seed", "-1"],
      ["asked", "--peers", "none"],
      ["asked", "twice"],
    ]) {
      const { exitCode, stdout, stderr } = await run(argv, answering);
      assert.equal(exitCode, 2, argv.join(" "));
      assert.equal(stdout, "");
      assert.match(stderr, /^error: .+\n[^]+asked +what is it like/);
    }
  });

  it("leaves no listener for signals behind", async () => {
    const before = process.listenerCount("SIGINT") + process.listenerCount("SIGTERM");
    await run(["asked"], answering);
    assert.equal(process.listenerCount("SIGINT") + process.listenerCount("SIGTERM"), before);
  });
});
