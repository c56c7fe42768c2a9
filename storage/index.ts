export { openStateDirectory } from "./state-directory.ts";
export type { StateDirectory, StateDirectoryOptions } from "./state-directory.ts";
export { openMemoryJournal } from "./journal/memory-journal.ts";
export { openFileJournal } from "./journal/file-journal.ts";
export type {
  FileJournal,
  FileJournalOptions,
  OwnedJournal,
  ThinnedJournal,
} from "./journal/file-journal.ts";
export type { Thinner } from "./journal/segment-thinning.ts";
export type { Recovery } from "./journal/segment-recovery.ts";
export {
  checkAppend,
  checkPrefix,
  checkSnapshot,
  checkStreamName,
  checkUnchanged,
} from "./journal/admission.ts";
export { decodePlainData, encodePlainData } from "./journal/plain-data.ts";
export type { FsyncPolicy } from "./journal/fsync-policy.ts";
export { openAnalytics } from "./analytics/open-analytics.ts";
export type { LoadDuckdb } from "./analytics/open-analytics.ts";
export { writeParquet } from "./analytics/parquet-file.ts";
export type { ColumnType, TableColumn, TableRow } from "./analytics/parquet-file.ts";
export type {
  Analytics,
  BaselineFilter,
  BaselineRole,
  Promotion,
  PrunedSamples,
} from "./analytics/analytics.ts";
export type {
  BaselineMarks,
  BaselineRow,
  ComparisonRow,
  ForkRow,
  MetricSamples,
  SessionRow,
  SettingRow,
  SummaryRow,
} from "./analytics/rows.ts";
export { STORAGE_ERRORS, storageError } from "./errors.ts";
export type { StorageErrorCode } from "./errors.ts";
