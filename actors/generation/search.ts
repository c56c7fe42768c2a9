/**
 * The default generator: a search over semantics-preserving rewrites, combined greedily by measured gain. No
 * model is needed.
 *
 * Each round finds every rewrite of the version so far, drops those that do not parse as a program, disagree
 * on the search inputs or would not pass the gates, measures the others interleaved with the version so far,
 * and accepts the fastest if it gains more than the threshold. The chain of accepted versions is the answer;
 * the last one is the proposal, the earlier ones stand in when it is refused later.
 */
import type { Random } from "../../runtime/contracts/index.ts";
import { auditKernel, bundleFunction, findRewritesKernel } from "../../kernels/syntax/index.ts";
import type { FunctionRef, Rewrite } from "../../kernels/syntax/index.ts";
import type {
  EncodedInput,
  Observation,
  ObserveRequest,
  SandboxLimits,
  SandboxProgram,
  SandboxSeed,
} from "../../kernels/sandbox/index.ts";
import type { Services } from "../agent/services.ts";
import { stillDoes } from "../evidence/equivalence.ts";
import { untilStarted } from "../evidence/until-started.ts";
import { evaluateGates } from "../workflow/gates.ts";
import type { SearchStep } from "../workflow/session-document.ts";

export interface SearchRequest {
  readonly ref: FunctionRef;
  /** The subject's module as it stands. */
  readonly source: string;
  readonly program: SandboxProgram;
  readonly inputs: readonly EncodedInput[];
  readonly batch: readonly EncodedInput[];
  readonly constraints: readonly string[];
  readonly seed: SandboxSeed;
  readonly limits: SandboxLimits;
  readonly random: Random;
}

export interface SearchResult {
  /** Distinct versions tried. */
  readonly candidates: number;
  /** Versions of growing number of rewrites, the best last; empty when nothing gained. */
  readonly chain: readonly ChainLink[];
  readonly history: readonly SearchStep[];
}

export interface ChainLink {
  readonly source: string;
  readonly program: SandboxProgram;
  readonly rules: readonly string[];
}

export interface SearchListener {
  /** After each candidate: how many were tried, how many rewrites are accepted so far. */
  progress(tried: number, accepted: number): void;
}

interface Contender {
  readonly rewrite: Rewrite;
  readonly program: SandboxProgram;
}

const MOST_ROUNDS = 8;
const LEAST_SPEEDUP = 1.03;
const TIMED = { forks: 3, iterations: 40, warmUpIterations: 30 };
/** Every iteration would count the same. */
const COUNTED = { forks: 1, iterations: 1, warmUpIterations: 0 };

export async function searchRewrites(
  request: SearchRequest,
  services: Services,
  listener: SearchListener,
  signal: AbortSignal,
): Promise<SearchResult> {
  const tried = new Set<string>([request.program.digest]);
  const { observations: expected } = await services.measuring.observe(observation(request, request.program), {
    signal,
  });
  const history: SearchStep[] = [];
  const chain: ChainLink[] = [];
  let best: ChainLink = { source: request.source, program: request.program, rules: [] };
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    const contenders = await admit(request, expected, best, round, tried, history, services, signal, () =>
      listener.progress(tried.size - 1, chain.length),
    );
    const speedups = await measureSpeedups(request, best.program, contenders, services, signal, round);
    const winner = indexOfLargest(speedups);
    const accepted = winner >= 0 && speedups[winner]! >= LEAST_SPEEDUP;
    contenders.forEach(({ rewrite }, index) => {
      const speedup = speedups[index]!;
      const outcome = accepted && index === winner ? "accepted" : speedup < 1 ? "slower" : "no_gain";
      const reason =
        outcome === "no_gain" && speedup >= LEAST_SPEEDUP ? "another one gained more this round" : null;
      history.push(step(round, rewrite, outcome, speedup, reason));
    });
    if (!accepted) break;
    const { rewrite, program } = contenders[winner]!;
    best = { source: rewrite.source, program, rules: [...best.rules, rewrite.rule] };
    chain.push(best);
    listener.progress(tried.size - 1, chain.length);
  }
  return { candidates: tried.size - 1, chain, history };
}

