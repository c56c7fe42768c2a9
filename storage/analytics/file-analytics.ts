import { MyriadError } from "../../runtime/contracts/index.ts";
import { storageError } from "../errors.ts";
import { openGuardedJournal } from "../journal/file-journal.ts";
import type { OwnedJournal } from "../journal/file-journal.ts";
import type { Thinner } from "../journal/segment-thinning.ts";
import type { Analytics, BaselineFilter, BaselineRole, PrunedSamples, Promotion } from "./analytics.ts";
import { requireDistinct, requireMeasured, requireSame, requireThere } from "./refusals.ts";
import { decodeRow, encodeRow } from "./row-table.ts";
import type { Bindings, RowTable } from "./row-table.ts";
import { BASELINE_MARKS, BASELINES, COMPARISONS, FORKS, SESSIONS, SETTINGS, SUMMARIES } from "./rows.ts";
import type {
  BaselineMarks,
  BaselineRow,
  ComparisonRow,
  ForkRow,
  MetricSamples,
  SessionRow,
  SettingRow,
  SummaryRow,
} from "./rows.ts";

/**
 * Measurements in plain files: a folder with a journal of its own, so checksums, `fdatasync` before anything is
 * confirmed and the cutting of a torn end are the journal's. A record is one append to one of these streams:
 *
 *   sessions   summaries   comparisons   forks/<session>   baselines   baseline_marks   settings
 *
 * A row is kept by its table's fields, a fork's with its samples beside them; of one key the last row holds.
 * Old samples go by thinning the entries that hold them.
 * A query reads its stream from the beginning, one append at a time: in memory are only the answer and the
 * places of the appends. A field that a table gains later must be optional, or be given to old rows here.
 */
export class FileAnalytics implements Analytics {
  readonly notice: string;
  readonly #folder: string;
  readonly #journal: OwnedJournal;
  readonly #release: () => Promise<void>;
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | null = null;

  constructor(folder: string, journal: OwnedJournal, notice: string, release: () => Promise<void>) {
    this.#folder = folder;
    this.#journal = journal;
    this.#release = release;
    this.notice = notice;
  }

  recordSession(row: SessionRow): Promise<void> {
    return this.#record(SESSIONS, [row]);
  }

