/**
 * One session that is killed with SIGKILL at each of its phases, twice in the burst, and goes on every time.
 * What was in the journal stays there, byte for byte; nothing finished is done again; no process is left.
 */
import assert from "node:assert/strict";
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { nameOf, PairLooks } from "../../../actors/evidence/early-stop.ts";
import { sessionStream } from "../../../actors/workflow/replay.ts";
import type { KeptFork, SessionEvent } from "../../../actors/workflow/session-state.ts";
import { compareTask } from "../../../actors/workflow/task.ts";
import { openStateDirectory } from "../../../storage/index.ts";
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

  it("decides a burst that may end early as if it had never been stopped, and looks at nothing twice", () =>
    inProject({ "task.json": TASK }, async (cwd) => {
      const state = join(cwd, ".myriad");
      const begun = ["compare", "stairs.ts#ways", "stairs.ts#waysByLoop", "--inputs", "early.ts#inputs"];
      const early = ["--stop-early", "--runs", "400", "--workers", "1", "--seed", "7", "--allow-noise"];
      await writeFile(join(cwd, "early.ts"), EARLY_INPUTS);
      let args: readonly string[] = [...begun, ...early];
      for (const forks of [1, 3]) {
        const running = startMyriad(args, { cwd });
        await eventually(`${forks} forks are kept`, () => forksKept(state) >= forks);
        await kill(running);
        args = ["compare", "--resume", lastSession(state)];
      }
      const { code, document, stdout } = await myriadJson(args, { cwd });
      assert.equal(code, 0, stdout);
      assert.equal(document.verdict, "improved");

      // The same samples, never stopped: each fork as the journal has it, one after another.
      const forks = await keptForks(state, document.session!);
      assert.equal(new Set(forks.map(nameOf)).size, forks.length, "no fork was run twice");
      const task = compareTask("stairs.ts#ways", "stairs.ts#waysByLoop", cwd, { runs: 400 });
      const undisturbed = new PairLooks(task, "compare");
      const kept = new Map<string, KeptFork>();
      const decided = forks.findIndex((fork) => undisturbed.look(kept.set(nameOf(fork), fork)));
      assert.equal(decided, forks.length - 1, "it ended with the fork that decided it, and not before");
      const stop = document.burst!.earlyStop!;
      assert.deepEqual(stop, undisturbed.summary(forks.length));
      assert.ok(stop.decided === "improved" && stop.forks >= 2 && stop.forks < stop.planned);
      const [row] = document.comparisons;
      assert.deepEqual(row!.p, undisturbed.rows().get("wall_time")!.p);
      assert.equal(row!.test, "always-valid-on-fork-pairs");
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

const EARLY_INPUTS = `export const inputs = (_random: unknown, count: number): number[][] =>
  Array.from({ length: Math.min(count, 12) }, (_, n) => [10 + n]);
`;

/** In the order in which they were kept. */
async function keptForks(path: string, session: string): Promise<readonly KeptFork[]> {
  const state = await openStateDirectory(path);
  try {
    const forks: KeptFork[] = [];
    for await (const { event } of state.journal.read(sessionStream(session))) {
      const said = event as SessionEvent;
      if (said.kind === "fork_finished") forks.push(said.fork);
    }
    return forks;
  } finally {
    await state.close();
  }
}

function assertImproved({ code, document }: EndedWithDocument, session: string): void {
  assert.equal(code, 0, JSON.stringify(document.error ?? document.verdict));
  assert.equal(document.session, session);
  assert.equal(document.verdict, "improved");
  assert.equal(document.seed, 7);
  assert.equal(document.burst?.runs, 200);
  assert.ok(document.phases.every((phase) => phase.state === "finished"));
  assert.deepEqual(document.baseline, { from: null, to: "stairs@1", candidate: "stairs@2" });
}
