import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import { exportBaselines } from "../../../actors/evidence/baseline-export.ts";
import type { ExportRequest } from "../../../actors/evidence/baseline-export.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { csvRecords } from "../../kit/csv.ts";
import { forkRow } from "../../kit/analytics.ts";
import { parseOpenMetrics } from "../../kit/open-metrics.ts";
import { openKept } from "../../kit/services.ts";
import type { Kept } from "../../kit/services.ts";
import { baselineRowOf, ENVIRONMENT } from "../../kit/session.ts";

const ODD = 'a "b",\r\nc\\d';

describe("exported baselines", () => {
  let home: Kept;
  let folder: string;
  before(async () => {
    home = await openKept();
    folder = await mkdtemp(join(tmpdir(), "myriad-export-"));
    const { evidence, state } = home;
    await evidence.establish("plain@1", [
      baselineRowOf({ caseId: "plain", mean: 1_500, samplesSession: "s1" }),
      baselineRowOf({
        caseId: "plain",
        metric: "peak_memory",
        unit: "MB",
        mean: 40,
        samplesSession: "s1",
      }),
    ]);
    await evidence.establish("odd@1", [
      baselineRowOf({
        caseId: ODD,
        subject: ODD,
        metric: "gc.alloc/rate",
        unit: "ops/ms",
        direction: "higher",
        createdAt: 1_700_000_000_123,
        samplesSession: "s2",
        tool: "JMH",
      }),
      baselineRowOf({ caseId: ODD, metric: "gc.alloc.rate", unit: "widgets", samplesSession: "s2" }),
    ]);
    await evidence.promote("plain@1", "release");
    await evidence.markBaseline({ tag: "odd@1", label: "", note: "new\nline", changedAt: 1 });
    for (const fork of [0, 1]) {
      const row = forkRow(fork, { session: "s1", caseId: "plain", version: "candidate" });
      await state.analytics.recordFork(row, [
        { metric: "wall_time", values: Float64Array.of(0.1 + fork, 1e300) },
        { metric: "peak_memory", values: Float64Array.of(40) },
      ]);
    }
  });
  after(async () => {
    await home.close();
    await rm(folder, { recursive: true });
  });

  const request = (part: Partial<ExportRequest>): ExportRequest => ({
    format: "csv",
    tags: [],
    samples: false,
    ...part,
  });
  const textOf = async (part: Partial<ExportRequest>): Promise<string> => {
    let text = "";
    const exported = await exportBaselines(request(part), home.state.analytics);
    for await (const piece of exported.text()) text += piece;
    return text;
  };
  const readParquet = async (part: Partial<ExportRequest>): Promise<readonly Record<string, unknown>[]> => {
    const exported = await exportBaselines(request({ ...part, format: "parquet" }), home.state.analytics);
    const file = await exported.writeTo(join(folder, "it's.parquet"));
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    const result = await connection.run("SELECT * FROM read_parquet($file)", { file });
    const rows = await result.getRowObjects();
    connection.closeSync();
    instance.closeSync();
    return rows;
  };

  it("are CSV as RFC 4180 has it, whatever names hold", async () => {
    const text = await textOf({});
    assert.doesNotMatch(text.replaceAll("\r\n", ""), /^[^"]*\n/);
    const [header, ...records] = csvRecords(text);
    assert.equal(records.length, 4);
    const fields = records.map((record) => Object.fromEntries(header!.map((name, at) => [name, record[at]])));
    const odd = fields.find(({ tool }) => tool === "JMH")!;
    assert.deepEqual([odd["case_id"], odd["subject"], odd["note"]], [ODD, ODD, "new\nline"]);
    assert.equal(odd["created_at"], "2023-11-14T22:13:20.123Z");
    const plain = fields.filter(({ case_id }) => case_id === "plain");
    assert.deepEqual(
      plain.map(({ metric, mean, is_release, is_current, fingerprint }) => [
        metric,
        Number(mean),
        is_release,
        is_current,
        fingerprint,
      ]),
      [
        ["peak_memory", 40, "true", "false", ENVIRONMENT.fingerprint],
        ["wall_time", 1_500, "true", "false", ENVIRONMENT.fingerprint],
      ],
    );
    assert.match(text, /,"",/, "an empty label is not a missing one");
  });

  it("are JSON, one object a row, and an empty list where there are none", async () => {
    const rows = JSON.parse(await textOf({ format: "json", tags: ["odd@1"] })) as readonly {
      readonly case_id: string;
      readonly tolerance: number;
    }[];
    assert.deepEqual(rows.map((row) => [row.case_id, row.tolerance]), [[ODD, 0.02], [ODD, 0.02]]); // prettier-ignore
    const empty = await openKept();
    try {
      const exported = await exportBaselines(request({ format: "json" }), empty.state.analytics);
      let text = "";
      for await (const piece of exported.text()) text += piece;
      assert.deepEqual(JSON.parse(text), []);
    } finally {
      await empty.close();
    }
  });

  it("are Parquet that DuckDB reads back, with types", async () => {
    const rows = await readParquet({});
    assert.equal(rows.length, 4);
    const odd = rows.find(({ tool }) => tool === "JMH")!;
    assert.deepEqual(
      [odd["case_id"], odd["mean"], odd["n"], odd["is_current"], odd["label"], odd["note"]],
      [ODD, 100, 20, false, "", "new\nline"],
    );
    assert.equal(String(odd["created_at"]), "2023-11-14 22:13:20.123");
    assert.equal(rows.find(({ metric }) => metric === "peak_memory")!["tool"], null);
  });

  it("give every raw sample, exactly and in order, in CSV and Parquet", async () => {
    const expected = [
      ["peak_memory", 0, 0, 40],
      ["peak_memory", 1, 0, 40],
      ["wall_time", 0, 0, 0.1],
      ["wall_time", 0, 1, 1e300],
      ["wall_time", 1, 0, 1.1],
      ["wall_time", 1, 1, 1e300],
    ];
    const rows = await readParquet({ samples: true, tags: ["plain@1"] });
    assert.deepEqual(
      rows.map(({ metric, fork, iteration, value }) => [metric, fork, iteration, value]),
      expected,
    );
    const [, ...records] = csvRecords(await textOf({ samples: true, tags: ["plain@1"] }));
    assert.deepEqual(
      records.map(([, , metric, , fork, iteration, value]) => [metric, Number(fork), Number(iteration), Number(value)]), // prettier-ignore
      expected,
    );
  });

  it("are OpenMetrics in base units, told apart by labels, with the time they were made", async () => {
    const families = parseOpenMetrics(await textOf({ format: "openmetrics" }));
    const mean = families.get("myriad_wall_time_mean_seconds")!;
    assert.deepEqual([mean.type, mean.unit], ["gauge", "seconds"]);
    assert.deepEqual(mean.samples, [
      {
        name: "myriad_wall_time_mean_seconds",
        labels: { tag: "plain@1", case: "plain", metric: "wall_time" },
        value: 1_500 * 1e-9,
        timestamp: 1,
      },
    ]);
    assert.equal(families.get("myriad_peak_memory_mean_bytes")!.samples[0]!.value, 40 * 1_048_576);
    const rate = families.get("myriad_gc_alloc_rate_mean_per_second")!.samples[0]!;
    assert.deepEqual([rate.value, rate.timestamp], [100 / 1e-3, 1_700_000_000.123]);
    assert.equal(rate.labels["case"], ODD);
    const unknown = families.get("myriad_gc_alloc_rate_mean")!;
    assert.deepEqual([unknown.unit, unknown.samples[0]!.labels["unit"]], [null, "widgets"]);
    assert.equal(families.get("myriad_gc_alloc_rate_n")!.samples.length, 2, "two metrics of one name");
    const info = families.get("myriad_baseline")!;
    assert.equal(info.type, "info");
    assert.deepEqual(
      info.samples.map(({ name, value, labels }) => [name, value, labels["tag"], labels["release"]]),
      [
        ["myriad_baseline_info", 1, "odd@1", "false"],
        ["myriad_baseline_info", 1, "plain@1", "true"],
      ],
    );
  });

  it("are nothing but the end where there is none", async () => {
    const empty = await openKept();
    try {
      const exported = await exportBaselines(request({ format: "openmetrics" }), empty.state.analytics);
      for await (const text of exported.text()) assert.equal(parseOpenMetrics(text).size, 1);
    } finally {
      await empty.close();
    }
  });

  it("appear under their name whole, in place of what was there, and leave no draft", async () => {
    const target = join(folder, "target");
    await mkdir(target);
    const file = join(target, "out.csv");
    await writeFile(file, "older");
    const exported = await exportBaselines(request({}), home.state.analytics);
    assert.equal(await exported.writeTo(file), file);
    assert.equal(await readFile(file, "utf8"), await textOf({}));
    assert.deepEqual(await readdir(target), ["out.csv"]);
  });

  it("are refused where the place or the form does not take them, and nothing is left there", async () => {
    const refusal = hasCode("BASELINE_EXPORT_REFUSED");
    for (const format of ["csv", "parquet"] as const) {
      const exported = await exportBaselines(request({ format }), home.state.analytics);
      await assert.rejects(exported.writeTo(join(folder, "gone", "out")), refusal);
      const taken = join(folder, `taken-${format}`);
      await mkdir(taken);
      await assert.rejects(exported.writeTo(taken), refusal);
      assert.deepEqual((await readdir(folder)).filter((name) => name.endsWith(".part")), []); // prettier-ignore
    }
    const parquet = await exportBaselines(request({ format: "parquet" }), home.state.analytics);
    assert.throws(() => parquet.text(), refusal);
    const samples = request({ format: "openmetrics", samples: true });
    await assert.rejects(exportBaselines(samples, home.state.analytics), refusal);
    await assert.rejects(
      exportBaselines(request({ tags: ["plain@1", "gone@1"] }), home.state.analytics),
      hasCode("BASELINE_UNKNOWN"),
    );
  });
});