/** The rewrites of one round that are new, sound on the search inputs and within the rules. */
async function admit(
  request: SearchRequest,
  expected: readonly Observation[],
  best: ChainLink,
  round: number,
  tried: Set<string>,
  history: SearchStep[],
  services: Services,
  signal: AbortSignal,
  onTried: () => void,
): Promise<readonly Contender[]> {
  const module = { ref: request.ref, source: best.source };
  const rewrites = await services.executor.run(findRewritesKernel, { module }, { signal });
  const admitted: Contender[] = [];
  for (const rewrite of rewrites) {
    const program = await bundleFunction({ ref: request.ref, source: rewrite.source }).catch(() => null);
    if (program === null) {
      history.push(step(round, rewrite, "refused", null, "does not bundle"));
      continue;
    }
    if (tried.has(program.digest)) continue;
    tried.add(program.digest);
    const refusal = await refusalOf(request, expected, rewrite, program, services, signal);
    if (refusal === null) admitted.push({ rewrite, program });
    else history.push(step(round, rewrite, refusal.outcome, null, refusal.reason));
    onTried();
  }
  return admitted;
}

async function refusalOf(
  request: SearchRequest,
  expected: readonly Observation[],
  rewrite: Rewrite,
  program: SandboxProgram,
  services: Services,
  signal: AbortSignal,
): Promise<{ readonly outcome: "disagrees" | "refused"; readonly reason: string } | null> {
  const { ref, constraints } = request;
  if (!(await stillDoes(expected, observation(request, program), services.measuring, signal))) {
    return { outcome: "disagrees", reason: "gives another result on a search input" };
  }
  const audit = await services.executor.run(
    auditKernel,
    { subject: { ref, source: request.source }, candidate: { ref, source: rewrite.source }, constraints },
    { signal },
  );
  const failed = evaluateGates("before_burst", { audit, verdict: null }).find((gate) => !gate.passed);
  if (failed === undefined) return null;
  return { outcome: "refused", reason: `${failed.name}: ${failed.details[0] ?? failed.reason ?? "failed"}` };
}

function observation({ inputs, seed, limits }: SearchRequest, program: SandboxProgram): ObserveRequest {
  return { program, inputs, order: "alone", seed, limits, untilLimit: true };
}

/** Time (in realm: ticks) of the base ÷ that of each contender; forks of all of them take turns in random order. */
async function measureSpeedups(
  request: SearchRequest,
  base: SandboxProgram,
  contenders: readonly Contender[],
  services: Services,
  signal: AbortSignal,
  round: number,
): Promise<readonly number[]> {
  if (contenders.length === 0) return [];
  const programs = [base, ...contenders.map((contender) => contender.program)];
  const random = request.random.fork(`search/${round}`);
  const { forks: forksOfEach, ...lengths } = services.measuring.name === "realm" ? COUNTED : TIMED;
  const jobs = programs
    .flatMap((program, index) =>
      Array.from({ length: forksOfEach }, () => ({ program, index, key: random.next() })),
    )
    .toSorted((left, right) => left.key - right.key);
  const times: number[][] = programs.map(() => []);
  await Promise.all(
    jobs.map(async ({ program, index }) => {
      const { batch, seed, limits } = request;
      const quick = { program, batch, ...lengths, seed, limits };
      const { result: fork } = await untilStarted(() => services.measuring.measure(quick, { signal }));
      times[index]!.push(
        fork.failures > 0 ? Infinity : middle(fork.ticks.length > 0 ? fork.ticks : fork.wallNs),
      );
    }),
  );
  // The fastest fork: what disturbs a process only ever adds time. The final burst is what decides.
  const [baseNs, ...contenderNs] = times.map((forks) => Math.min(...forks));
  return contenderNs.map((ns) => baseNs! / ns);
}

function middle(values: Float64Array): number {
  return values.toSorted()[values.length >> 1]!;
}

function indexOfLargest(values: readonly number[]): number {
  return values.reduce((best, value, index) => (best < 0 || value > values[best]! ? index : best), -1);
}

function step(
  round: number,
  rewrite: Rewrite,
  outcome: SearchStep["outcome"],
  speedup: number | null,
  reason: string | null,
): SearchStep {
  const { rule, description, line } = rewrite;
  return { round, rule, description, line, speedup, outcome, reason };
}
