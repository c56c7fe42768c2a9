/** A sandbox engine that answers as a test says, and remembers what it was asked. */
import { parse } from "devalue";
import type {
  EngineName,
  ForkMeasurement,
  MeasureRequest,
  Observation,
  ObserveRequest,
  SandboxCallOptions,
  SandboxEngine,
} from "../../kernels/sandbox/index.ts";
import { ISOLATION, measurementOf } from "./session.ts";

/** One call of the program's entry. */
export interface ScriptedCall {
  readonly program: string;
  readonly args: readonly unknown[];
  readonly order: ObserveRequest["order"];
  /** Place in the request's inputs. */
  readonly index: number;
  readonly request: ObserveRequest;
}

export interface EngineScript {
  readonly name?: EngineName;
  /** Default: every call returns its arguments. */
  readonly observe?: (call: ScriptedCall) => Observation;
  /** @param count how many measurements were asked for before. Default: all as `measurementOf`. */
  readonly measure?: (
    request: MeasureRequest,
    options: SandboxCallOptions,
    count: number,
  ) => Partial<ForkMeasurement> | Promise<Partial<ForkMeasurement>>;
}

export interface ScriptedEngine extends SandboxEngine {
  readonly observed: readonly ObserveRequest[];
  readonly measured: readonly MeasureRequest[];
}

export function scriptedEngine(script: EngineScript = {}): ScriptedEngine {
  const observed: ObserveRequest[] = [];
  const measured: MeasureRequest[] = [];
  const answer = script.observe ?? (({ args }): Observation => ({ outcome: "returned", text: String(args) }));
  return {
    name: script.name ?? "isolate",
    observed,
    measured,
    observe(request) {
      observed.push(request);
      const { program, order } = request;
      const observations = request.inputs.map((input, index) =>
        answer({ program: program.digest, args: parse(input) as unknown[], order, index, request }),
      );
      const broken = observations.findIndex(({ outcome }) => outcome === "limit_exceeded");
      const stops = request.untilLimit === true && request.order === "alone" && broken >= 0;
      return Promise.resolve({
        observations: stops ? observations.slice(0, broken + 1) : observations,
        isolation: ISOLATION,
      });
    },
    async measure(request, options = {}) {
      measured.push(request);
      const part = await script.measure?.(request, options, measured.length - 1);
      return measurementOf(part);
    },
  };
}
