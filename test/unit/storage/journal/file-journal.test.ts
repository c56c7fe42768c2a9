import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Journal } from "../../../../runtime/contracts/index.ts";
import { openFileJournal } from "../../../../storage/index.ts";
import { journalContract } from "../../../contract/journal-contract.ts";

const directories = new WeakMap<Journal, string>();

for (const [name, options] of [
  ["file", {}],
  ["file (tiny segments)", { segmentBytes: 64 }],
  ["file (synced once in a while)", { fsync: { intervalMs: 50 } }],
  ["file (never synced)", { fsync: "never" }],
] as const) {
  journalContract(name, {
    async open(clock) {
      const directory = await mkdtemp(join(tmpdir(), "journal-"));
      const journal = await openFileJournal(directory, { clock, ...options });
      directories.set(journal, directory);
      return journal;
    },
    async release(journal) {
      await journal.close();
      await rm(directories.get(journal)!, { recursive: true });
    },
  });
}
