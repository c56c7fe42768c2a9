/**
 * The isolate engine: V8's (or JavaScriptCore's) own speed in disposable child processes.
 *
 *   observe   children run the inputs one after another; one that breaks a limit costs its input
 *             `limit_exceeded`, and the rest go on in a new child
 *   measure   one child is one fork; iterations that it did not live to finish count as failures
 *
 * Limits hold for one run: one input alone, one sequence, one iteration. Memory is counted from where the
 * process stood before the program was loaded. A child that does not start is an infrastructure error: at once
 * for a fork, whose caller counts it and runs the fork again; at the third time for an observation, which is no
 * figure and may have many children behind it.
 */
import type { Clock, MyriadError } from "../../runtime/contracts/index.ts";
import { systemClock } from "../../runtime/contracts/index.ts";
import { checkLimits } from "./check-limits.ts";
import { notJavaScript, sandboxAborted, sandboxError } from "./errors.ts";
import type { Carrier, CarrierName, CarrierOptions } from "./isolate-carrier.ts";
import { carriersHere } from "./isolate-carrier.ts";
import { broken, Fork } from "./isolate-fork.ts";
import type { Frame } from "./isolate-frames.ts";
import { FrameError, parseObservation } from "./isolate-frames.ts";
import { jobOf } from "./isolate-job.ts";
import type { ChildOptions, ChildReport } from "./isolate-process.ts";
import { runChildProcess } from "./isolate-process.ts";
import { Slots } from "./isolate-slots.ts";
import type {
  EncodedInput,
  ForkMeasurement,
  Isolation,
  MeasureRequest,
  Observation,
  ObserveRequest,
  ObserveResult,
  SandboxCallOptions,
  SandboxEngine,
  SandboxLimits,
} from "./protocol.ts";
import { askedFor, SANDBOX_CAPS } from "./protocol.ts";
import { timedPartsOf } from "./web-parts.ts";
import type { WebPart } from "./web-parts.ts";

export interface IsolateOptions extends CarrierOptions {
  /** Children at the same time. */
  readonly workers: number;
  /** Default: the best that works here, in the order bubblewrap, isolated-vm, permission. */
  readonly carrier?: CarrierName;
  /** Refuse to open on a carrier that leaves the network or the file system reachable. Default: false. */
  readonly requireIsolation?: boolean;
  readonly clock?: Clock;
}

export interface IsolateEngine extends SandboxEngine {
  readonly name: "isolate";
  readonly isolation: Isolation;
}

const ATTEMPTS = 3;
/** Of a fork: whether it returns promises, what it allocates, its proof. */
const UNTIMED_RUNS = 12;

/**
 * Tries the carriers by running a program in each, and opens the engine on the first that works.
 * @throws SANDBOX_ISOLATION when isolation is required and not to be had; SANDBOX_INFRA when nothing works.
 */
export async function isolateEngine(options: IsolateOptions): Promise<IsolateEngine> {
  const { clock = systemClock, carrier: wanted, requireIsolation = false, workers } = options;
  const candidates = carriersHere(options).filter(
    ({ isolation }) => (wanted ?? isolation.carrier) === isolation.carrier,
  );
  let refusal: MyriadError | null = null;
  for (const carrier of candidates) {
    if (requireIsolation && !isolates(carrier)) continue;
    const failure = await probe(carrier, clock);
    if (failure === null) return new Engine(carrier, workers, clock);
    refusal = failure;
  }
  if (requireIsolation) {
    throw sandboxError(
      "SANDBOX_ISOLATION",
      "No carrier on this machine keeps the network and the file system out of reach.",
      {
        cause: refusal,
      },
    );
  }
  throw (
    refusal ?? sandboxError("SANDBOX_INFRA", `The carrier ${wanted ?? ""} is not available on this machine.`)
  );
}

function isolates({ isolation }: Carrier): boolean {
  return !isolation.missing.includes("network") && !isolation.missing.includes("filesystem");
}

const PROBE: ObserveRequest = {
  program: { code: "(function () { return { one: () => 1 }; })", entry: "one", digest: "probe" },
  inputs: ["[[]]" as EncodedInput],
  order: "alone",
  seed: { random: 1, epochMs: 0 },
  limits: SANDBOX_CAPS,
};

async function probe(carrier: Carrier, clock: Clock): Promise<MyriadError | null> {
  try {
    const { observations } = await new Engine(carrier, 1, clock).observe(PROBE);
    if (observations[0]?.outcome === "returned") return null;
    return sandboxError(
      "SANDBOX_INFRA",
      `${carrier.isolation.carrier} answered ${JSON.stringify(observations[0])}.`,
    );
  } catch (thrown) {
    return thrown as MyriadError;
  }
}

class Engine implements IsolateEngine {
  readonly name = "isolate";
  readonly isolation: Isolation;
  readonly #carrier: Carrier;
  readonly #slots: Slots;
  readonly #clock: Clock;

