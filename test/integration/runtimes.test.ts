/** The product under the other runtimes that it promises to run on, from its sources and from the built copy. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, it } from "node:test";
import { EXECUTABLE, inProject, myriadJson } from "../kit/cli.ts";
import { OTHER_RUNTIMES } from "../kit/other-runtimes.ts";
import { ROOT } from "../kit/repository.ts";

const TASK = {
  id: "stairs",
  subject: "stairs.ts#ways",
  examples: [[14], [15], [16], [17], [18], [13], [12], [11]],
};

/** What bin/myriad.js is to the built copy. */
const SOURCE_ENTRY = `import { main } from ${JSON.stringify(pathToFileURL(join(ROOT, "cli", "main.ts")).href)};
process.exitCode = await main(process.argv.slice(2));
`;

describe("myriad burst", { concurrency: 2 }, () => {
  for (const { name, program, runtime, skip } of OTHER_RUNTIMES) {
    for (const from of ["sources", "built copy"] as const) {
      it(`runs under ${name} from the ${from}`, { skip }, () =>
        inProject({ "task.json": TASK }, async (cwd) => {
          const entry = join(cwd, "entry.ts");
          await writeFile(entry, SOURCE_ENTRY);
          const command = [program, from === "sources" ? entry : EXECUTABLE];
          const { code, stderr, document } = await myriadJson(["burst", "task.json", "--runs", "40"], {
            cwd,
            command,
          });
          assert.equal(code, 0, JSON.stringify(document.error));
          assert.equal(stderr, "");
          assert.match(document.environment.runtime, runtime);
          assert.equal(document.verdict, "no_baseline");
          assert.deepEqual(document.baseline, { from: null, to: "stairs@1", candidate: null });
          assert.equal(document.burst?.runs, 40);
          assert.equal(document.burst.failures, 0);
          assert.ok(existsSync(document.report!));
        }),
      );
    }
  }
});
