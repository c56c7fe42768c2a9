/** Against OpenTelemetry's own SDK. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SpanKind, SpanStatusCode, ValueType } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
} from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, InMemorySpanExporter } from "@opentelemetry/sdk-trace-base";
import { metricProducer, spanListener } from "../../../../runtime/telemetry/open-telemetry.ts";
import { createTestSystem } from "../../../../runtime/testkit/index.ts";
import { readSource } from "../../../kit/repository.ts";
import { chain, hand } from "./actors.ts";

const resource = resourceFromAttributes({ "service.name": "test" });

describe("metrics for OpenTelemetry", () => {
  it("are exported by the SDK's reader, histograms as they are", async () => {
    const { system, clock, settle } = createTestSystem({ telemetry: {} });
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: 3_600_000,
      metricProducers: [metricProducer(system.telemetry!, resource)],
    });
    const provider = new MeterProvider({ resource, readers: [reader] });
    const ref = system.spawn(hand, undefined);
    clock.jump(1_000);
    ref.tell({ kind: "work", run: () => clock.jump(3) });
    ref.tell({ kind: "crash" });
    await settle();
    await reader.forceFlush();
    const [exported] = exporter.getMetrics();
    assert.equal(exported!.resource.attributes["service.name"], "test");
    const { scope, metrics } = exported!.scopeMetrics[0]!;
    assert.equal(scope.name, "myriad-runtime");
    const named = (name: string): MetricData => metrics.find(({ descriptor }) => descriptor.name === name)!;
    const handled = named("myriad.actor.messages");
    assert.equal(handled.dataPointType, DataPointType.SUM);
    assert.equal(handled.aggregationTemporality, AggregationTemporality.CUMULATIVE);
    assert.equal(handled.descriptor.valueType, ValueType.INT);
    assert.deepEqual(handled.dataPoints, [
      { startTime: [0, 0], endTime: [1, 3_000_000], attributes: { "myriad.actor.type": "hand" }, value: 2 },
    ]);
    assert.equal(named("myriad.actor.failures").dataPoints[0]!.value, 1);
    assert.equal(named("myriad.actor.mailbox.deepest").dataPointType, DataPointType.GAUGE);
    const handling = named("myriad.actor.handling");
    assert.equal(handling.dataPointType, DataPointType.EXPONENTIAL_HISTOGRAM);
    assert.equal(handling.descriptor.valueType, ValueType.DOUBLE);
    const { positive, ...rest } = handling.dataPoints[0]!.value;
    assert.deepEqual(
      { ...rest, negative: null },
      { count: 2, sum: 3, min: 0, max: 3, scale: 3, zeroCount: 1, negative: null },
    );
    const bucket = positive.offset + positive.bucketCounts.indexOf(1);
    assert.ok(2 ** (bucket / 8) < 3 && 3 <= 2 ** ((bucket + 1) / 8));
    await provider.shutdown();
    await system.shutdown();
  });
});

describe("spans for OpenTelemetry", () => {
  it("are exported by the SDK's processor, with parent, times, status and attributes", async () => {
    const exporter = new InMemorySpanExporter();
    const processor = new BatchSpanProcessor(exporter);
    const traces = { share: 1, onSpan: spanListener(processor, resource) };
    const { system, clock, advance } = createTestSystem({
      startedAt: 1_700_000_000_000,
      telemetry: { traces },
    });
    const [a, b] = ["a", "b"].map((name) => system.spawn(hand, undefined, { name }));
    clock.jump(5);
    a!.tell(chain([b!], { kind: "work", run: () => clock.jump(1_500.25) }));
    await advance(200);
    b!.tell({ kind: "crash" });
    await system.shutdown();
    await processor.forceFlush();
    const [pass, work, crash] = exporter.getFinishedSpans();
    assert.equal(pass!.parentSpanContext, undefined);
    assert.equal(work!.parentSpanContext!.spanId, pass!.spanContext().spanId);
    assert.equal(work!.spanContext().traceId, pass!.spanContext().traceId);
    assert.deepEqual(
      [work!.name, work!.kind, work!.startTime, work!.endTime, work!.duration, work!.ended],
      [
        "hand work",
        SpanKind.CONSUMER,
        [1_700_000_000, 5_000_000],
        [1_700_000_001, 505_250_000],
        [1, 500_250_000],
        true,
      ],
    );
    assert.deepEqual(work!.attributes, {
      "myriad.actor.type": "hand",
      "myriad.actor.address": b!.address,
      "myriad.message.kind": "work",
      "myriad.message.waited_ms": 0,
      "thread.id": 0,
    });
    assert.deepEqual(
      [work!.status, crash!.status],
      [{ code: SpanStatusCode.UNSET }, { code: SpanStatusCode.ERROR, message: "crash" }],
    );
    assert.equal(crash!.events[0]!.attributes!["exception.message"], "crash");
    assert.equal(work!.resource.attributes["service.name"], "test");
    await processor.shutdown();
  });

  it("need nothing of the SDK but its types", () => {
    const imports = readSource("runtime/telemetry/open-telemetry.ts").matchAll(/^(import[\s\S]*?)from "@/gm);
    for (const [, words] of imports) assert.match(words!, /^import type /);
  });
});
