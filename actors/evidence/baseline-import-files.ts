/**
 * Finds and reads what another tool has measured: a file whose content says which tool it is of, or a folder of
 * Criterion's. Nothing in a file is trusted: its size, its names and every figure are bounded and checked first, and
 * what is wrong is said with its place.
 */
import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import {
  CRITERION,
  criterionBenchmark,
  criterionFolders,
  isCriterionFile,
  isCriterionSample,
  NAME_SCHEMA,
  nameOfFolder,
  SAMPLE_SCHEMA,
} from "./baseline-import-criterion.ts";
import type { CriterionSample } from "./baseline-import-criterion.ts";
import { importInvalid, requireSchema } from "./baseline-import-format.ts";
import type { ImportedBenchmark, ImportFormat } from "./baseline-import-format.ts";
import { googleBenchmark } from "./baseline-import-google.ts";
import { hyperfine } from "./baseline-import-hyperfine.ts";
import { jmh } from "./baseline-import-jmh.ts";
import { tinybench } from "./baseline-import-tinybench.ts";

export interface ImportedFile {
  readonly tool: string;
  /** Of the bytes that were read: the same ones are the same import. */
  readonly digest: string;
  readonly file: string;
  readonly benchmarks: readonly ImportedBenchmark[];
}

const MOST_BYTES = 256 * 1024 * 1024;
const MOST_NAME = 300;
const TOOLS = "Criterion.rs, hyperfine, JMH, Google Benchmark, tinybench";

/** One a file; of a folder, one a benchmark of Criterion's. @throws BASELINE_IMPORT_INVALID */
export async function readImports(path: string): Promise<readonly ImportedFile[]> {
  const file = resolve(path);
  const entry = await stat(file).catch((cause: unknown) => {
    throw importInvalid(file, "", "there is no such file or folder", cause);
  });
  if (!entry.isDirectory()) return [await readImport(file)];
  const folders = await criterionFolders(file).catch((cause: unknown) => {
    throw importInvalid(file, "", "a folder in it cannot be read", cause);
  });
  if (folders.length > 0) return await Promise.all(folders.map((one) => readCriterion(one)));
  throw importInvalid(file, "", "the folder holds no results of Criterion.rs (new/sample.json)");
}

async function readImport(file: string): Promise<ImportedFile> {
  const { value, digest } = await readJson(file);
  if (isCriterionSample(value)) return await readCriterion(dirname(file), file);
  if (isCriterionFile(value)) return await readCriterion(dirname(file));
  const name = basename(file).replace(/\.json$/i, "");
  const found =
    benchmarksIf(hyperfine, value, file, name) ??
    benchmarksIf(jmh, value, file, name) ??
    benchmarksIf(googleBenchmark, value, file, name) ??
    benchmarksIf(tinybench, value, file, name);
  if (found === null) throw importInvalid(file, "", `it is of none of these tools: ${TOOLS}`);
  return { ...found, digest, file };
}

function benchmarksIf<Content>(
  format: ImportFormat<Content>,
  value: unknown,
  file: string,
  name: string,
): Pick<ImportedFile, "tool" | "benchmarks"> | null {
  if (!format.recognises(value)) return null;
  requireSchema(value, format.schema, file);
  return { tool: format.tool, benchmarks: named(format.benchmarksOf(value as Content, name), file) };
}

async function readCriterion(folder: string, file = join(folder, "sample.json")): Promise<ImportedFile> {
  const { value, digest } = await readJson(file);
  requireSchema(value, SAMPLE_SCHEMA, file);
  const sample = value as CriterionSample;
  if (sample.iters.length !== sample.times.length) {
    throw importInvalid(file, "times", `${sample.times.length} times for ${sample.iters.length} iters`);
  }
  const benchmark = criterionBenchmark(await criterionName(folder), sample);
  return { tool: CRITERION, digest, file, benchmarks: named([benchmark], file) };
}

async function criterionName(folder: string): Promise<string> {
  const file = join(folder, "benchmark.json");
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (!isThere) return nameOfFolder(folder);
  const { value } = await readJson(file);
  requireSchema(value, NAME_SCHEMA, file);
  return (value as { readonly full_id: string }).full_id;
}

/** On one line, without control characters: names are printed on terminals. */
function named(benchmarks: readonly ImportedBenchmark[], file: string): readonly ImportedBenchmark[] {
  if (benchmarks.length === 0) throw importInvalid(file, "", "no benchmark is in it");
  const seen = new Set<string>();
  return benchmarks.map((benchmark) => {
    const name = benchmark.name.replaceAll(/[\s\p{C}]+/gu, " ").trim();
    if (name === "" || name.length > MOST_NAME) {
      throw importInvalid(
        file,
        "",
        `a benchmark's name has ${name.length} characters, not 1 to ${MOST_NAME}`,
      );
    }
    if (seen.has(name)) throw importInvalid(file, "", `"${name}" is in it twice`);
    seen.add(name);
    return { ...benchmark, name };
  });
}

interface ReadJson {
  readonly value: unknown;
  readonly digest: string;
}

async function readJson(file: string): Promise<ReadJson> {
  const bytes = await readBytes(file);
  const text = new TextDecoder().decode(bytes);
  const digest = createHash("sha256").update(bytes).digest("hex");
  try {
    return { value: JSON.parse(text) as unknown, digest };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : "";
    throw importInvalid(
      placeOf(file, text),
      "",
      `it is no JSON: ${message.replaceAll(/\s+/g, " ").slice(0, 200)}`,
      cause,
    );
  }
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    const handle = await open(file, "r");
    try {
      const entry = await handle.stat();
      if (!entry.isFile()) throw importInvalid(file, "", "it is no file");
      if (entry.size > MOST_BYTES)
        throw importInvalid(file, "", `it is larger than ${MOST_BYTES / 1_048_576} MiB`);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "BASELINE_IMPORT_INVALID") throw error;
    throw importInvalid(file, "", "it cannot be read", error);
  }
}

/** Longer ones are mended with a tool that says it. */
const MOST_PLACED = 1024 * 1024;

/** With line and column: the runtimes' own parser does not always say where it stopped, that of YAML does. */
function placeOf(file: string, text: string): string {
  if (text.length > MOST_PLACED) return file;
  const lines = new LineCounter();
  const broken = parseDocument(text, { lineCounter: lines, prettyErrors: false }).errors[0];
  if (broken === undefined) return file;
  const { line, col } = lines.linePos(broken.pos[0]);
  return `${file}:${line}:${col}`;
}
