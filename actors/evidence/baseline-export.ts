/**
 * Baselines for other programs: CSV, JSON, Parquet and OpenMetrics. A file appears under its name only when it is
 * whole; what lay there before is there until then.
 */
import { open, rename, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { writeParquet } from "../../storage/index.ts";
import type { Analytics, BaselineRow } from "../../storage/index.ts";
import { MyriadError } from "../../runtime/contracts/index.ts";
import { actorError } from "../errors.ts";
import { openMetricsText } from "./baseline-export-openmetrics.ts";
import { baselineTable, sampleTable } from "./baseline-export-table.ts";
import type { ExportTable } from "./baseline-export-table.ts";
import { csvText, jsonText } from "./baseline-export-text.ts";
import { summariesOf } from "./baseline-list.ts";

/** The forms in which baselines are exported. */
export type ExportFormat = "csv" | "json" | "parquet" | "openmetrics";

/** What is to be exported, and how. */
export interface ExportRequest {
  readonly format: ExportFormat;
  /** Empty: all. */
  readonly tags: readonly string[];
  /** The raw samples in place of the figures. */
  readonly samples: boolean;
}

/** Baselines that are ready to be written. */
export interface BaselineExport {
  /** Baselines times metrics; of samples, those whose samples are written. */
  readonly baselines: number;
  /** In pieces. @throws BASELINE_EXPORT_REFUSED: Parquet is no text */
  text(): Iterable<string> | AsyncIterable<string>;
  /** Its absolute path. @throws BASELINE_EXPORT_REFUSED, INSTALLATION_INCOMPLETE */
  writeTo(file: string): Promise<string>;
}

/** @throws BASELINE_UNKNOWN, BASELINE_EXPORT_REFUSED: OpenMetrics has no samples */
export async function exportBaselines(
  { format, tags, samples }: ExportRequest,
  analytics: Analytics,
): Promise<BaselineExport> {
  if (format === "openmetrics" && samples) throw refused("OpenMetrics has figures, no raw samples");
  const rows = await rowsOf(tags, analytics);
  const summaries = await summariesOf(analytics, rows);
  const baselines = rows.map((row, at) => ({ row, summary: summaries[at]! }));
  const table = (): ExportTable => (samples ? sampleTable(baselines, analytics) : baselineTable(baselines));
  const text = (): Iterable<string> | AsyncIterable<string> => {
    switch (format) {
      case "csv":
        return csvText(table());
      case "json":
        return jsonText(table());
      case "openmetrics":
        return [openMetricsText(baselines)];
      case "parquet":
        throw refused("Parquet is no text: give the file to write");
    }
  };
  const write = async (file: string): Promise<void> => {
    if (format === "parquet") {
      const { columns, rows: cells } = table();
      await writeParquet(file, columns, cells);
    } else await writeFile(file, text());
  };
  return { baselines: baselines.length, text, writeTo: (file) => writeWhole(resolve(file), write) };
}

async function rowsOf(tags: readonly string[], analytics: Analytics): Promise<readonly BaselineRow[]> {
  if (tags.length === 0) return await analytics.baselines();
  const rows = await Promise.all([...new Set(tags)].map((tag) => analytics.requireBaseline(tag)));
  return rows.flat();
}

async function writeWhole(file: string, write: (draft: string) => Promise<void>): Promise<string> {
  const draft = `${file}.${process.pid}.part`;
  try {
    // Made here, so that a place that cannot be written is the system's to say, not DuckDB's.
    await (await open(draft, "w")).close();
    await write(draft);
    await rename(draft, file);
    return file;
  } catch (error) {
    await rm(draft, { force: true });
    if (error instanceof MyriadError) throw error;
    throw refused(`${file} cannot be written`, file, error);
  }
}

function refused(message: string, location?: string, cause?: unknown): Error {
  return actorError("BASELINE_EXPORT_REFUSED", message, {
    ...(location === undefined ? {} : { location }),
    ...(cause === undefined ? {} : { cause }),
  });
}
