/** Journals for event-sourced actors, by themselves: `myriad-runtime/journal`. */
export { openFileJournal } from "./file-journal.ts";
export type { FileJournal, FileJournalOptions } from "./file-journal.ts";
export { openMemoryJournal } from "./memory-journal.ts";
export type { MemoryJournalOptions } from "./memory-journal.ts";
export type { FsyncPolicy } from "./fsync-policy.ts";
export type { Recovery } from "./segment-recovery.ts";
