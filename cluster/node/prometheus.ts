/** A node's figures in Prometheus' text form, version 0.0.4. */
import type { SystemMetrics, TypeMetrics } from "../../runtime/index.ts";

/** What is told beside the actors' own figures. */
export interface NodeFigures {
  readonly node: string;
  readonly cluster: string;
  readonly phase: string;
  readonly isReady: boolean;
  readonly isConnected: boolean;
  readonly threads: number;
  readonly nodesReached: number;
  readonly deadLetters: number;
  /** Null: there is no actor system yet, or no more. */
  readonly actors: SystemMetrics | null;
}

type Labels = Readonly<Record<string, string | number>>;
type Sample = readonly [labels: Labels, value: number];

export function prometheusText(figures: NodeFigures): string {
  const { node, cluster, phase, actors } = figures;
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const flag = (value: boolean): readonly Sample[] => [[{}, value ? 1 : 0]];
  return [
    family("myriad_node_info", "gauge", "Which node this is", [[{ node, cluster, phase }, 1]]),
    family("myriad_node_ready", "gauge", "Whether work may be sent here", flag(figures.isReady)),
    family("myriad_nats_connected", "gauge", "Whether a NATS server is reached", flag(figures.isConnected)),
    family("myriad_nodes_reached", "gauge", "Other nodes that are reached", [[{}, figures.nodesReached]]),
    family("myriad_threads", "gauge", "Threads that run actors", [[{}, figures.threads]]),
    family("myriad_dead_letters_total", "counter", "Messages that nobody handled", [
      [{}, figures.deadLetters],
    ]),
    family("process_resident_memory_bytes", "gauge", "Memory of the process", [[{}, rss]]),
    family("nodejs_heap_size_used_bytes", "gauge", "Heap of the main thread", [[{}, heapUsed]]),
    family("process_cpu_seconds_total", "counter", "CPU time of the process", [[{}, (user + system) / 1e6]]),
    family("process_uptime_seconds", "gauge", "Age of the process", [[{}, process.uptime()]]),
    ...(actors === null ? [] : actorFamilies(actors.types)),
  ].join("");
}

function actorFamilies(types: readonly TypeMetrics[]): readonly string[] {
  const byType = (valueOf: (type: TypeMetrics) => number): readonly Sample[] =>
    types.map((one) => [{ type: one.type }, valueOf(one)]);
  return [
    family(
      "myriad_actor_messages_total",
      "counter",
      "Messages handled",
      byType((one) => one.handled),
    ),
    family(
      "myriad_actor_failures_total",
      "counter",
      "Failures of actors",
      byType((one) => one.failed),
    ),
    family(
      "myriad_actor_restarts_total",
      "counter",
      "Restarts of actors",
      byType((one) => one.restarts),
    ),
    family(
      "myriad_actor_spawned_total",
      "counter",
      "Actors ever spawned",
      byType((one) => one.spawned),
    ),
    family(
      "myriad_actors",
      "gauge",
      "Actors alive",
      byType((one) => one.alive),
    ),
    family(
      "myriad_actor_waiting_messages",
      "gauge",
      "Messages in mailboxes",
      byType((one) => one.waiting),
    ),
    summary("myriad_actor_wait_seconds", "Time that messages waited in mailboxes", types, "waitMs"),
    summary("myriad_actor_handling_seconds", "Time that messages took to handle", types, "handlingMs"),
  ];
}

const QUANTILES: readonly number[] = [0.5, 0.9, 0.99];

function summary(
  name: string,
  help: string,
  types: readonly TypeMetrics[],
  measure: "waitMs" | "handlingMs",
): string {
  const lines = types.flatMap((one) => {
    const { type, [measure]: times } = one;
    return [
      ...QUANTILES.map((quantile) => line(name, { type, quantile }, times.quantile(quantile) / 1_000)),
      line(`${name}_sum`, { type }, times.sum / 1_000),
      line(`${name}_count`, { type }, times.count),
    ];
  });
  return head(name, "summary", help) + lines.join("");
}

function family(name: string, kind: string, help: string, samples: readonly Sample[]): string {
  return head(name, kind, help) + samples.map(([labels, value]) => line(name, labels, value)).join("");
}

const head = (name: string, kind: string, help: string): string =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`;

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(String(text))}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
