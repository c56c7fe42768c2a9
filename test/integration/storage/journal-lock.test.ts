import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

import { openFileJournal } from "../../../storage/index.ts";
import { hasCode, payloads } from "../../contract/journal-contract.ts";
import { eventually } from "../../kit/eventually.ts";

const OPENER = fileURLToPath(new URL(`./journal-opener${extname(import.meta.url)}`, import.meta.url));
const ROUNDS = 25;
/** The pid of no process. */
const NOBODY = 999_999_999;
/** The kernel tells of threads, and of processes that have ended and are still to be seen. */
const onLinux = process.platform === "linux";

/** Ways to pids of one's own; the last ones leave the /proc of the pids around. The first that works here, or none. */
const [sandbox, sandboxInOurProc] = [
  [
    "unshare --pid --fork --kill-child --mount-proc",
    "unshare --user --map-root-user --pid --fork --kill-child --mount-proc",
    "bwrap --dev-bind / / --unshare-pid --proc /proc --die-with-parent",
  ],
  [
    "unshare --pid --fork --kill-child",
    "unshare --user --map-root-user --pid --fork --kill-child",
    "bwrap --dev-bind / / --unshare-pid --die-with-parent",
  ],
].map((ways) => ways.find((way) => spawnSync("/bin/sh", ["-c", `${way} true`]).status === 0) ?? null);
const NO_SANDBOX = "neither unshare nor bwrap gives a namespace of pids here";

