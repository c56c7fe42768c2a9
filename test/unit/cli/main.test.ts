import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { text } from "node:stream/consumers";
import type { SessionDocument } from "../../../actors/index.ts";
import { main } from "../../../cli/main.ts";

describe("the command line, when a signal came before it was loaded", () => {
  for (const command of [["baseline", "list"], ["report"]]) {
    it(`ends ${command.join(" ")} as interrupted, with its document`, async () => {
      const state = await mkdtemp(join(tmpdir(), "myriad-early-"));
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const args = [...command, "--json", "--state", state];
      const code = await main(args, { stdout, stderr }, AbortSignal.abort());
      stdout.end();
      const document = JSON.parse(await text(stdout)) as SessionDocument;
      await rm(state, { recursive: true });
      assert.equal(code, 130);
      assert.equal(document.error?.code, "INTERRUPTED");
    });
  }
});
