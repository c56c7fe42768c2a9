/**
 * Baselines of other tools: what was measured elsewhere, kept beside one's own so that it can be listed, exported
 * and looked back at. Such a one has figures and samples but no program, so nothing is ever run against it, it is
 * never promoted, and its fingerprint is `foreign`: it is compared with by figures alone, and only when asked.
 *
 * A file that is imported again gives the tags it gave before.
 */
import { forkMeans, studentTQuantile, summarise } from "../../kernels/statistics/index.ts";
import type { Analytics, ForkRow, MetricSamples } from "../../storage/index.ts";
import { packageVersion } from "../workflow/environment.ts";
import type { Environment } from "../workflow/session-document.ts";
import { readImports } from "./baseline-import-files.ts";
import type { ImportedFile } from "./baseline-import-files.ts";
import { importInvalid } from "./baseline-import-format.ts";
import type { ImportedBenchmark, ImportedMetric } from "./baseline-import-format.ts";
import type { EvidenceStore, NewBaselineRow } from "./evidence-store.ts";
import { tagFor } from "./baseline-tag.ts";

export const FOREIGN_FINGERPRINT = "foreign";
const VERSION = "imported";

/** A fork and its samples, as the database takes them. */
export interface ForeignFork {
  readonly row: ForkRow;
  readonly samples: readonly MetricSamples[];
}

export interface ImportOptions {
  /** Of the one benchmark in the file; default: the benchmark's own name. */
  readonly caseId: string | null;
}

interface Services {
  readonly analytics: Analytics;
  readonly evidence: EvidenceStore;
  readonly now: number;
}

/** The tags, in the order of the benchmarks. @throws BASELINE_IMPORT_INVALID; then nothing was kept */
export async function importBaselines(
  path: string,
  { caseId }: ImportOptions,
  services: Services,
): Promise<readonly string[]> {
  const files = await readImports(path);
  const benchmarks = files.flatMap((file) => file.benchmarks.map((benchmark) => ({ file, benchmark })));
  if (caseId !== null && benchmarks.length > 1) {
    throw importInvalid(
      path,
      "",
      `it holds ${benchmarks.length} benchmarks, which cannot all be "${caseId}"`,
    );
  }
  const ready = benchmarks.map(({ file, benchmark }) =>
    foreignBaseline(file, benchmark, caseId ?? benchmark.name, services.now),
  );
  const tags: string[] = [];
  for (const { forks, rows } of ready) {
    const [{ caseId: id, samplesSession }] = rows;
    const tag = tagFor(id, await services.analytics.baselines({ caseId: id }), samplesSession, VERSION);
    await services.evidence.importBaseline(tag, rows, forks);
    tags.push(tag);
  }
  return tags;
}

interface ForeignBaseline {
  readonly rows: readonly [NewBaselineRow, ...NewBaselineRow[]];
  readonly forks: readonly ForeignFork[];
}

function foreignBaseline(
  file: ImportedFile,
  benchmark: ImportedBenchmark,
  caseId: string,
  now: number,
): ForeignBaseline {
  const samplesSession = `import-${file.digest.slice(0, 16)}`;
  const origin = { file, benchmark, caseId, samplesSession, now };
  const [first, ...rest] = benchmark.metrics.map((metric) => rowOf(metric, origin));
  if (first === undefined) throw importInvalid(file.file, "", `"${benchmark.name}" has no metric`);
  return { rows: [first, ...rest], forks: forksOf(origin) };
}

interface Origin {
  readonly file: ImportedFile;
  readonly benchmark: ImportedBenchmark;
  readonly caseId: string;
  readonly samplesSession: string;
  readonly now: number;
}

function rowOf(
  imported: ImportedMetric,
  { file, benchmark, caseId, samplesSession, now }: Origin,
): NewBaselineRow {
  const { metric, unit, direction } = imported;
  return {
    caseId,
    subject: benchmark.name,
    metric,
    unit,
    direction,
    tolerance: null,
    ...figuresOf(imported, file.file, benchmark.name),
    samplesSession,
    samplesVersion: VERSION,
    environment: foreignEnvironment(file.tool),
    programDigest: "",
    createdAt: now,
    note: `imported from ${file.file}`,
    tool: file.tool,
  };
}

function foreignEnvironment(tool: string): Environment {
  const unknown = { platform: "unknown", cpu: "unknown", cores: 0, memoryMb: 0 };
  return { myriad: packageVersion(), runtime: tool, ...unknown, fingerprint: FOREIGN_FINGERPRINT };
}

type Figures = Pick<NewBaselineRow, "n" | "mean" | "stdDev" | "ciLow" | "ciHigh">;

function figuresOf(imported: ImportedMetric, file: string, name: string): Figures {
  const { metric, forks, figures } = imported;
  const processes = forks.length > 1 ? forks : (forks[0] ?? new Float64Array());
  const tooFew = processes.length < 2;
  if (tooFew && !((figures?.n ?? 0) > 1)) {
    throw importInvalid(file, "", `${metric} of "${name}" was measured less than twice: it has no interval`);
  }
  try {
    const own = tooFew ? toolFigures(figures!) : sampleFigures(processes);
    if (Object.values(own).every((figure) => Number.isFinite(figure))) return own;
  } catch (cause) {
    // The statistics refuse what cannot be summed.
    throw importInvalid(file, "", `${metric} of "${name}" is out of all bounds`, cause);
  }
  throw importInvalid(file, "", `${metric} of "${name}" is out of all bounds`);
}

/** Of fork means where there are forks, as of one's own baselines; else of the samples. */
function sampleFigures(samples: Float64Array | readonly Float64Array[]): Figures {
  const values = samples instanceof Float64Array ? samples : forkMeans(samples);
  const { n, mean, stdDev, ci99 } = summarise(values);
  return { n, mean, stdDev, ciLow: ci99.mean[0], ciHigh: ci99.mean[1] };
}

function toolFigures({ n, mean, stdDev }: NonNullable<ImportedMetric["figures"]>): Figures {
  const reach = (studentTQuantile(0.995, n - 1) * stdDev) / Math.sqrt(n);
  return { n, mean, stdDev, ciLow: mean - reach, ciHigh: mean + reach };
}

function forksOf({ file, benchmark, caseId, samplesSession, now }: Origin): readonly ForeignFork[] {
  const { metrics, failures } = benchmark;
  const count = Math.max(...metrics.map(({ forks }) => forks.length));
  return Array.from({ length: count }, (_, fork) => {
    const samples = metrics.flatMap(({ metric, forks }) => {
      const values = forks[fork];
      return values === undefined ? [] : [{ metric, values }];
    });
    const row: ForkRow = {
      session: samplesSession,
      caseId,
      version: VERSION,
      fork,
      order: fork,
      node: FOREIGN_FINGERPRINT,
      engine: file.tool,
      iterations: Math.max(...samples.map(({ values }) => values.length)),
      // The tools count failures over all runs, so the first fork has them all.
      failures: fork === 0 ? failures : 0,
      outcomes: {},
      cpuMs: 0,
      peakMb: 0,
      recordedAt: now,
    };
    return { row, samples };
  });
}
