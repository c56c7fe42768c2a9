/**
 * A cluster at a glance, again and again: nodes with their load, and the types of actors that take the most time.
 * Rates are of the time between two looks, so the first frame has none.
 */
import type { AdminClient, NodeReport, TypeReport } from "../cluster/index.ts";
import { durationText, tableText } from "./admin-text.ts";

/** One look, and what has changed since the one before. */
export interface TopFrame {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly nodes: readonly TopNode[];
  /** Of all nodes, those first that have taken the most time. */
  readonly types: readonly TopType[];
}

export interface TopNode {
  readonly node: string;
  readonly uptimeMs: number;
  readonly rssBytes: number;
  readonly deadLetters: number;
  readonly actors: number;
  readonly waiting: number;
  /** Shares of one core; null in the first frame, as all rates. */
  readonly cpu: number | null;
  readonly handledPerSecond: number | null;
}

export interface TopType {
  readonly type: string;
  readonly alive: number;
  readonly waiting: number;
  readonly handledPerSecond: number | null;
  /** Mean milliseconds since the last look; null where nothing was handled. */
  readonly waitMs: number | null;
  readonly handlingMs: number | null;
  /** Share of one core that handling took; what sorts them. */
  readonly busy: number | null;
}

/** @param before null: this is the first look */
export function topFrame(before: readonly NodeReport[] | null, now: readonly NodeReport[]): TopFrame {
  const earlier = new Map((before ?? []).map((report) => [report.node, report]));
  return {
    at: Math.max(0, ...now.map(({ at }) => at)),
    nodes: now.map((report) => nodeOf(earlier.get(report.node) ?? null, report)),
    types: typesOf(earlier, now),
  };
}

function nodeOf(before: NodeReport | null, now: NodeReport): TopNode {
  const { node, uptimeMs, rssBytes, deadLetters, types } = now;
  const handled = (report: NodeReport): number => sumOf(report.types, ({ handled: count }) => count);
  const rate = rateBetween(before, now);
  return {
    node,
    uptimeMs,
    rssBytes,
    deadLetters,
    actors: sumOf(types, ({ alive }) => alive),
    waiting: sumOf(types, ({ waiting }) => waiting),
    cpu: rate(({ cpuUs }) => cpuUs / 1e6),
    handledPerSecond: rate(handled),
  };
}

/** @returns per second of what grows; null where there is nothing before it, or the node was started anew. */
function rateBetween(
  before: NodeReport | null,
  now: NodeReport,
): (figure: (report: NodeReport) => number) => number | null {
  const seconds = before === null ? 0 : (now.uptimeMs - before.uptimeMs) / 1_000;
  return (figure) => (seconds <= 0 ? null : (figure(now) - figure(before!)) / seconds);
}

function typesOf(earlier: ReadonlyMap<string, NodeReport>, now: readonly NodeReport[]): readonly TopType[] {
  const names = [...new Set(now.flatMap(({ types }) => types.map(({ type }) => type)))];
  const changes = now.map((report) => {
    const before = earlier.get(report.node) ?? null;
    return rateBetween(before, report);
  });
  const all = names.map((type): TopType => {
    const figure =
      (pick: (one: TypeReport) => number) =>
      (report: NodeReport): number =>
        sumOf(
          report.types.filter((one) => one.type === type),
          pick,
        );
    const total = (pick: (one: TypeReport) => number): number => sumOf(now, figure(pick));
    const rate = (pick: (one: TypeReport) => number): number | null => {
      const rates = changes.map((change) => change(figure(pick))).filter((one) => one !== null);
      return rates.length === 0 ? null : sumOf(rates, (one) => one);
    };
    const handledPerSecond = rate(({ handled }) => handled);
    const mean = (perSecond: number | null): number | null =>
      perSecond === null || handledPerSecond === null || handledPerSecond <= 0
        ? null
        : perSecond / handledPerSecond;
    const handlingPerSecond = rate(({ handlingMs }) => handlingMs);
    return {
      type,
      alive: total(({ alive }) => alive),
      waiting: total(({ waiting }) => waiting),
      handledPerSecond,
      waitMs: mean(rate(({ waitMs }) => waitMs)),
      handlingMs: mean(handlingPerSecond),
      busy: handlingPerSecond === null ? null : handlingPerSecond / 1_000,
    };
  });
  return all.toSorted((a, b) => (b.busy ?? 0) - (a.busy ?? 0) || (a.type < b.type ? -1 : 1));
}

const MB = 1_048_576;

/** @param lines how many the terminal has; null: as many as need be */
export function topText({ at, nodes, types }: TopFrame, lines: number | null = null): string {
  const nodeRows = nodes.map((node) => [
    node.node,
    durationText(node.uptimeMs),
    percent(node.cpu),
    Math.round(node.rssBytes / MB),
    node.actors,
    node.waiting,
    rateText(node.handledPerSecond),
    node.deadLetters,
  ]);
  const typeRows = types.map((type) => [
    type.type,
    type.alive,
    type.waiting,
    rateText(type.handledPerSecond),
    msText(type.waitMs),
    msText(type.handlingMs),
    percent(type.busy),
  ]);
  const head = `${new Date(at).toISOString()}  ${nodes.length} nodes`;
  const nodesTable = tableText(
    ["node", "up", "cpu", "MB", "actors", "waiting", "messages/s", "dead letters"],
    nodeRows,
  );
  const room = lines === null ? typeRows.length : Math.max(0, lines - nodes.length - 6);
  const typesTable = tableText(
    ["type", "alive", "waiting", "messages/s", "waits ms", "takes ms", "busy"],
    typeRows.slice(0, room),
  );
  return `${head}\n\n${nodesTable}\n\n${typesTable}`;
}

/** Looks until the signal is aborted, or once. */
export async function runTop(
  client: AdminClient,
  options: {
    readonly everyMs: number;
    readonly signal: AbortSignal;
    readonly show: (frame: TopFrame) => void;
    readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  },
): Promise<void> {
  const { everyMs, signal, show, wait } = options;
  let before: readonly NodeReport[] | null = null;
  while (!signal.aborted) {
    const now = await client.nodes();
    show(topFrame(before, now));
    before = now;
    await wait(everyMs, signal);
  }
}

function sumOf<One>(all: readonly One[], figure: (one: One) => number): number {
  return all.reduce((sum, one) => sum + figure(one), 0);
}

const percent = (share: number | null): string => (share === null ? "–" : `${Math.round(share * 100)}%`);
const rateText = (rate: number | null): string =>
  rate === null ? "–" : rate < 10 ? rate.toFixed(1) : String(Math.round(rate));
const msText = (ms: number | null): string => (ms === null ? "–" : ms.toPrecision(2));