  async session(session: string): Promise<SessionRow | null> {
    return (await this.#rows(SESSIONS, { session }, []))[0] ?? null;
  }

  sessions(): Promise<readonly SessionRow[]> {
    return this.#rows(SESSIONS, {}, ["startedAt", "session"]);
  }

  async recordFork(fork: ForkRow, samples: readonly MetricSamples[]): Promise<void> {
    const entry: ForkEntry = { row: encodeRow(FORKS, fork), samples };
    for (const given of samples) requireMeasured(given);
    await this.#inTurn(() => this.#append(forksStream(fork.session), [entry]));
  }

  forksOf(session: string, caseId?: string, version?: string): Promise<readonly ForkRow[]> {
    const filter = {
      ...(caseId === undefined ? {} : { caseId }),
      ...(version === undefined ? {} : { version }),
    };
    return this.#rows(FORKS, filter, ["caseId", "version", "fork"], forksStream(session));
  }

  samplesOf(session: string, caseId: string, version: string, metric: string): Promise<Float64Array[]> {
    return this.#inTurn(async () => {
      const byFork = new Map<number, Float64Array>();
      for await (const entry of this.#read<ForkEntry>(forksStream(session))) {
        const row = decodeRow(FORKS, entry.row);
        if (row.caseId !== caseId || row.version !== version) continue;
        const kept = entry.samples.find((one) => one.metric === metric);
        byFork.set(row.fork, kept?.values.filter((value) => !Number.isNaN(value)) ?? new Float64Array());
      }
      const inOrder = [...byFork].toSorted(([one], [other]) => one - other);
      return inOrder.flatMap(([, values]) => (values.length > 0 ? [values] : []));
    });
  }

  recordSummaries(rows: readonly SummaryRow[]): Promise<void> {
    return this.#record(SUMMARIES, rows);
  }

  summariesOf(session: string): Promise<readonly SummaryRow[]> {
    return this.#rows(SUMMARIES, { session }, ["caseId", "metric", "version"]);
  }

  recordComparisons(rows: readonly ComparisonRow[]): Promise<void> {
    return this.#record(COMPARISONS, rows);
  }

  comparisonsOf(session: string): Promise<readonly ComparisonRow[]> {
    const order = ["caseId", "metric", "baselineVersion", "candidateVersion"] as const;
    return this.#rows(COMPARISONS, { session }, order);
  }

  async establishBaseline(tag: string, rows: readonly Omit<BaselineRow, "tag">[]): Promise<void> {
    const tagged = rows.map((row) => ({ ...row, tag }));
    requireDistinct(tagged);
    const entry: BaselineEntry = {
      kind: "established",
      rows: tagged.map((row) => encodeRow(BASELINES, row)),
    };
    await this.#inTurn(async () => {
      const present = (await this.#baselines()).rows.filter((row) => row.tag === tag);
      if (present.length > 0) requireSame(tag, present, tagged);
      else if (rows.length > 0) await this.#append(BASELINES.name, [entry]);
    });
  }

  async baseline(tag: string): Promise<readonly BaselineRow[]> {
    const { rows } = await this.#inTurn(() => this.#baselines());
    return sorted(rows.filter((row) => row.tag === tag), ["caseId", "metric"]); // prettier-ignore
  }

  async requireBaseline(tag: string): Promise<readonly BaselineRow[]> {
    return requireThere(tag, await this.baseline(tag));
  }

  async baselines(filter: BaselineFilter = {}): Promise<readonly BaselineRow[]> {
    const { rows } = await this.#inTurn(() => this.#baselines());
    return sorted(rows.filter(matching<BaselineRow>(filter)), ["createdAt", "tag", "caseId", "metric"]);
  }

  currentBaseline(caseId: string): Promise<readonly BaselineRow[]> {
    return this.#baselineIn("current", caseId);
  }

  releaseBaseline(caseId: string): Promise<readonly BaselineRow[]> {
    return this.#baselineIn("release", caseId);
  }

  promote(tag: string, role: BaselineRole = "current"): Promise<readonly Promotion[]> {
    return this.#inTurn(async () => {
      const { rows, promoted } = await this.#baselines();
      const own = requireThere(tag, rows.filter((row) => row.tag === tag)); // prettier-ignore
      await this.#append(BASELINES.name, [{ kind: "promoted", tag, role } satisfies BaselineEntry]);
      const cases = new Set(sorted(own, ["caseId"]).map(({ caseId }) => caseId));
      return [...cases].map((caseId) => ({ caseId, from: promoted[role].get(caseId) ?? null, to: tag }));
    });
  }

  async markBaseline(marks: BaselineMarks): Promise<void> {
    const entry: RowEntry = { row: encodeRow(BASELINE_MARKS, marks) };
    await this.#inTurn(async () => {
      const { rows } = await this.#baselines();
      requireThere(marks.tag, rows.filter((row) => row.tag === marks.tag)); // prettier-ignore
      await this.#append(BASELINE_MARKS.name, [entry]);
    });
  }

  baselineMarks(): Promise<readonly BaselineMarks[]> {
    return this.#rows(BASELINE_MARKS, {}, ["tag"]);
  }

  async setting(name: string): Promise<unknown> {
    return (await this.#rows<SettingRow>(SETTINGS, { name }, []))[0]?.value ?? null;
  }

  recordSetting(name: string, value: unknown): Promise<void> {
    return this.#record(SETTINGS, [{ name, value }]);
  }

  pruneSamples(before: number, dryRun: boolean): Promise<PrunedSamples> {
    return this.#inTurn(async () => {
      const inForce = await this.#inForce();
      const isOld = (row: ForkRow): boolean => row.recordedAt < before && !inForce.has(versionKey(row));
      const found = { forks: 0, samples: 0 };
      const streams = new Set<string>();
      for (const stream of await this.#journal.streams(forksStream(""))) {
        const old = await this.#oldSamples(stream, isOld);
        if (old.length > 0) streams.add(stream);
        found.forks += old.length;
        found.samples += old.reduce((sum, samples) => sum + samples, 0);
      }
      const thin = (event: unknown): unknown => {
        const entry = event as ForkEntry;
        const goes = entry.samples.length > 0 && isOld(decodeRow(FORKS, entry.row));
        return goes ? { ...entry, samples: [] } : event;
      };
      return { ...found, ...(await this.#thin({ streams: dryRun ? new Set() : streams, thin })) };
    });
  }

  /** Of each fork of the stream that is old, and has any, the number of its samples. */
  async #oldSamples(stream: string, isOld: (row: ForkRow) => boolean): Promise<readonly number[]> {
    const latest = new Map<string, number>();
    for await (const { row: kept, samples } of this.#read<ForkEntry>(stream)) {
      const row = decodeRow(FORKS, kept);
      const values = samples.flatMap((one) => [...one.values]).filter((value) => !Number.isNaN(value));
      latest.set(JSON.stringify([versionKey(row), row.fork]), isOld(row) ? values.length : 0);
    }
    return [...latest.values()].filter((samples) => samples > 0);
  }

  /** Versions that a current or released baseline is of. */
  async #inForce(): Promise<ReadonlySet<string>> {
    const { rows, promoted } = await this.#baselines();
    const named = rows.filter(({ caseId, tag }) =>
      Object.values(promoted).some((role) => role.get(caseId) === tag),
    );
    return new Set(
      named.map(({ samplesSession, samplesVersion, caseId }) =>
        versionKey({ session: samplesSession, version: samplesVersion, caseId }),
      ),
    );
  }

  async #thin(thinner: Thinner): Promise<Pick<PrunedSamples, "bytesBefore" | "bytesAfter">> {
    try {
      const { bytesBefore, bytesAfter } = await this.#journal.thin(thinner);
      return { bytesBefore, bytesAfter };
    } catch (cause) {
      const message = "Old samples could not be removed.";
      throw storageError("ANALYTICS_WRITE_FAILED", message, { location: this.#folder, cause });
    }
  }

  /** Says all of it again to another one, in an order that gives the same answers there. */
  async copyTo(other: Analytics): Promise<void> {
    for (const row of await this.sessions()) await other.recordSession(row);
    for (const stream of await this.#journal.streams(forksStream(""))) {
      for await (const entry of this.#read<ForkEntry>(stream)) {
        await other.recordFork(decodeRow(FORKS, entry.row), entry.samples);
      }
    }
    await other.recordSummaries(await this.#rows(SUMMARIES, {}, []));
    await other.recordComparisons(await this.#rows(COMPARISONS, {}, []));
    for await (const entry of this.#read<BaselineEntry>(BASELINES.name)) await sayAgain(entry, other);
    for (const marks of await this.baselineMarks()) await other.markBaseline(marks);
    for (const { name, value } of await this.#rows(SETTINGS, {}, [])) await other.recordSetting(name, value);
  }

  close(): Promise<void> {
    this.#closing ??= this.#last.then(() => this.#journal.close()).finally(this.#release);
    return this.#closing;
  }

  async #record<Row extends object>(table: RowTable<Row>, rows: readonly Row[]): Promise<void> {
    const entries = rows.map((row): RowEntry => ({ row: encodeRow(table, row) }));
    await this.#inTurn(() => this.#append(table.name, entries));
  }

  #rows<Row extends object>(
    table: RowTable<Row>,
    filter: Partial<Row>,
    order: readonly (keyof Row & string)[],
    stream: string = table.name,
  ): Promise<readonly Row[]> {
    return this.#inTurn(async () => {
      const latest = new Map<string, Row>();
      const wanted = matching(filter);
      for await (const entry of this.#read<RowEntry>(stream)) {
        const row = decodeRow(table, entry.row);
        if (wanted(row)) latest.set(JSON.stringify(table.key.map((field) => row[field])), row);
      }
      return sorted([...latest.values()], order);
    });
  }

  async #baselineIn(role: BaselineRole, caseId: string): Promise<readonly BaselineRow[]> {
    const { rows, promoted } = await this.#inTurn(() => this.#baselines());
    const tag = promoted[role].get(caseId);
    return sorted(rows.filter((row) => row.caseId === caseId && row.tag === tag), ["metric"]); // prettier-ignore
  }

  async #baselines(): Promise<KeptBaselines> {
    const rows: BaselineRow[] = [];
    const promoted = { current: new Map<string, string>(), release: new Map<string, string>() };
    for await (const entry of this.#read<BaselineEntry>(BASELINES.name)) {
      if (entry.kind === "established") {
        rows.push(...entry.rows.map((row) => decodeRow(BASELINES, row)));
      } else {
        const role = promoted[entry.role ?? "current"];
        for (const { tag, caseId } of rows) if (tag === entry.tag) role.set(caseId, tag);
      }
    }
    return { rows, promoted };
  }

  /** To be called in turn: nobody else may move the stream on meanwhile. */
  async #append(stream: string, entries: readonly unknown[]): Promise<void> {
    try {
      await this.#journal.append(stream, await this.#journal.revision(stream), entries);
    } catch (cause) {
      const message = "A record could not be stored.";
      throw storageError("ANALYTICS_WRITE_FAILED", message, { location: this.#folder, cause });
    }
  }

  /** The entries are as this class wrote them: the journal's checksums vouch for it. */
  async *#read<Entry>(stream: string): AsyncGenerator<Entry> {
    try {
      for await (const { event } of this.#journal.read(stream)) yield event as Entry;
    } catch (cause) {
      throw storageError("ANALYTICS_READ_FAILED", "A query failed.", { location: this.#folder, cause });
    }
  }

  async #inTurn<Answer>(action: () => Promise<Answer>): Promise<Answer> {
    if (this.#closing !== null) throw storageError("ANALYTICS_CLOSED", "The analytics files are closed.");
    const turn = this.#last.then(action);
    this.#last = turn.catch(() => undefined);
    return await turn;
  }
}

interface RowEntry {
  readonly row: Bindings;
}

interface ForkEntry extends RowEntry {
  readonly samples: readonly MetricSamples[];
}

type BaselineEntry =
  | { readonly kind: "established"; readonly rows: readonly Bindings[] }
  /** Without a role: current, from before there were others. */
  | { readonly kind: "promoted"; readonly tag: string; readonly role?: BaselineRole };

interface KeptBaselines {
  readonly rows: readonly BaselineRow[];
  /** The tag of each case that has one in the role. */
  readonly promoted: Readonly<Record<BaselineRole, ReadonlyMap<string, string>>>;
}

/**
 * Opens or makes the folder, which the caller owns until `release` is called, after closing.
 * @throws STATE_IN_USE, STATE_NEWER, STATE_UNWRITABLE, ANALYTICS_CORRUPT
 */
export async function openFileAnalytics(
  folder: string,
  notice: string,
  release: () => Promise<void>,
): Promise<FileAnalytics> {
  try {
    return new FileAnalytics(folder, await openGuardedJournal(folder, {}), notice, release);
  } catch (error) {
    throw openingFailure(folder, error);
  }
}

function openingFailure(folder: string, error: unknown): unknown {
  if (!(error instanceof MyriadError)) return error;
  const detail = { location: error.location ?? folder, cause: error };
  if (error.code === "JOURNAL_CORRUPT") return storageError("ANALYTICS_CORRUPT", error.message, detail);
  if (error.code === "JOURNAL_IN_USE") return storageError("STATE_IN_USE", error.message, detail);
  if (error.code === "STATE_NEWER") return error;
  return storageError("STATE_UNWRITABLE", error.message, detail);
}

async function sayAgain(entry: BaselineEntry, other: Analytics): Promise<void> {
  if (entry.kind === "promoted") {
    await other.promote(entry.tag, entry.role);
    return;
  }
  const rows = entry.rows.map((row) => decodeRow(BASELINES, row));
  await other.establishBaseline(rows[0]!.tag, rows);
}

function versionKey({ session, version, caseId }: Pick<ForkRow, "session" | "version" | "caseId">): string {
  return JSON.stringify([session, version, caseId]);
}

function forksStream(session: string): string {
  return `forks/${session}`;
}

function matching<Row extends object>(filter: Partial<Row>): (row: Row) => boolean {
  const fields = Object.keys(filter) as (keyof Row)[];
  return (row) => fields.every((field) => row[field] === filter[field]);
}

function sorted<Row>(rows: readonly Row[], order: readonly (keyof Row)[]): readonly Row[] {
  return rows.toSorted((one, other) => {
    for (const field of order) {
      const difference = compare(one[field], other[field]);
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

/** Texts by their bytes in UTF-8, as DuckDB does. */
function compare(one: unknown, other: unknown): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return Buffer.compare(Buffer.from(String(one)), Buffer.from(String(other)));
}
