/**
 * Same behaviour is shown, not assumed. Two programs agree when every input gives the same observation
 * (result or error, arguments afterwards, as one canonical text) in both engines, each input alone in a fresh
 * sandbox and all of them in sequence in one. The first disagreement is shrunk to the smallest input found.
 */
import { shrinkCandidates, showInput } from "../../kernels/syntax/index.ts";
import type {
  EncodedInput,
  Observation,
  ObserveRequest,
  SandboxEngine,
  SandboxLimits,
  SandboxProgram,
  SandboxSeed,
} from "../../kernels/sandbox/index.ts";
import type { Counterexample } from "../workflow/session-document.ts";

export interface EquivalenceQuestion {
  readonly subject: SandboxProgram;
  readonly candidate: SandboxProgram;
  readonly inputs: readonly EncodedInput[];
  readonly seed: SandboxSeed;
  readonly limits: SandboxLimits;
}

export interface EquivalenceAnswer {
  readonly disagreements: number;
  /** Of the first disagreement of each engine and order. */
  readonly counterexamples: readonly Counterexample[];
  /** Where it disagrees the candidate returned or threw, in every engine: no limit broken, nothing missing. */
  readonly clean: boolean;
}

type Order = "alone" | "sequence";

const SHOWN_CHARACTERS = 2_000;
const SHOWN_CALLS = 20;
const MAX_SHRINK_ROUNDS = 300;

/**
 * @param engines in the order of trust: a candidate that is refused in one over a limit, or over what no
 *   sandbox gives, is not run in the next, which may hold it less.
 */
export async function checkEquivalence(
  question: EquivalenceQuestion,
  engines: readonly SandboxEngine[],
  signal: AbortSignal,
): Promise<EquivalenceAnswer> {
  const counterexamples: Counterexample[] = [];
  const disagreeing = new Set<number>();
  let clean = true;
  for (const engine of engines) {
    for (const order of ["alone", "sequence"] as const) {
      const found = await disagreements(question, engine, order, signal);
      found.indexes.forEach((index) => disagreeing.add(index));
      clean &&= found.clean;
      // One that shows itself alone is the plainer story; the sequence is told only when it is the only one.
      if (found.indexes.length > 0 && !counterexamples.some((known) => known.engine === engine.name)) {
        counterexamples.push(await counterexample(question, engine, order, found.indexes[0]!, signal));
      }
    }
    if (!clean) break;
  }
  return { disagreements: disagreeing.size, counterexamples, clean };
}

/** Whether a program does on every input, each alone, what was observed before: the search's quick check. */
export async function stillDoes(
  expected: readonly Observation[],
  request: Omit<ObserveRequest, "order">,
  engine: SandboxEngine,
  signal: AbortSignal,
): Promise<boolean> {
  const { observations } = await engine.observe({ ...request, order: "alone" }, { signal });
  return expected.every((observation, index) => sameObservation(observation, observations[index]));
}

export function sameObservation(left: Observation | undefined, right: Observation | undefined): boolean {
  return (
    left !== undefined && right !== undefined && left.outcome === right.outcome && left.text === right.text
  );
}

interface Disagreements {
  readonly indexes: readonly number[];
  /** Where the candidate disagrees it returned or threw. */
  readonly clean: boolean;
}

async function disagreements(
  question: EquivalenceQuestion,
  engine: SandboxEngine,
  order: Order,
  signal: AbortSignal,
): Promise<Disagreements> {
  const [left, right] = await observeBoth(question, question.inputs, engine, order, signal);
  // Behind a broken limit nothing was looked at, so nothing is shown of it either.
  const looked = Math.min(left.length, right.length);
  const all = Array.from({ length: looked }, (_, index) => index);
  const indexes = all.filter((index) => !sameObservation(left[index], right[index]));
  if (indexes.length === 0 && looked < question.inputs.length) indexes.push(looked - 1);
  const clean = indexes.every((index) => ["returned", "threw"].includes(right[index]?.outcome ?? ""));
  return { indexes, clean };
}

async function observeBoth(
  question: EquivalenceQuestion,
  inputs: readonly EncodedInput[],
  engine: SandboxEngine,
  order: Order,
  signal: AbortSignal,
): Promise<readonly [readonly Observation[], readonly Observation[]]> {
  const shared = { inputs, order, seed: question.seed, limits: question.limits, untilLimit: true };
  const [subject, candidate] = await Promise.all([
    engine.observe({ program: question.subject, ...shared }, { signal }),
    engine.observe({ program: question.candidate, ...shared }, { signal }),
  ]);
  return [subject.observations, candidate.observations];
}

