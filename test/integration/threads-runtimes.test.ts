/** Actors on worker threads under the other runtimes, from the sources and from the built copy. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { OTHER_RUNTIMES } from "../kit/other-runtimes.ts";
import { ROOT } from "../kit/repository.ts";

const run = promisify(execFile);

const DRILLS = [
  ["the sources", join(ROOT, "test", "kit", "threads-drill.ts")],
  ["the built copy", join(ROOT, "dist", "test", "kit", "threads-drill.js")],
] as const;

const DONE = {
  sum: 1 + 50_005_000,
  answered: 7 * 2_000,
  alone: 7 * 200,
  bulk: 65_536,
  refused: "ASK_REFUSED",
  restarted: 1,
  again: 7,
  lost: 2,
};

describe("actors on worker threads", () => {
  for (const { name, program, runtime, skip } of OTHER_RUNTIMES) {
    for (const [from, drill] of DRILLS) {
      for (const transport of ["shared memory", "message port"] as const) {
        it(`run under ${name} from ${from}, over ${transport}`, { skip }, async () => {
          const { stdout } = await run(program, [drill, transport], { timeout: 120_000 });
          const { runtime: named, ...seen } = JSON.parse(stdout) as { readonly runtime: string };
          assert.match(named, runtime);
          assert.deepEqual(seen, { transport, ...DONE });
        });
      }
    }
  }
});
