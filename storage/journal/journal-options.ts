import { checksOf, isClock, isObject, isText, isWhole } from "../../runtime/contracts/index.ts";
import type { Check } from "../../runtime/contracts/index.ts";
import { storageError } from "../errors.ts";
import type { FileJournalOptions } from "./file-journal.ts";
import type { MemoryJournalOptions } from "./memory-journal.ts";
import { FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES } from "./segment-format.ts";

const check: Check<"JOURNAL_OPTION_INVALID"> = checksOf(storageError);

const LEAST_SEGMENT_BYTES = SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES;

/** @throws JOURNAL_OPTION_INVALID */
export function checkMemoryOptions(options: MemoryJournalOptions): void {
  check(isObject(options), "JOURNAL_OPTION_INVALID", "The options of a journal are an object", options);
  const { clock } = options;
  check(clock === undefined || isClock(clock), "JOURNAL_OPTION_INVALID", "clock is a Clock", clock);
}

/** All but the policy of syncing. @throws JOURNAL_OPTION_INVALID */
export function checkFileOptions(directory: string, options: FileJournalOptions): void {
  checkMemoryOptions(options);
  const isPath = isText(directory) && directory !== "";
  check(isPath, "JOURNAL_OPTION_INVALID", "The folder of a journal is a path", directory);
  const { segmentBytes = LEAST_SEGMENT_BYTES } = options;
  const isSize = isWhole(segmentBytes, LEAST_SEGMENT_BYTES);
  const expected = `segmentBytes is a whole number from ${LEAST_SEGMENT_BYTES}`;
  check(isSize, "JOURNAL_OPTION_INVALID", expected, segmentBytes);
}
