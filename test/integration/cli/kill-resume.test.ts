/**
 * One session that is killed with SIGKILL at each of its phases, twice in the burst, and goes on every time.
 * What was in the journal stays there, byte for byte; nothing finished is done again; no process is left.
 */
import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { EndedWithDocument, Running } from "../../kit/cli.ts";
import { inProject, myriadJson, startMyriad } from "../../kit/cli.ts";
import { eventually } from "../../kit/eventually.ts";
import { allGone, descendantsOf } from "../../kit/processes.ts";
import {
  assertWhole,
  confirmedBytes,
  forksKept,
  journalBytes,
  lastSegment,
  lastSession,
} from "../../kit/session-files.ts";

const PHASES = [
  "prepare",
  "generate",
  "validate",
  "gates",
  "equivalence",
  "burst",
  "compare",
  "reward",
  "baseline",
  "report",
];
const TASK = {
  id: "stairs",
  subject: "stairs.ts#ways",
  examples: [[16], [17], [18], [19], [20], [21], [21], [20], [19]],
};

/** The phase is announced, or one after it: a short phase may be over before it is seen. */
const announced = (phase: string): RegExp =>
  new RegExp(`^(${PHASES.slice(PHASES.indexOf(phase)).join("|")}) …$`, "m");

async function kill({ child, ended }: Running): Promise<void> {
  const below = descendantsOf(child.pid!);
  child.kill("SIGKILL");
  const { signal, stdout } = await ended;
  assert.equal(signal, "SIGKILL", `it had ended by itself:\n${stdout}`);
  await allGone(below);
}

describe("a session that is killed", { skip: process.platform !== "linux" && "reads /proc" }, () => {
  it("goes on after the last finished phase, wherever it was, with nothing lost and nothing done twice", () =>
    inProject({ "task.json": TASK }, async (cwd) => {
      const state = join(cwd, ".myriad");
      let resume: readonly string[] = ["run", "task.json", "--runs", "200", "--seed", "7", "--allow-noise"];
      let kept: Buffer = Buffer.alloc(0);
      const killWhen = async (ready: (running: Running) => Promise<void>): Promise<void> => {
        const running = startMyriad(resume, { cwd });
        await ready(running);
        await kill(running);
        const now = await confirmedBytes(state);
        assert.ok(now.subarray(0, kept.length).equals(kept), "what was in the journal has changed");
        kept = now;
        resume = ["run", "--resume", lastSession(state)];
      };

      for (const phase of PHASES.slice(0, 6)) await killWhen((running) => running.said(announced(phase)));
      const before = forksKept(state);
      await killWhen(() => eventually("some forks are kept", () => forksKept(state) >= before + 5));
      await appendFile(lastSegment(state), Buffer.from("a frame that was never finished"));
      for (const phase of PHASES.slice(6)) await killWhen((running) => running.said(announced(phase)));

      const [, , session] = resume;
      const ended = await myriadJson(resume, { cwd });
      assertImproved(ended, session!);
      assert.ok(journalBytes(state).subarray(0, kept.length).equals(kept));
      const versions = ["baseline", "candidate"];
      await assertWhole(state, session!, {
        caseId: "stairs",
        phases: PHASES,
        versions,
        forks: 20,
        iterations: 10,
      });
    }));

  it("tells that the journal's torn end was cut, and goes on", () =>
    inProject({ "task.json": TASK }, async (cwd) => {
      const state = join(cwd, ".myriad");
      const running = startMyriad(["burst", "task.json", "--runs", "40"], { cwd });
      await eventually("some forks are kept", () => forksKept(state) >= 3);
      await kill(running);
      const whole = await confirmedBytes(state);
      await appendFile(lastSegment(state), Buffer.from("a frame that was never finished"));
      const { code, document } = await myriadJson(["burst", "--resume", lastSession(state)], { cwd });
      assert.equal(code, 0, JSON.stringify(document.error));
      assert.match(document.warnings?.join("\n") ?? "", /torn end was cut: \d+ bytes of .*\.journal/);
      assert.ok(journalBytes(state).subarray(0, whole.length).equals(whole));
      const phases = ["prepare", "burst", "baseline", "report"];
      const plan = { caseId: "stairs", phases, versions: ["candidate"], forks: 20, iterations: 2 };
      await assertWhole(state, lastSession(state), plan);
    }));
});

function assertImproved({ code, document }: EndedWithDocument, session: string): void {
  assert.equal(code, 0, JSON.stringify(document.error ?? document.verdict));
  assert.equal(document.session, session);
  assert.equal(document.verdict, "improved");
  assert.equal(document.seed, 7);
  assert.equal(document.burst?.runs, 200);
  assert.ok(document.phases.every((phase) => phase.state === "finished"));
  assert.deepEqual(document.baseline, { from: null, to: "stairs@1", candidate: "stairs@2" });
}
