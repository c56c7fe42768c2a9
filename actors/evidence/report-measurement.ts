/** How it was measured, in lines of a name and a text: the same in both reports. */
import { startText } from "../command/snippet-start.ts";
import { NO_BOUNDARY } from "../workflow/level.ts";
import type {
  EarlyStopSummary,
  MachineNoise,
  Noise,
  SessionDocument,
  VersionMeasurement,
} from "../workflow/session-document.ts";
import { formatChange, formatCount, formatNumber, formatPercent, formatQuantity } from "./report-format.ts";
import { tagOf } from "./report-verdict-tag.ts";

type Line = readonly [name: string, text: string];

export function measurementLines({
  burst,
  noise,
  withheld,
  isolation = null,
}: Pick<SessionDocument, "burst" | "withheld"> &
  Partial<Pick<SessionDocument, "isolation">> & {
    readonly noise: Partial<Noise> | null;
  }): readonly Line[] {
  const measurement = burst?.measurement ?? null;
  const earlyStop = burst?.earlyStop ?? null;
  return [
    ...(isolation?.enforced.length === 0 ? ([["No boundary", NO_BOUNDARY]] as const) : []),
    ...(burst?.starts ?? []).map((one): Line => [`Runs of the ${one.version}`, startText(one)]),
    ...(withheld == null ? [] : ([["Verdict withheld", WITHHELD[withheld]]] as const)),
    ...(earlyStop === null ? [] : ([["Early stop", earlyStopText(earlyStop)]] as const)),
    ...machineLine("Machine before the burst", noise?.before),
    ...machineLine("Machine between forks", noise?.during),
    ...(measurement === null
      ? []
      : ([
          ["Warm-up", `${formatCount(measurement.warmUpIterations, "iteration")} a fork, the same for all`],
          [
            "Clock",
            `steps of ${nanoseconds(measurement.timer.resolutionNs)}; ${nanoseconds(measurement.timer.overheadNs)} taken off each iteration; ${formatCount(measurement.stretch, "iteration")} between two looks`,
          ],
          ...measurement.versions.map(versionLine),
        ] as const)),
  ];
}

const WITHHELD = {
  noise: "the machine was too noisy for one; --allow-noise gives it all the same",
  unsteady: "a version still changed while it was timed",
} as const;

/** How far a burst went that might have ended early, and why it ended: `decided as regressed after 8 of …`. */
export function earlyStopText({ forks, planned, notCounted, decided }: EarlyStopSummary): string {
  const ended =
    decided === null
      ? `never decided in all ${formatCount(planned, "fork")} a version`
      : `decided as ${tagOf(decided).word.toLowerCase()} after ${formatNumber(forks)} of ${formatCount(planned, "fork")} a version`;
  const beside = notCounted === 0 ? "" : `, ${formatNumber(notCounted)} that ended beside them not counted`;
  return `${ended}${beside}; p and intervals are always-valid ones`;
}

function machineLine(name: string, noise: MachineNoise | null | undefined): readonly Line[] {
  if (noise == null) return [];
  const shares = [
    `a fixed loop varies by ${formatPercent(noise.variation)}`,
    ...(noise.waiting === null ? [] : [`waits ${formatPercent(noise.waiting)} of its time`]),
    ...(noise.steal === null ? [] : [`${formatPercent(noise.steal)} stolen`]),
    `load ${formatNumber(noise.loadPerCore)} a core`,
  ];
  return [[name, `${noise.label}: ${shares.join(", ")}`]];
}

function versionLine(measured: VersionMeasurement): Line {
  const { version, forks, unsteadyForks, steadyAfter, drift, collections, allocatedBytes } = measured;
  const warm =
    steadyAfter === null ? "never steady" : `steady after ${formatCount(steadyAfter, "iteration")}`;
  const parts = [
    `${warm} (${formatNumber(unsteadyForks)} of ${formatCount(forks, "fork")} not in time)`,
    `${formatChange(drift)} from its first half to its second`,
    ...(collections === null ? [] : [`${formatNumber(collections)} collections a fork`]),
    ...(allocatedBytes === null ? [] : [`${formatNumber(allocatedBytes)} bytes allocated an iteration`]),
  ];
  return [version === "baseline" ? "Baseline" : "Candidate", parts.join(", ")];
}

function nanoseconds(ns: number): string {
  return formatQuantity(ns, "ns");
}