async function counterexample(
  question: EquivalenceQuestion,
  engine: SandboxEngine,
  order: Order,
  index: number,
  signal: AbortSignal,
): Promise<Counterexample> {
  const found = order === "alone" ? [question.inputs[index]!] : question.inputs.slice(0, index + 1);
  const inputs =
    order === "alone"
      ? [await shrink(question, engine, found[0]!, signal)]
      : await shrinkSequence(question, engine, found, signal);
  const [subject, candidate] = await observeBoth(question, inputs, engine, order, signal);
  return {
    input: shownCalls(inputs),
    engine: engine.name,
    subject: shownObservation(subject.at(-1)),
    candidate: shownObservation(candidate.at(-1)),
    shrunkFrom: charactersOf(found),
    shrunkTo: charactersOf(inputs),
  };
}

function charactersOf(inputs: readonly EncodedInput[]): number {
  return inputs.reduce((sum, { length }) => sum + length, 0);
}

/** Several calls stand one to a line, in order; the last is the one that differs. */
function shownCalls(inputs: readonly EncodedInput[]): string {
  if (inputs.length === 1) return showInput(inputs[0]!, SHOWN_CHARACTERS);
  const shown = inputs.slice(-SHOWN_CALLS).map((input) => showInput(input, SHOWN_CHARACTERS / SHOWN_CALLS));
  const before = inputs.length - shown.length;
  return [...(before === 0 ? [] : [`(${before} calls before)`]), ...shown].join("\n");
}

/**
 * Greedy: the first smaller variant that still disagrees, until none does. A variant counts only when the
 * subject ends on it in the same way as before, so that shrinking never leaves the function's domain.
 */
async function shrink(
  question: EquivalenceQuestion,
  engine: SandboxEngine,
  found: EncodedInput,
  signal: AbortSignal,
): Promise<EncodedInput> {
  const [[original], [other]] = await observeBoth(question, [found], engine, "alone", signal);
  // Every smaller one that shows it too would cost its whole limit again.
  if (other?.outcome === "limit_exceeded") return found;
  let smallest = found;
  for (let round = 0; round < MAX_SHRINK_ROUNDS; round++) {
    const variants = shrinkCandidates(smallest);
    if (variants.length === 0) break;
    const [left, right] = await observeBoth(question, variants, engine, "alone", signal);
    const next = variants.find(
      (_, index) => left[index]?.outcome === original?.outcome && !sameObservation(left[index], right[index]),
    );
    if (next === undefined) break;
    smallest = next;
  }
  return smallest;
}

/**
 * Leaves out calls before the last one, halves first and then fewer at a time, as long as the last one still
 * differs and the subject ends on it as before (A. Zeller & R. Hildebrandt, Simplifying and Isolating
 * Failure-Inducing Input, 2002).
 */
async function shrinkSequence(
  question: EquivalenceQuestion,
  engine: SandboxEngine,
  found: readonly EncodedInput[],
  signal: AbortSignal,
): Promise<readonly EncodedInput[]> {
  const lastOf = async (inputs: readonly EncodedInput[]): Promise<readonly [Observation, Observation]> => {
    const [subject, candidate] = await observeBoth(question, inputs, engine, "sequence", signal);
    return [subject.at(-1)!, candidate.at(-1)!];
  };
  const [original, other] = await lastOf(found);
  if (other.outcome === "limit_exceeded") return found;
  let smallest = found;
  let rounds = 0;
  for (let size = found.length >> 1; size > 0; size >>= 1) {
    for (let start = 0; start < smallest.length - 1 && rounds < MAX_SHRINK_ROUNDS; rounds++) {
      const end = Math.min(start + size, smallest.length - 1);
      const without = [...smallest.slice(0, start), ...smallest.slice(end)];
      const [subject, candidate] = await lastOf(without);
      if (subject.outcome === original.outcome && !sameObservation(subject, candidate)) smallest = without;
      else start = end;
    }
  }
  return smallest;
}

function shownObservation(observation: Observation | undefined): string {
  if (observation === undefined) return "nothing";
  const { outcome, text } = observation;
  const short = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return `${outcome}: ${short}`;
}
