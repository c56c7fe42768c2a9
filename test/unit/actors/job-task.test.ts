import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { jobTask } from "../../../actors/jobs/job-task.ts";
import type { Task } from "../../../actors/workflow/task.ts";
import type { JobRequest } from "../../../cluster/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";

describe("a job's task", () => {
  let folder: string;
  let root: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "myriad-job-task-"));
    root = join(folder, "root");
    mkdirSync(join(root, "inner"), { recursive: true });
    writeFileSync(join(root, "own.ts"), "");
    writeFileSync(join(root, "inner", "own.ts"), "");
    writeFileSync(join(folder, "secret.ts"), "");
    symlinkSync(join(folder, "secret.ts"), join(root, "link.ts"));
    symlinkSync(folder, join(root, "up"));
    symlinkSync(join(root, "own.ts"), join(root, "inner", "fine.ts"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const read = (task: object, more: Partial<JobRequest> = {}, commands = false): Task =>
    jobTask(
      "job",
      { command: "burst", task: { id: "own", ...task }, directory: "", approval: false, ...more },
      { root, commands },
    );

  it("has its paths below the node's root, or below a directory of it", () => {
    assert.equal(read({ subject: "own.ts#f" }).subject.file, join(root, "own.ts"));
    const inner = read({ subject: "own.ts#f", inputs: "../own.ts#g" }, { directory: "inner" });
    assert.deepEqual(
      [inner.subject.file, inner.inputs?.file],
      [join(root, "inner", "own.ts"), join(root, "own.ts")],
    );
    assert.equal(read({ subject: "inner/fine.ts#f" }).subject.exportName, "f");
    assert.equal(
      read({ subject: "missing.ts#f" }).subject.exportName,
      "f",
      "what is not there is told when it is read",
    );
  });

  it("is refused where a path leads out, by dots, from the root of the machine or by a link", () => {
    const out = [
      "../secret.ts#f",
      "inner/../../secret.ts#f",
      `${folder}/secret.ts#f`,
      "link.ts#f",
      "up/secret.ts#f",
    ];
    for (const subject of [...out, "up/missing.ts#f", "/etc/passwd#f"]) {
      assert.throws(() => read({ subject }), hasCode("JOB_PATH_REFUSED"), subject);
      assert.throws(() => read({ subject: "own.ts#f", candidate: subject }), hasCode("JOB_PATH_REFUSED"));
      assert.throws(() => read({ subject: "own.ts#f", inputs: subject }), hasCode("JOB_PATH_REFUSED"));
    }
    const metrics = [
      { name: "wall_time" },
      { name: "own", of: "../secret.ts#f", unit: "x", direction: "lower" },
    ];
    assert.throws(() => read({ subject: "own.ts#f", metrics }), hasCode("JOB_PATH_REFUSED"));
    for (const directory of ["..", "up", "/", "inner/../.."]) {
      assert.throws(
        () => read({ subject: "own.ts#f" }, { directory }),
        hasCode("JOB_PATH_REFUSED"),
        directory,
      );
    }
  });

  it("is about commands only where the node allows it, and their files lie below the root, too", () => {
    const command = { command: "cat own.ts" };
    assert.throws(() => read({ subject: command }), hasCode("JOB_COMMAND_REFUSED"));
    assert.throws(() => read({ subject: "own.ts#f", candidate: command }), hasCode("JOB_COMMAND_REFUSED"));
    assert.throws(() => read({ subject: { snippet: "own.mjs" } }), hasCode("JOB_COMMAND_REFUSED"));
    assert.deepEqual(read({ subject: command }, {}, true).commands?.subject.words, ["cat", "own.ts"]);
    for (const more of [{ files: ["../secret.ts"] }, { readable: ["/etc"] }, { files: ["link.ts"] }]) {
      assert.throws(() => read({ subject: { ...command, ...more } }, {}, true), hasCode("JOB_PATH_REFUSED"));
    }
    assert.throws(
      () => read({ subject: { snippet: "../secret.mjs" } }, {}, true),
      hasCode("JOB_PATH_REFUSED"),
    );
  });

  it("is held against the schema of tasks once more, for others can write into the queue", () => {
    assert.throws(() => read({ subject: 7 }), hasCode("TASK_INVALID"));
    assert.throws(() => read({ subject: "own.ts#f", runs: 1 }), hasCode("TASK_INVALID"));
    assert.throws(() => read({ subject: "own.ts#f" }, { command: "compare" }), hasCode("TASK_INVALID"));
  });

  it("is refused in one pass over its paths, however long they are", () => {
    const begun = performance.now();
    for (const subject of ["a".repeat(500_000), `${"a".repeat(500_000)}##`, "a#".repeat(250_000)]) {
      assert.throws(() => read({ subject }), hasCode("TASK_INVALID"));
    }
    // By a pattern that tries every cut it would be minutes.
    assert.ok(performance.now() - begun < 20_000);
  });
});
