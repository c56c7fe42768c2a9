/** A journal over another one, whose disk fails by plan. */
import { isJournal, isRandom, MyriadError } from "../contracts/index.ts";
import type { Journal, Random } from "../contracts/index.ts";
import { check } from "../errors.ts";
import { checkChances } from "./faults.ts";

/** All chances are from 0 (default) to 1. */
export interface DiskFaults {
  /** That an append is refused and keeps nothing. */
  readonly refuse?: number;
  /** That an append is kept, and fails all the same: its writer cannot know. */
  readonly loseConfirmation?: number;
  /** That a stream cannot be read. */
  readonly unreadable?: number;
  /** That a snapshot is not kept. */
  readonly refuseSnapshot?: number;
}

const DISK_CHANCES: readonly (keyof DiskFaults)[] = [
  "refuse",
  "loseConfirmation",
  "unreadable",
  "refuseSnapshot",
];

/**
 * What fails does so with JOURNAL_WRITE_FAILED, or JOURNAL_READ_FAILED; all else is the other journal's.
 * @param random decides; equal ones give equal faults
 * @throws FAULTS_INVALID; ARGUMENT_INVALID for what is no journal, or no source of chance
 */
export function faultyJournal(journal: Journal, faults: DiskFaults, random: Random): Journal {
  check(isJournal(journal), "ARGUMENT_INVALID", "What is to be faulty is a Journal", journal);
  check(isRandom(random), "ARGUMENT_INVALID", "random is a Random", random);
  checkChances(faults, DISK_CHANCES);
  const happens = (chance = 0): boolean => chance > 0 && random.next() < chance;
  return {
    async append(stream, expected, events, fence) {
      if (happens(faults.refuse)) throw diskError("JOURNAL_WRITE_FAILED", stream);
      const revision = await journal.append(stream, expected, events, fence);
      if (happens(faults.loseConfirmation)) throw diskError("JOURNAL_WRITE_FAILED", stream);
      return revision;
    },
    async *read(stream, from) {
      if (happens(faults.unreadable)) throw diskError("JOURNAL_READ_FAILED", stream);
      yield* journal.read(stream, from);
    },
    async saveSnapshot(stream, snapshot) {
      if (happens(faults.refuseSnapshot)) throw diskError("JOURNAL_WRITE_FAILED", stream);
      await journal.saveSnapshot(stream, snapshot);
    },
    revision: (stream) => journal.revision(stream),
    streams: (prefix) => journal.streams(prefix),
    loadSnapshot: (stream) => journal.loadSnapshot(stream),
    close: () => journal.close(),
  };
}

function diskError(code: string, stream: string): MyriadError {
  return new MyriadError(code, "internal", "A disk error, injected by the test", { location: stream });
}
