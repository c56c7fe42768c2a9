/** A state directory that cannot be used, or can no longer: coded, and nothing in it is lost. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { chmod, cp, mkdir, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  assertRefused,
  documentIn,
  EXECUTABLE,
  inProject,
  myriad,
  myriadJson,
  startMyriad,
} from "../../kit/cli.ts";
import { eventually } from "../../kit/eventually.ts";
import {
  assertWhole,
  confirmedBytes,
  forksKept,
  journalBytes,
  lastSegment,
  lastSession,
} from "../../kit/session-files.ts";

const TASK = {
  id: "stairs",
  subject: "stairs.ts#ways",
  examples: [[14], [15], [16], [17], [18], [13], [12], [11]],
};
const BURST = ["burst", "task.json", "--runs", "40"];
const WHOLE_BURST = {
  caseId: "stairs",
  phases: ["prepare", "burst", "baseline", "report"],
  versions: ["candidate"],
  forks: 20,
  iterations: 2,
};
const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, EXECUTABLE];

/** How to be somebody to whom permissions mean something; a text: why that cannot be had. */
function unprivileged(): readonly string[] | string {
  if (process.platform !== "linux") return "needs setpriv";
  if (process.getuid?.() !== 0) return [process.execPath, EXECUTABLE];
  const [program, ...rest] = [...NOBODY, "--version"];
  const tried = spawnSync(program, rest, { cwd: "/", encoding: "utf8" });
  return tried.status === 0
    ? NOBODY
    : `nobody cannot run the executable here: ${tried.stderr || "no setpriv"}`;
}

const somebody = unprivileged();

