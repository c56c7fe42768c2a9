/**
 * Metrics and spans for OpenTelemetry's own SDK, which does the exporting:
 *
 *     const { telemetry } = createSystem({ telemetry: { traces: { share: 0.01, onSpan: spanListener(processor, resource) } } });
 *     new MeterProvider({ resource, readers: [new PeriodicExportingMetricReader({
 *       exporter, metricProducers: [metricProducer(telemetry!, resource)] })] });
 *
 * Histograms go as they are, in the SDK's exponential form. Of the SDK only types are imported: whoever does
 * not use this module needs none of its packages.
 */
import type {
  Attributes,
  HrTime,
  SpanContext,
  SpanKind,
  SpanStatusCode,
  ValueType,
} from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import type {
  AggregationTemporality,
  DataPoint,
  DataPointType,
  ExponentialHistogram,
  MetricData,
  MetricDescriptor,
  MetricProducer,
} from "@opentelemetry/sdk-metrics";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace-base";
import { SCALE, type Distribution } from "./histogram.ts";
import type { SystemMetrics, TypeMetrics } from "./metrics.ts";
import type { Span } from "./span.ts";
import type { Telemetry } from "./thread-telemetry.ts";

// The SDK's enumerations, which a type import does not bring. The compiler holds each number to its member.
/* eslint-disable @typescript-eslint/no-unsafe-enum-assignment -- a const of a literal type is checked */
const INT: ValueType.INT = 0;
const DOUBLE: ValueType.DOUBLE = 1;
const CUMULATIVE: AggregationTemporality.CUMULATIVE = 1;
const EXPONENTIAL_HISTOGRAM: DataPointType.EXPONENTIAL_HISTOGRAM = 1;
const GAUGE: DataPointType.GAUGE = 2;
const SUM: DataPointType.SUM = 3;
const CONSUMER: SpanKind.CONSUMER = 4;
const UNSET: SpanStatusCode.UNSET = 0;
const ERROR: SpanStatusCode.ERROR = 2;
/* eslint-enable @typescript-eslint/no-unsafe-enum-assignment */
const SAMPLED = 1;

const SCOPE = { name: "myriad-runtime" };

// ---- metrics ---------------------------------------------------------------------------------------

/**
 * For `metricProducers` of an SDK's metric reader: the figures of all threads, by actor type, in the attribute
 * `myriad.actor.type`. Actors are not told apart, since their number has no bound.
 * @param resource the SDK puts its own in its place
 */
export function metricProducer(telemetry: Telemetry, resource: Resource): MetricProducer {
  return {
    async collect(options) {
      const timeoutMs = options?.timeoutMillis;
      const metrics = await telemetry.metrics(timeoutMs === undefined ? {} : { timeoutMs });
      const scopeMetrics = [{ scope: SCOPE, metrics: metricData(metrics) }];
      return { resourceMetrics: { resource, scopeMetrics }, errors: [] };
    },
  };
}

function metricData(metrics: SystemMetrics): MetricData[] {
  const times = { startTime: hrTime(metrics.since), endTime: hrTime(metrics.at) };
  const byType = <Value>(valueOf: (one: TypeMetrics) => Value): DataPoint<Value>[] =>
    metrics.types.map((one) => ({ ...times, attributes: ofType(one.type), value: valueOf(one) }));
  const sum = (
    descriptor: MetricDescriptor,
    isMonotonic: boolean,
    dataPoints: DataPoint<number>[],
  ): MetricData => ({
    descriptor,
    aggregationTemporality: CUMULATIVE,
    dataPointType: SUM,
    isMonotonic,
    dataPoints,
  });
  const whole = (value: number): DataPoint<number>[] => [{ ...times, attributes: {}, value }];
  return [
    sum(
      counted("messages", "{message}", "Messages handled"),
      true,
      byType(({ handled }) => handled),
    ),
    sum(
      counted("failures", "{failure}", "Failures of actors"),
      true,
      byType(({ failed }) => failed),
    ),
    sum(
      counted("restarts", "{restart}", "Restarts of actors"),
      true,
      byType(({ restarts }) => restarts),
    ),
    sum(
      counted("spawned", "{actor}", "Actors ever spawned"),
      true,
      byType(({ spawned }) => spawned),
    ),
    sum(
      counted("alive", "{actor}", "Actors alive"),
      false,
      byType(({ alive }) => alive),
    ),
    sum(
      counted("mailbox.waiting", "{message}", "Messages in mailboxes"),
      false,
      byType(({ waiting }) => waiting),
    ),
    {
      descriptor: counted("mailbox.deepest", "{message}", "The most that ever waited in one mailbox"),
      aggregationTemporality: CUMULATIVE,
      dataPointType: GAUGE,
      dataPoints: byType(({ deepest }) => deepest),
    },
    histogram(
      "mailbox.wait",
      "Time that messages waited in mailboxes",
      byType(({ waitMs }) => waitMs),
    ),
    histogram(
      "handling",
      "Time that messages took to handle",
      byType(({ handlingMs }) => handlingMs),
    ),
    sum(counted("spans", "{span}", "Spans that ended"), true, whole(metrics.spans.ended)),
    sum(counted("spans.dropped", "{span}", "Spans that found no room"), true, whole(metrics.spans.dropped)),
  ];
}