  constructor(carrier: Carrier, workers: number, clock: Clock) {
    this.isolation = carrier.isolation;
    this.#carrier = carrier;
    this.#slots = new Slots(workers);
    this.#clock = clock;
  }

  async observe(request: ObserveRequest, options: SandboxCallOptions = {}): Promise<ObserveResult> {
    checkLimits(request.limits);
    return this.#slots.with(async () => {
      const observations =
        request.order === "alone"
          ? await this.#observeAlone(request, options)
          : await this.#observeSequence(request, options);
      return { observations: askedFor(request, observations), isolation: this.isolation };
    });
  }

  async measure(request: MeasureRequest, options: SandboxCallOptions = {}): Promise<ForkMeasurement> {
    checkLimits(request.limits);
    return this.#slots.with(async () => {
      const fork = await this.#runFork(request, options);
      return { ...fork, isolation: this.isolation };
    });
  }

  async #observeAlone(request: ObserveRequest, options: SandboxCallOptions): Promise<Observation[]> {
    const observations: Observation[] = [];
    while (observations.length < request.inputs.length) {
      const before = observations.length;
      const inputs = request.inputs.slice(before);
      const end = await this.#observeIn(request, inputs, observations, options);
      // A child that retired because its realm was spoiled has made progress; one that has not, broke down.
      const stuck = observations.length === before;
      if (end.kind === "breach") observations.push(broken(end.breach));
      else if (stuck) observations.push(broken("crash"));
      else continue;
      if (request.untilLimit === true) break;
    }
    return observations;
  }

  async #observeSequence(request: ObserveRequest, options: SandboxCallOptions): Promise<Observation[]> {
    const observations: Observation[] = [];
    const end = await this.#observeIn(request, request.inputs, observations, options);
    if (observations.length === request.inputs.length) return observations;
    const failure = broken(end.kind === "breach" ? end.breach : "crash");
    return request.inputs.map(() => failure);
  }

  /** One child; appends what it lived to observe. */
  async #observeIn(
    request: ObserveRequest,
    inputs: readonly EncodedInput[],
    observations: Observation[],
    options: SandboxCallOptions,
  ): Promise<ChildReport["end"]> {
    const most = observations.length + inputs.length;
    const told: { programError: string | null } = { programError: null };
    const onFrame = ({ kind, text }: Frame): void => {
      if (kind === "program") told.programError = text;
      else if (kind === "observation" && observations.length < most)
        observations.push(parseObservation(text));
      else if (kind !== "spoiled" && kind !== "done") throw new FrameError(kind);
    };
    const parts = this.#partsOf(request);
    const job = jobOf(request, inputs, { kind: request.order }, parts);
    const { end } = await this.#stubbornly(() =>
      this.#runChild(request.limits, { job, parts, runs: inputs.length, onFrame }, options),
    );
    if (told.programError !== null) throw notJavaScript(told.programError);
    return end;
  }

  async #runFork(
    request: MeasureRequest,
    options: SandboxCallOptions,
  ): Promise<Omit<ForkMeasurement, "isolation">> {
    const { iterations, warmUpIterations, stretch = 1, batch, limits } = request;
    const fork = new Fork(request, options.onProgress);
    const parts = this.#partsOf(request);
    const job = jobOf(request, batch, { kind: "measure", iterations, warmUpIterations, stretch }, parts);
    const runs = stretch * (iterations + warmUpIterations) + UNTIMED_RUNS;
    const onFrame = (frame: Frame): void => fork.take(frame);
    const report = await this.#runChild(limits, { job, parts, runs, onFrame }, options);
    if (fork.programError !== null) throw notJavaScript(fork.programError);
    const { end } = report;
    return fork.measurement(request, end.kind === "breach" ? end.breach : "crash", report);
  }

  /** An isolate of isolated-vm has nothing of the web that could be kept. */
  #partsOf({ program }: Pick<ObserveRequest, "program">): readonly WebPart[] {
    return this.#carrier.child === "isolated-vm" ? [] : timedPartsOf(program.code);
  }

  /** @throws SANDBOX_ABORTED; SANDBOX_INFRA when the child did not start. */
  async #runChild(
    limits: SandboxLimits,
    work: Pick<ChildOptions, "job" | "parts" | "runs" | "onFrame">,
    { signal }: SandboxCallOptions,
  ): Promise<ChildReport> {
    if (signal?.aborted === true) throw sandboxAborted();
    const report = await runChildProcess({
      carrier: this.#carrier,
      clock: this.#clock,
      limits,
      ...work,
      signal,
    });
    if (report.end.kind === "aborted") throw sandboxAborted();
    if (report.end.kind === "unstarted") {
      const { carrier } = this.#carrier.isolation;
      throw sandboxError(
        "SANDBOX_INFRA",
        `A sandbox process (${carrier}) did not start: ${report.end.reason}`,
      );
    }
    return report;
  }

  async #stubbornly<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (thrown) {
        if ((thrown as MyriadError).code !== "SANDBOX_INFRA" || attempt === ATTEMPTS) throw thrown;
      }
    }
  }
}