describe("a file journal and the processes that open it", () => {
  it("is refused while another process has it, which is named, and free at once when that was killed", () =>
    inFolder(async (folder, start) => {
      const owner = start.process();
      assert.equal(await owner.say("open"), "opened");
      await assert.rejects(openFileJournal(folder), (error) => {
        assert.ok(String(error).includes(`process ${owner.pid}:`), String(error));
        return hasCode("JOURNAL_IN_USE")(error);
      });
      await owner.say("append 7");
      await owner.end();
      await reopened(folder, [7]);
    }));

  it("is free when the other process has closed it, and not before", () =>
    inFolder(async (_folder, start) => {
      const [one, other] = [start.process(), start.process()];
      assert.equal(await one.say("open"), "opened");
      assert.match(await other.say("open"), /^JOURNAL_IN_USE /);
      assert.equal(await one.say("close"), "closed");
      assert.equal(await other.say("open"), "opened");
      assert.match(await one.say("open"), new RegExp(`^JOURNAL_IN_USE .* process ${other.pid}: `));
    }));

  it("is free when a killed owner is dead and its parent has not taken notice", { skip: !onLinux }, () =>
    inFolder(async (folder, start) => {
      // The shell becomes a program that never asks for its children.
      const script = `exec 3<&0; "$0" "$@" <&3 & echo $!; exec sleep 600 >&- 2>&-`;
      const family = start.process(script);
      const pid = Number(await family.line());
      assert.equal(await family.say("open"), "opened");
      process.kill(pid, "SIGKILL");
      assert.equal(await family.line(), null, "its output has ended");
      await reopened(folder, []);
      await eventually("it is dead", () => / Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1")));
      await leave(folder, pid);
      await reopened(folder, []);
    }),
  );

  for (const [what, way] of [
    ["in another namespace of pids", sandbox],
    ["in another namespace of pids that sees our /proc", sandboxInOurProc],
  ] as const) {
    it(
      `is refused to a process ${what}, and to us while that has it, alive or not to be asked`,
      { skip: way === null && NO_SANDBOX },
      () =>
        inFolder(async (folder, start) => {
          const [sandboxed, other] = [1, 2].map(() => start.process(`exec ${way} "$0" "$@"`)) as [
            Opener,
            Opener,
          ];
          assert.equal(await sandboxed.say("open"), "opened");
          await assert.rejects(openFileJournal(folder), (error) => {
            assert.match(
              String(error),
              /in another pid or time namespace: .*owner\.json\. It cannot be asked/,
            );
            return hasCode("JOURNAL_IN_USE")(error);
          });
          assert.match(await other.say("open"), /^JOURNAL_IN_USE .* in another pid or time namespace/);
          assert.equal(await sandboxed.say("append 7"), "appended");
          assert.equal(await sandboxed.say("close"), "closed");
          const journal = await openFileJournal(folder);
          assert.match(await sandboxed.say("open"), /^JOURNAL_IN_USE .* in another pid or time namespace/);
          await journal.close();
          assert.equal(await sandboxed.say("open"), "opened");
          await sandboxed.end();
          await assert.rejects(openFileJournal(folder), hasCode("JOURNAL_IN_USE"));
          await rm(join(folder, "owner.json"));
          await reopened(folder, [7]);
        }),
    );
  }

  it(`has one owner of ${ROUNDS} times many who find a dead one's lock`, () =>
    inFolder(async (folder, start) => {
      const processes = [1, 2, 3, 4].map(() => start.process());
      const openers = [...processes, start.thread(), start.thread()];
      for (let round = 0; round < ROUNDS; round++) {
        await leave(folder, NOBODY);
        if (round % 3 === 0) await leave(folder, NOBODY, ".next");
        const answers = await Promise.all(openers.map((opener) => opener.say("open")));
        const winner = openers[answers.indexOf("opened")];
        const refusals = answers.filter((answer) => answer.startsWith("JOURNAL_IN_USE "));
        assert.ok(winner !== undefined && refusals.length === openers.length - 1, answers.join("\n"));
        assert.equal(await winner.say(`append ${round}`), "appended");
        assert.equal(await winner.say("close"), "closed");
      }
      await reopened(
        folder,
        Array.from({ length: ROUNDS }, (_, round) => round),
      );
      assert.deepEqual(await readdir(folder), ["00000001.journal"]);
    }));

  // A limit on file size stands for the full disk.
  it(
    "is refused on a full disk, with the code of a write, and left free",
    { skip: process.platform === "win32" },
    () =>
      inFolder(async (folder, start) => {
        const opener = start.process(`trap '' XFSZ; ulimit -f 0; exec "$0" "$@"`);
        assert.match(await opener.say("open"), /^JOURNAL_WRITE_FAILED .*: EFBIG/);
        assert.deepEqual(await readdir(folder), []);
        await reopened(folder, []);
      }),
  );
});

describe("a file journal and the threads that open it", () => {
  it("is refused to a thread while another of the process has it, whichever that is", () =>
    inFolder(async (folder, start) => {
      const thread = start.thread();
      const journal = await openFileJournal(folder);
      assert.match(await thread.say("open"), new RegExp(`^JOURNAL_IN_USE .* ${process.pid} \\(this one\\)`));
      await journal.close();
      assert.equal(await thread.say("open"), "opened");
      await assert.rejects(openFileJournal(folder), hasCode("JOURNAL_IN_USE"));
      assert.equal(await thread.say("close"), "closed");
      await reopened(folder, []);
    }));

  it("is free for the process' other threads when one has ended without closing", { skip: !onLinux }, () =>
    inFolder(async (folder, start) => {
      const thread = start.thread();
      assert.equal(await thread.say("open"), "opened");
      await thread.say("append 7");
      await thread.say("leave");
      await reopened(folder, [7]);
    }),
  );

  it("is whole and free when a thread was stopped amid its appends", { skip: !onLinux }, () =>
    inFolder(async (folder, start) => {
      const thread = start.thread();
      assert.equal(await thread.say("open"), "opened");
      let confirmed = Number(await thread.say("flood"));
      for (let line = 0; line < 20; line++) confirmed = Number(await thread.line());
      await thread.end();
      const journal = await openFileJournal(folder);
      const events = await payloads(journal, "s");
      assert.ok(events.length > confirmed, `${events.length} of at least ${confirmed + 1} are there`);
      assert.deepEqual(events, [...events.keys()]);
      await journal.append("s", await journal.revision("s"), ["after"]);
      await journal.close();
    }),
  );

  it("is another process' to have only when the process of such a thread has ended", { skip: !onLinux }, () =>
    inFolder(async (folder, start) => {
      const thread = start.thread();
      assert.equal(await thread.say("open"), "opened");
      await thread.end();
      const other = start.process();
      assert.match(await other.say("open"), new RegExp(`^JOURNAL_IN_USE .* process ${process.pid}: `));
      await reopened(folder, []);
      assert.equal(await other.say("open"), "opened");
    }),
  );
});

/** Something that has the folder open, or wants to, and can be told what to do. */
interface Opener {
  readonly pid: number;
  /** The next line of its output; null when that has ended. */
  line(): Promise<string | null>;
  /** @returns its answer; empty when it has ended instead */
  say(command: string): Promise<string>;
  /** Kills it; it has ended then, and touches the folder no more. */
  end(): Promise<void>;
}

class Openers {
  readonly #folder: string;
  readonly #started: Opener[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param script what the shell does with the program and its arguments, `"$0" "$@"` */
  process(script = `exec "$0" "$@"`): Opener {
    const args = ["-c", script, process.execPath, OPENER, this.#folder];
    const child = spawn("/bin/sh", args, { stdio: ["pipe", "pipe", "inherit"] });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.stdin.on("error", () => undefined); // It has ended, as its output tells.
    return this.#opener(child.pid ?? 0, child.stdin, child.stdout, () => {
      child.stdin.destroy();
      child.kill("SIGKILL");
      return ended;
    });
  }

  thread(): Opener {
    const worker = new Worker(OPENER, { argv: [this.#folder], stdin: true, stdout: true });
    return this.#opener(process.pid, worker.stdin!, worker.stdout, () => worker.terminate());
  }

  async endAll(): Promise<void> {
    await Promise.all(this.#started.map((opener) => opener.end()));
  }

  #opener(pid: number, input: Writable, output: Readable, kill: () => Promise<unknown>): Opener {
    const lines = createInterface({ input: output })[Symbol.asyncIterator]();
    const line = async (): Promise<string | null> => {
      const next = await lines.next();
      return next.done === true ? null : next.value;
    };
    const say = async (command: string): Promise<string> => {
      input.write(`${command}\n`);
      return (await line()) ?? "";
    };
    const end = async (): Promise<void> => {
      await kill();
      while ((await line()) !== null);
    };
    const opener = { pid, line, say, end };
    this.#started.push(opener);
    return opener;
  }
}

async function leave(folder: string, pid: number, behind = ""): Promise<void> {
  const record = { pid, host: hostname(), birth: null, thread: null, isGuarded: false, token: "left" };
  await writeFile(join(folder, `owner.json${behind}`), JSON.stringify(record));
}

async function reopened(folder: string, expected: readonly unknown[]): Promise<void> {
  const journal = await openFileJournal(folder);
  assert.deepEqual(await payloads(journal, "s"), expected);
  await journal.close();
}

async function inFolder(test: (folder: string, start: Openers) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "journal-"));
  const start = new Openers(folder);
  try {
    await test(folder, start);
  } finally {
    await start.endAll();
    await rm(folder, { recursive: true });
  }
}
