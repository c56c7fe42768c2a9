export { openMemoryJournal } from "./journal/memory-journal.ts";
export { openFileJournal } from "./journal/file-journal.ts";
export type { FileJournal, FileJournalOptions } from "./journal/file-journal.ts";
export type { Recovery } from "./journal/segment-recovery.ts";
export type { FsyncPolicy } from "./journal/segment-writer.ts";
export { STORAGE_ERRORS } from "./errors.ts";
export type { StorageErrorCode } from "./errors.ts";
