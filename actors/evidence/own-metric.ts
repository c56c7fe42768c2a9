/**
 * A metric of the task's own: a function (result, ...args) → number, evaluated where the code under test runs, on each
 * call. Its module and a version become one program, the metric's loaded first: what it takes of the language when it is
 * loaded no version can exchange afterwards. That program is observed in `realm`, each sealed input in a fresh
 * machine, so its figures are exact and the same on every machine: the inputs are the units, not the forks.
 *
 * Arguments are as the call left them. Inputs on which a version throws have no figure; a promise counts by what it
 * comes to.
 */
import { createHash } from "node:crypto";
import type {
  EncodedInput,
  Observation,
  SandboxEngine,
  SandboxLimits,
  SandboxProgram,
  SandboxSeed,
} from "../../kernels/sandbox/index.ts";
import { showInput } from "../../kernels/syntax/index.ts";
import { actorError } from "../errors.ts";
import type { Version } from "./fork-plan.ts";

/** One figure an input that has one for every version, in the order of the inputs. */
export type Figures = Readonly<Partial<Record<Version, Float64Array>>>;

export interface FiguresQuestion {
  readonly name: string;
  readonly metric: SandboxProgram;
  readonly versions: Readonly<Partial<Record<Version, SandboxProgram>>>;
  readonly inputs: readonly EncodedInput[];
  readonly seed: SandboxSeed;
  readonly limits: SandboxLimits;
}

/** @throws METRIC_NO_FIGURE; INPUTS_TOO_FEW where fewer than two inputs have a figure */
export async function figuresOf(
  { name, metric, versions, inputs, seed, limits }: FiguresQuestion,
  realm: SandboxEngine,
  signal: AbortSignal,
): Promise<Figures> {
  const told = await Promise.all(
    Object.entries(versions).map(async ([version, program]) => {
      const request = {
        program: figureProgram(program, metric),
        inputs,
        order: "alone",
        seed,
        limits,
      } as const;
      const { observations } = await realm.observe(request, { signal });
      return [version, observations.map((observed, at) => figureOf(observed, name, inputs[at]!))] as const;
    }),
  );
  const whole = inputs.map((_, at) => at).filter((at) => told.every(([, figures]) => figures[at] !== null));
  if (whole.length < 2) {
    throw actorError(
      "INPUTS_TOO_FEW",
      `${name} has a figure for ${whole.length} sealed inputs, and needs two`,
    );
  }
  return Object.fromEntries(
    told.map(([version, figures]) => [version, Float64Array.from(whole, (at) => figures[at]!)]),
  );
}

const ENTRY = "myriadFigure";

/** Not strict by itself: programs of sloppy scripts stay what they are. */
export function figureProgram(version: SandboxProgram, metric: SandboxProgram): SandboxProgram {
  const entryOf = ({ code, entry }: SandboxProgram): string => `${code}()[${JSON.stringify(entry)}]`;
  const code = `(function () {
var of = ${entryOf(metric)};
if (typeof of !== "function") throw new TypeError("the metric is not a function");
var call = ${entryOf(version)};
function told(figure) {
  if (figure instanceof Promise) return figure.then(told);
  return figure === undefined ? null : figure;
}
return { ${ENTRY}: function (...args) {
  var result;
  try { result = call(...args); } catch { return undefined; }
  if (!(result instanceof Promise)) return told(of(result, ...args));
  return result.then((value) => told(of(value, ...args)), () => undefined);
} };
})`;
  return { code, entry: ENTRY, digest: createHash("sha256").update(`${code}\0${ENTRY}`).digest("hex") };
}

/** @returns null: the version threw */
function figureOf({ outcome, text }: Observation, name: string, input: EncodedInput): number | null {
  const [line] = text.split("\n", 1);
  const told = /^returned (?:a promise of )?(\S+)$/.exec(line!)?.[1];
  if (outcome === "returned" && told === "undefined") return null;
  const figure = outcome === "returned" && told !== undefined && /\d$/.test(told) ? Number(told) : Number.NaN;
  if (Number.isFinite(figure)) return figure;
  throw actorError("METRIC_NO_FIGURE", `${name} gave no finite number: ${line!.slice(0, 200)}`, {
    location: `input ${showInput(input, 200)}`,
  });
}
