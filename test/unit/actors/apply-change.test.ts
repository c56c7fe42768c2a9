import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { applyChange } from "../../../actors/workflow/apply-change.ts";
import type { PhaseOutputs, SessionCommand, SessionState } from "../../../actors/workflow/session-state.ts";
import type { Task } from "../../../actors/workflow/task.ts";
import { bundleFunction } from "../../../kernels/syntax/index.ts";
import type { SandboxProgram } from "../../../kernels/sandbox/index.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import {
  comparedOf,
  generatedOf,
  outputsOf,
  preparedOf,
  rowOf,
  sessionOf,
  sourceOf,
  versionOf,
  WRITTEN,
} from "../../kit/session.ts";

describe("applying a change", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "myriad-apply-")));
    file = join(folder, "orders.ts");
    await writeFile(file, sourceOf("subject"));
    await measured();
  });
  /** What stands in the file now is what the session measured. */
  let program: SandboxProgram;
  const measured = async (): Promise<void> => {
    program = await bundleFunction({ ref: { file, exportName: "version" }, source: null });
  };
  afterEach(() => rm(folder, { recursive: true }));

  /** An improved run over the file, but for what a test says. */
  function session(
    part: Partial<PhaseOutputs> = {},
    {
      command = "run",
      task = {},
      ...state
    }: Partial<SessionState> & { readonly command?: SessionCommand; readonly task?: Partial<Task> } = {},
  ): SessionState {
    const prepared = preparedOf(part.prepare);
    const ref = { file, exportName: "version" };
    const subject = { ...prepared.subject, program };
    const prepare = { ...prepared, subject, info: { ...prepared.info, ref } };
    const outputs = outputsOf({ compare: comparedOf({ rows: [rowOf()] }), ...part, prepare });
    return { ...sessionOf(command, { outputs, ended: "improved" }, task), ...state };
  }
  const text = (): Promise<string> => readFile(file, "utf8");

  it("writes the proved version into the file, keeps its mode and leaves nothing beside it", async () => {
    await chmod(file, 0o755);
    await applyChange(session());
    assert.equal(await text(), sourceOf("candidate 1"));
    assert.equal((await stat(file)).mode & 0o777, 0o755);
    assert.deepEqual(await readdir(folder), ["orders.ts"]);
  });

  it("writes the version that stood, not one that was refused before it", async () => {
    await applyChange(session({ generate: generatedOf(3) }, { attempt: 2 }));
    assert.equal(await text(), sourceOf("candidate 1"));
  });

  it("keeps a byte order mark and line endings of CRLF, which it also gives to the lines that it adds", async () => {
    const crlf = (text: string): string => text.replaceAll("\n", "\r\n");
    const source = crlf(`// one\n${sourceOf("subject")}`);
    await writeFile(file, `\uFEFF${source}`);
    await measured();
    const info = { ...preparedOf().info, source };
    await applyChange(session({ prepare: preparedOf({ info }) }));
    assert.equal(await text(), `\uFEFF${crlf(sourceOf("candidate 1"))}`);
  });

  it("refuses a file that is not UTF-8, since it would not survive", async () => {
    const bytes = Buffer.concat([Buffer.from("// caf\xe9\n", "latin1"), Buffer.from(sourceOf("subject"))]);
    await writeFile(file, bytes);
    await assert.rejects(applyChange(session()), hasCode("CHANGE_NOT_WRITTEN"));
    assert.deepEqual(await readFile(file), bytes);
  });

  it("refuses when a file that the subject imports is not what was measured", async () => {
    const source = `import { text } from "./text.ts";\nexport const version = text;\n`;
    await writeFile(join(folder, "text.ts"), `export const text = "a";\n`);
    await writeFile(file, source);
    await measured();
    const state = session({ prepare: preparedOf({ info: { ...preparedOf().info, source } }) });
    await writeFile(join(folder, "text.ts"), `export const text = "b";\n`);
    await assert.rejects(applyChange(state), hasCode("SESSION_SOURCE_CHANGED"));
    assert.equal(await text(), source);
  });

  it("writes through a link and leaves the link", async () => {
    const real = file;
    file = join(folder, "link.ts");
    await symlink(real, file);
    await applyChange(session());
    assert.equal(await readFile(real, "utf8"), sourceOf("candidate 1"));
    assert.equal(await realpath(file), real);
  });

  it("refuses a file that is not what was measured, and leaves it alone", async () => {
    await writeFile(file, `${sourceOf("subject")}// edited\n`);
    await assert.rejects(applyChange(session()), hasCode("SESSION_SOURCE_CHANGED"));
    assert.equal(await text(), `${sourceOf("subject")}// edited\n`);
    await rm(file);
    await assert.rejects(applyChange(session()), hasCode("SESSION_SOURCE_CHANGED"));
    assert.deepEqual(await readdir(folder), []);
  });

  it("writes nothing of a session that did not end in something better", async () => {
    const refused: readonly (readonly [string, SessionState])[] = [
      ["regressed", session({ compare: comparedOf({ verdict: "regressed", rows: [rowOf("regressed")] }) })],
      ["rejected", session({ equivalence: { ...outputsOf().equivalence, disagreements: 1 } })],
      [
        "nothing found",
        session({}, { outputs: { prepare: preparedOf(), generate: generatedOf(0) }, ended: "inconclusive" }),
      ],
      ["not at its end", session({}, { ended: null })],
      [
        "a burst against a stored baseline",
        session(
          { prepare: preparedOf({ other: { ...versionOf("dedupe@1"), source: "" } }) },
          { command: "burst" },
        ),
      ],
    ];
    for (const [what, state] of refused) {
      await assert.rejects(applyChange(state), hasCode("CHANGE_NOT_PROVED"), what);
      assert.equal(await text(), sourceOf("subject"), what);
    }
  });

  it("refuses to write a hand-written candidate, which has its own file", async () => {
    const state = session({ prepare: preparedOf({ other: versionOf("written") }) }, { task: WRITTEN });
    await assert.rejects(applyChange(state), hasCode("CHANGE_NOT_PROVED"));
    assert.equal(await text(), sourceOf("subject"));
  });

  it("has nothing to do where the change stands in the file already", async () => {
    await applyChange(session());
    const { mtimeMs } = await stat(file);
    await applyChange(session());
    assert.equal((await stat(file)).mtimeMs, mtimeMs);
    assert.equal(await text(), sourceOf("candidate 1"));
  });

  it("on a full disk leaves the file as it was and nothing beside it", async () => {
    const state = session();
    await symlink("/dev/full", `${file}.myriad-${state.start!.session}`);
    await assert.rejects(applyChange(state), hasCode("CHANGE_NOT_WRITTEN"));
    assert.equal(await text(), sourceOf("subject"));
    assert.deepEqual(await readdir(folder), ["orders.ts"]);
  });
});
