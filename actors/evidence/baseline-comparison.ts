/**
 * Two kept versions compared by the samples that are kept of them, without running either again. Both were measured
 * on one machine and runtime (equal fingerprints), but not interleaved: what the machine did between the two days is
 * in the difference. So this is the quick look; `burst --against <tag>` runs both again, interleaved, and decides.
 *
 * Refused are different machines, runtimes, levels or carriers, and what other tools measured, unless asked for; and
 * always different units, and samples that are gone. Left out is what is counted: each session counts on inputs of its
 * own. The verdict is the one of every comparison here: Welch tests on fork means against the tolerance, corrected over
 * the metrics.
 */
import { compareMetric, decide, overallVerdict } from "../../kernels/statistics/index.ts";
import type { Analytics, BaselineRow } from "../../storage/index.ts";
import type { ComparisonRow, KeptComparison } from "../workflow/session-document.ts";
import { DEFAULT_TOLERANCE } from "../workflow/task.ts";
import { environmentOf } from "./baseline-list.ts";
import { differingMeans, isOwnMetric, measuredBy } from "./measured-by.ts";
import type { MeasuredBy } from "./measured-by.ts";

/** A version as far as a comparison of kept samples asks; `tag` names it. */
export type KeptVersion = readonly Pick<
  BaselineRow,
  | "tag"
  | "caseId"
  | "metric"
  | "unit"
  | "direction"
  | "tolerance"
  | "samplesSession"
  | "samplesVersion"
  | "environment"
  | "tool"
>[];

type Side = KeptVersion[number];

/** @param foreign compare across machines, runtimes, levels, carriers and tools, too */
export async function compareKept(
  before: KeptVersion,
  after: KeptVersion,
  analytics: Analytics,
  foreign = false,
): Promise<KeptComparison> {
  const [first, second] = [before[0]!, after[0]!];
  const sameEnvironment = isSameEnvironment(first, second);
  const means = [await measuredBy(first, analytics), await measuredBy(second, analytics)] as const;
  const labels = { before: first.tag, after: second.tag, sameEnvironment };
  const refused = (refusal: string): KeptComparison => ({
    ...labels,
    refusal,
    verdict: null,
    comparisons: [],
  });
  const differing = differences(first, second, means);
  if (differing !== null && !foreign) return refused(`${differing}${wayPast(first)}`);
  const common = after.flatMap((side) => {
    const other = before.find(({ metric }) => metric === side.metric);
    return other === undefined ? [] : [{ other, side }];
  });
  if (common.length === 0) return refused("they have no metric in common");
  const pairs = common.filter(({ side }) => !isCounted(side));
  const counted = common.filter(({ side }) => isCounted(side)).map(({ side }) => side.metric);
  const onInputs = `${counted.join(" and ")}, counted on the inputs of a session: burst --against counts both again`;
  if (pairs.length === 0) return refused(`they have nothing in common but ${onInputs}`);
  const odd = pairs.find(({ other, side }) => other.unit !== side.unit);
  if (odd !== undefined) {
    return refused(`${odd.side.metric} is in ${odd.side.unit} here and in ${odd.other.unit} there`);
  }
  const compared: Omit<ComparisonRow, "q" | "verdict">[] = [];
  for (const { other, side } of pairs) {
    const [baseline, candidate] = [await unitsOf(other, analytics), await unitsOf(side, analytics)];
    const short = baseline.length < 2 ? other : candidate.length < 2 ? side : null;
    if (short !== null) return refused(`no samples of ${short.metric} are kept of ${short.tag}`);
    compared.push(compareUnits(side, baseline, candidate));
  }
  const comparisons = decide(compared);
  return {
    ...labels,
    refusal: null,
    verdict: overallVerdict(comparisons.map((row) => row.verdict)),
    comparisons,
    notes: [
      ...(differing === null ? [] : [differing]),
      ...unknownCarriers(first, second, means),
      ...(counted.length === 0 ? [] : [`left out: ${onInputs}`]),
    ],
  };
}

/** Never of another tool's: its file does not say on which machine it ran. */
function isSameEnvironment(one: Side, other: Side): boolean {
  const [left, right] = [environmentOf(one), environmentOf(other)];
  return one.tool === null && other.tool === null && left.fingerprint === right.fingerprint;
}

/** null: what measured them does not differ. */
function differences(before: Side, after: Side, means: Means): string | null {
  const tool = before.tool ?? after.tool;
  if (tool !== null) return `${tool} measured one of them, on a machine that its results do not name`;
  const [there, here] = [environmentOf(before), environmentOf(after)];
  const machine = FACTS.filter((fact) => there[fact] !== here[fact]).map(
    (fact) => `${fact} ${there[fact]} there, ${here[fact]} here`,
  );
  const told = [...machine, ...differingMeans(...means)];
  if (told.length === 0 && there.fingerprint === here.fingerprint) return null;
  return `they were not measured by the same machine, runtime, level and carrier: ${told.join("; ")}`;
}

type Means = readonly [there: MeasuredBy, here: MeasuredBy];

const FACTS = ["runtime", "platform", "cpu", "cores", "memoryMb"] as const;

/** Of another tool's there is nothing to run. */
function wayPast({ tag, tool }: Side): string {
  return tool === null ? `; burst --against ${tag} runs it again, interleaved with the present code` : "";
}

function unknownCarriers(before: Side, after: Side, [there, here]: Means): readonly string[] {
  if (before.tool !== null || after.tool !== null) return [];
  if (there.carrier === here.carrier || (there.carrier !== null && here.carrier !== null)) return [];
  const { tag } = there.carrier === null ? before : after;
  return [`in which carrier ${tag} was measured is not kept`];
}

/** Ticks, and metrics of a task's own. */
function isCounted(side: Side): boolean {
  return side.metric === "ticks" || isOwnMetric(side);
}

function compareUnits(
  { caseId, metric, unit, direction, tolerance }: Side,
  baseline: readonly Float64Array[],
  candidate: readonly Float64Array[],
): Omit<ComparisonRow, "q" | "verdict"> {
  const seed = `${caseId}/${metric}`;
  const asked = { baseline, candidate, direction, tolerance: tolerance ?? DEFAULT_TOLERANCE, seed };
  return { ...compareMetric(asked), caseId, metric, unit, engine: "kept samples" };
}

/** Of one process' samples so many groups stand in for forks. */
const MOST_GROUPS = 100;

/**
 * The forks. Tools that measure in one process have one, whose samples are dealt out to groups in turn: in a tool's
 * file they may be sorted, so groups of neighbours would differ where nothing does.
 */
async function unitsOf(side: Side, analytics: Analytics): Promise<readonly Float64Array[]> {
  const { samplesSession, caseId, samplesVersion, metric } = side;
  const forks = await analytics.samplesOf(samplesSession, caseId, samplesVersion, metric);
  const [only] = forks;
  if (forks.length !== 1 || only === undefined) return forks;
  const groups = Math.min(MOST_GROUPS, only.length);
  return Array.from({ length: groups }, (_, group) => only.filter((_, at) => at % groups === group));
}
