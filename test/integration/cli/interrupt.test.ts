/** Ctrl-C, as a terminal sends it: to the whole process group. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Ended, Running } from "../../kit/cli.ts";
import { documentIn, inProject, myriadJson, startMyriad } from "../../kit/cli.ts";
import { eventually } from "../../kit/eventually.ts";
import { allGone, descendantsOf } from "../../kit/processes.ts";
import { assertWhole, forksKept, journalBytes, lastSession } from "../../kit/session-files.ts";

const TASK = {
  id: "stairs",
  subject: "stairs.ts#ways",
  examples: [[14], [15], [16], [17], [18], [13], [12], [11]],
};
const BURST = ["burst", "task.json", "--runs", "40"];

async function interrupt({ child, ended }: Running, signal: NodeJS.Signals): Promise<Ended> {
  const below = descendantsOf(child.pid!);
  process.kill(-child.pid!, signal);
  const end = await ended;
  await allGone(below);
  return end;
}

describe(
  "an interrupted session",
  { skip: process.platform !== "linux" && "reads /proc", concurrency: 2 },
  () => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      it(`stops in order on ${signal}, names itself, leaves no process behind, and can be resumed`, () =>
        inProject({ "task.json": TASK }, async (cwd) => {
          const state = join(cwd, ".myriad");
          const running = startMyriad([...BURST, "--json"], { cwd, group: true });
          await eventually("some forks are kept", () => forksKept(state) >= 3);
          const end = await interrupt(running, signal);
          const document = documentIn(end);
          assert.equal(end.code, 130, end.stderr);
          assert.equal(end.stderr, "");
          assert.equal(document.error?.code, "INTERRUPTED", JSON.stringify(document.error));
          assert.equal(document.session, lastSession(state));
          assert.ok(
            document.error.hint?.includes(`--resume ${document.session}`),
            document.error.hint ?? "no hint",
          );
          assert.equal(document.verdict, null);
          assert.equal(document.success, false);

          const kept = forksKept(state);
          assert.ok(kept >= 3 && kept < 20);
          const resumed = await myriadJson(["run", "--resume", document.session], { cwd });
          assert.equal(resumed.code, 0, resumed.stdout);
          assert.equal(resumed.document.command, "burst");
          const phases = ["prepare", "burst", "baseline", "report"];
          const plan = { caseId: "stairs", phases, versions: ["candidate"], forks: 20, iterations: 2 };
          await assertWhole(state, document.session, plan);
        }));
    }

    it("says in words how to go on, also when it had hardly begun", () =>
      inProject({ "task.json": TASK }, async (cwd) => {
        const running = startMyriad(["run", "task.json", "--runs", "40"], { cwd, group: true });
        await running.said(/^prepare …$/m);
        const { code, stdout, stderr } = await interrupt(running, "SIGINT");
        assert.equal(code, 130, stderr);
        assert.equal(stdout, "");
        const session = lastSession(join(cwd, ".myriad"));
        assert.match(stderr, /^error INTERRUPTED: /m);
        assert.ok(stderr.includes(`myriad run --resume ${session}`), stderr);
        assert.doesNotMatch(stderr, /^\s+at .*:\d+:\d+/m);
      }));

    it("is interrupted also when the signal comes before the session has begun", () =>
      inProject({ "task.json": TASK }, async (cwd) => {
        const running = startMyriad([...BURST, "--json"], { cwd, group: true });
        // The folder is made first of all; then the sandbox is tried out.
        await eventually("the state directory is opened", () => existsSync(join(cwd, ".myriad")));
        const end = await interrupt(running, "SIGINT");
        assert.equal(end.code, 130, end.stdout + end.stderr);
        assert.equal(documentIn(end).error?.code, "INTERRUPTED");
      }));

    it("ends at once on a second signal, and has printed its document all the same", () =>
      inProject({ "task.json": TASK }, async (cwd) => {
        const running = startMyriad(["run", "task.json", "--runs", "40", "--json"], { cwd, group: true });
        await eventually("the session has begun", () =>
          journalBytes(join(cwd, ".myriad")).includes("session/"),
        );
        const { pid } = running.child;
        // Stopped, it takes both as soon as it goes on: none is lost, and nothing comes between.
        for (const signal of ["SIGSTOP", "SIGINT", "SIGTERM", "SIGCONT"] as const) process.kill(pid!, signal);
        const end = await running.ended;
        assert.equal(end.code, 130, end.stdout + end.stderr);
        const { error, session } = documentIn(end);
        assert.equal(error?.code, "INTERRUPTED");
        assert.equal(session, lastSession(join(cwd, ".myriad")));
        assert.ok(error.hint?.includes(`--resume ${session}`), error.hint ?? "no hint");
        await allGone(descendantsOf(pid!));
      }));
  },
);