describe("a state directory", { concurrency: 2 }, () => {
  it("is refused when it is a file, below a file, or has no name", () =>
    inProject({ "task.json": TASK, taken: "x" }, async (cwd) => {
      const at = async (state: string, code: string) =>
        assertRefused(await myriadJson([...BURST, "--state", state], { cwd }), code);
      assert.match((await at("taken", "STATE_INVALID")).location ?? "", /taken$/);
      assert.match((await at("taken/below", "STATE_INVALID")).location ?? "", /taken\/below$/);
      assert.match((await at("", "USAGE")).message, /--state/);
      assert.equal(await readFile(join(cwd, "taken"), "utf8"), "x");
    }));

  it("is refused when it cannot be written", { skip: typeof somebody === "string" && somebody }, () =>
    inProject({ "task.json": TASK }, async (cwd) => {
      await mkdir(join(cwd, "locked"));
      await chmod(join(cwd, "locked"), 0o555);
      await chmod(cwd, 0o555);
      const command = somebody as readonly string[];
      const inLocked = await myriadJson([...BURST, "--state", "locked"], { cwd, command });
      assert.match(assertRefused(inLocked, "STATE_UNWRITABLE").location ?? "", /locked/);
      const notMade = await myriadJson(BURST, { cwd, command });
      assert.match(assertRefused(notMade, "STATE_UNWRITABLE").location ?? "", /\.myriad/);
      await chmod(cwd, 0o755);
    }),
  );

  it("is refused while another process has it, which is named and not disturbed", () =>
    inProject({ "task.json": TASK }, async (cwd) => {
      const first = startMyriad([...BURST, "--json"], { cwd });
      await eventually("the first session is on its way", () => forksKept(join(cwd, ".myriad")) >= 1);
      first.child.kill("SIGSTOP");
      const [second, list] = await Promise.all([
        myriadJson(BURST, { cwd }),
        myriadJson(["baseline", "list"], { cwd }),
      ]);
      assert.ok(
        assertRefused(second, "STATE_IN_USE").message.includes(`process ${first.child.pid}`),
        second.stdout,
      );
      assertRefused(list, "STATE_IN_USE");
      first.child.kill("SIGCONT");
      const end = await first.ended;
      assert.equal(end.code, 0, end.stdout);
      await assertWhole(join(cwd, ".myriad"), documentIn(end).session!, WHOLE_BURST);
    }));

  it("that is damaged is left as it is, and what is wrong is named with its place", () =>
    inProject({ "task.json": TASK }, async (cwd) => {
      const made = await myriadJson(BURST, { cwd });
      assert.equal(made.code, 0, made.stdout);
      const damaged = async (
        name: string,
        damage: (state: string) => Promise<void>,
        code: string,
        exit: number,
      ) => {
        const state = join(cwd, name);
        await cp(join(cwd, ".myriad"), state, { recursive: true });
        await damage(state);
        const before = journalBytes(state);
        const error = assertRefused(await myriadJson(["report", "--state", name], { cwd }), code, exit);
        assert.ok(journalBytes(state).subarray(0, before.length).equals(before), "the journal was touched");
        return error;
      };
      const overwrite = async (file: string, at: number) => {
        const bytes = await readFile(file);
        bytes.write("damage", at);
        await writeFile(file, bytes);
      };
      const journal = await damaged("a", (state) => overwrite(lastSegment(state), 300), "JOURNAL_CORRUPT", 4);
      assert.match(journal.location ?? "", /\.journal:\d+$/);
      const database = await damaged(
        "b",
        (state) => overwrite(join(state, "analytics.duckdb"), 8),
        "ANALYTICS_CORRUPT",
        4,
      );
      assert.match(database.location ?? "", /analytics\.duckdb$/);
      const newer = (state: string) => writeFile(join(state, "version.json"), '{ "layout": 99 }');
      await damaged("c", newer, "STATE_NEWER", 2);
      await damaged("d", (state) => rm(join(state, "journal"), { recursive: true }), "SESSION_UNKNOWN", 2);
      const cut = await myriad(["report", "--state", ".myriad"], { cwd });
      assert.equal(cut.code, 0, "the one they were copied from is well");
    }));

  const noMount = cannotMount();
  it(
    "on a disk that runs full keeps what was measured, and goes on when there is room",
    { skip: noMount },
    () =>
      inProject({ "task.json": TASK }, async (cwd) => {
        const disk = join(cwd, "disk");
        const state = join(disk, "state");
        await mkdir(disk);
        mount(disk);
        try {
          const running = startMyriad([...BURST, "--json", "--state", state], { cwd });
          await eventually("some forks are kept", () => forksKept(state) >= 3);
          fill(join(disk, "filler"));
          const end = await running.ended;
          const document = documentIn(end);
          assert.match(
            document.error?.code ?? "none",
            /^(JOURNAL_WRITE_FAILED|ANALYTICS_WRITE_FAILED|STATE_UNWRITABLE)$/,
          );
          assert.ok(end.code === 2 || end.code === 4, end.stdout);
          assert.equal(end.stderr, "");
          assert.equal(document.session, lastSession(state));
          const kept = await confirmedBytes(state);
          assert.ok(forksKept(state) >= 3);
          const still = await myriadJson(["burst", "--resume", document.session, "--state", state], { cwd });
          assert.notEqual(still.document.error, null, "there is still no room");

          await unlink(join(disk, "filler"));
          const resumed = await myriadJson(["burst", "--resume", document.session, "--state", state], {
            cwd,
          });
          assert.equal(resumed.code, 0, resumed.stdout);
          assert.ok(journalBytes(state).subarray(0, kept.length).equals(kept));
          await assertWhole(state, document.session, WHOLE_BURST);
        } finally {
          spawnSync("umount", [disk]);
        }
      }),
  );
});

/** Room for a session's beginning; a reason where no file system can be mounted. */
function cannotMount(): string | false {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "only root mounts a small disk";
  const tried = spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], {
    encoding: "utf8",
  });
  return tried.status === 0 ? false : `no file system can be mounted here: ${tried.stderr}`;
}

function mount(folder: string): void {
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
}

function fill(file: string): void {
  const descriptor = openSync(file, "w");
  try {
    for (let size = 1 << 20; size >= 1; size >>= 4) while (fits(descriptor, Buffer.alloc(size)));
  } finally {
    closeSync(descriptor);
  }
}

function fits(descriptor: number, bytes: Buffer): boolean {
  try {
    return writeSync(descriptor, bytes) === bytes.length;
  } catch {
    return false;
  }
}