function counted(name: string, unit: string, description: string): MetricDescriptor {
  return { name: `myriad.actor.${name}`, unit, description, valueType: INT };
}

function histogram(name: string, description: string, points: DataPoint<Distribution>[]): MetricData {
  return {
    descriptor: { name: `myriad.actor.${name}`, unit: "ms", description, valueType: DOUBLE },
    aggregationTemporality: CUMULATIVE,
    dataPointType: EXPONENTIAL_HISTOGRAM,
    dataPoints: points.map((point) => ({ ...point, value: exponential(point.value) })),
  };
}

function exponential({
  count,
  sum,
  min,
  max,
  zeroCount,
  offset,
  counts,
}: Distribution): ExponentialHistogram {
  return {
    count,
    sum,
    ...(count === 0 ? {} : { min, max }),
    scale: SCALE,
    zeroCount,
    positive: { offset, bucketCounts: [...counts] },
    negative: { offset: 0, bucketCounts: [] },
  };
}

// ---- spans -----------------------------------------------------------------------------------------

/** For `telemetry.traces.onSpan`: hands each span, as one of the SDK's, over to `processor`. */
export function spanListener(
  processor: Pick<SpanProcessor, "onEnd">,
  resource: Resource,
): (span: Span) => void {
  return (span) => processor.onEnd(readableSpan(span, resource));
}

function readableSpan(span: Span, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentSpanId, startedAt, durationMs, error } = span;
  const context: SpanContext = { traceId, spanId, traceFlags: SAMPLED };
  const parent =
    parentSpanId === null
      ? {}
      : { parentSpanContext: { traceId, spanId: parentSpanId, traceFlags: SAMPLED } };
  const endTime = hrTime(startedAt + durationMs);
  return {
    name: span.name,
    kind: CONSUMER,
    spanContext: () => context,
    ...parent,
    startTime: hrTime(startedAt),
    endTime,
    duration: hrTime(durationMs),
    ended: true,
    status: error === null ? { code: UNSET } : { code: ERROR, message: error.message },
    attributes: spanAttributes(span),
    links: [],
    events:
      error === null ? [] : [{ name: "exception", time: endTime, attributes: exceptionAttributes(error) }],
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function spanAttributes({ type, kind, address, thread, waitedMs }: Span): Attributes {
  return {
    ...ofType(type),
    "myriad.actor.address": address,
    ...(kind === null ? {} : { "myriad.message.kind": kind }),
    "myriad.message.waited_ms": waitedMs,
    "thread.id": thread,
  };
}

function exceptionAttributes({ code, message }: NonNullable<Span["error"]>): Attributes {
  return { "exception.type": code, "exception.message": message };
}

function ofType(type: string): Attributes {
  return { "myriad.actor.type": type };
}

/** Whole seconds, and the rest in nanoseconds. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  const nanoseconds = Math.round((ms - seconds * 1_000) * 1e6);
  return nanoseconds < 1e9 ? [seconds, nanoseconds] : [seconds + 1, 0];
}
