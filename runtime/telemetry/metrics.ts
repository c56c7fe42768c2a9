/** What `metrics` tells: the figures of all threads as one. */
import type { Address } from "../address.ts";
import { isBetween, isObject } from "../contracts/index.ts";
import { check } from "../errors.ts";
import { Tally, type Measures, type TallyData } from "./tally.ts";

/** The figures of a system at one moment. */
export interface SystemMetrics {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** From when on all is counted. */
  readonly since: number;
  /** Numbers of the threads that have told their figures now, as in `system.info().threads`. */
  readonly threads: readonly number[];
  /** Those that have not answered in time: what they told the last time is counted in, if they ever did. */
  readonly late: readonly number[];
  /** By name. What actors did that have stopped is counted in, on lost threads as far as it was ever told. */
  readonly types: readonly TypeMetrics[];
  /** Living actors, those first that have the most of what was asked for. */
  readonly instances: readonly InstanceMetrics[];
  /** Spans that have ended, and those among them that found no room and were dropped. */
  readonly spans: { readonly ended: number; readonly dropped: number };
}

/** What all actors of one type have done together. */
export interface TypeMetrics extends Measures {
  readonly type: string;
  /** Actors that were ever spawned. */
  readonly spawned: number;
  /** Actors alive now. */
  readonly alive: number;
}

/** What one living actor has done. */
export interface InstanceMetrics extends Measures {
  readonly type: string;
  readonly address: Address;
  readonly thread: number;
}

/** Which actors the figures name one by one, and how long they may take. */
export interface MetricsOptions {
  /** By what the listed actors are chosen: messages handled, or time that messages waited. Default `messages`. */
  readonly by?: "messages" | "wait";
  /** How long other threads are waited for; default 1,000. */
  readonly timeoutMs?: number;
}

export type Order = Required<MetricsOptions>["by"];

/** @throws TELEMETRY_INVALID */
export function metricsRules(options: MetricsOptions): Required<MetricsOptions> {
  check(isObject(options), "TELEMETRY_INVALID", "The options of metrics are an object", options);
  const { by = "messages", timeoutMs = 1_000 } = options;
  check(["messages", "wait"].includes(by), "TELEMETRY_INVALID", "by is messages or wait", by);
  check(isBetween(timeoutMs, 0, Infinity), "TELEMETRY_INVALID", "timeoutMs is a number from 0", timeoutMs);
  return { by, timeoutMs };
}

/** What one thread tells, as data. */
export interface ThreadMetrics {
  readonly types: readonly {
    readonly type: string;
    readonly spawned: number;
    readonly alive: number;
    readonly tally: TallyData;
  }[];
  readonly instances: readonly {
    readonly type: string;
    readonly address: Address;
    readonly thread: number;
    readonly tally: TallyData;
  }[];
  readonly spans: SystemMetrics["spans"];
}

export const weigh = (tally: Measures, order: Order): number =>
  order === "messages" ? tally.handled : tally.waitMs.sum;

interface Sums {
  readonly tally: Tally;
  spawned: number;
  alive: number;
}

/** @param limit of `instances`. */
export function mergeMetrics(
  all: readonly ThreadMetrics[],
  order: Order,
  limit: number,
): Pick<SystemMetrics, "types" | "instances" | "spans"> {
  const instances = all
    .flatMap((one) => one.instances)
    .map(({ tally, ...identity }) => withMeasures(identity, Tally.of(tally)))
    .toSorted((a, b) => weigh(b, order) - weigh(a, order));
  return {
    types: mergeTypes(all),
    instances: instances.slice(0, limit),
    spans: {
      ended: all.reduce((sum, { spans }) => sum + spans.ended, 0),
      dropped: all.reduce((sum, { spans }) => sum + spans.dropped, 0),
    },
  };
}

function mergeTypes(all: readonly ThreadMetrics[]): TypeMetrics[] {
  const types = new Map<string, Sums>();
  for (const { type, spawned, alive, tally } of all.flatMap((one) => one.types)) {
    const sums = types.get(type) ?? { tally: new Tally(), spawned: 0, alive: 0 };
    types.set(type, sums);
    sums.tally.add(tally);
    sums.spawned += spawned;
    sums.alive += alive;
  }
  return [...types]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([type, { tally, spawned, alive }]) => withMeasures({ type, spawned, alive }, tally));
}

function withMeasures<Identity>(identity: Identity, tally: Tally): Identity & Measures {
  const { handled, failed, restarts, waiting, deepest, waitMs, handlingMs } = tally;
  return { ...identity, handled, failed, restarts, waiting, deepest, waitMs, handlingMs };
}

/** What is left of a thread's figures when it is lost: nobody is alive there, and nothing waits. */
export function ofLostThread({ types, spans }: ThreadMetrics): ThreadMetrics {
  const sums = types.map((one) => ({ ...one, alive: 0, tally: { ...one.tally, waiting: 0 } }));
  return { types: sums, instances: [], spans };
}
