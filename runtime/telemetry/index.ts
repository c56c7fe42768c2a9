export type { Distribution } from "./histogram.ts";
export type { InstanceMetrics, MetricsOptions, SystemMetrics, TypeMetrics } from "./metrics.ts";
export type { Span } from "./span.ts";
export type { Measures } from "./tally.ts";
export type { TelemetryOptions, TraceOptions } from "./telemetry-options.ts";
export type { Telemetry } from "./thread-telemetry.ts";
