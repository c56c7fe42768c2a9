/**
 * The realm engine: hands requests to kernels in the pool's workers and stands guard over them.
 *
 *   host                                           worker
 *   splits the inputs over the workers        ->   fresh memory, run, observation; again for each input
 *   keeps what is finished                    <-   sends it on now and then
 *   watches the number of the run going on    <-   writes it into shared memory
 *   a run overstays its limit by the grace:        (a native loop that no interrupt reaches)
 *     kills the worker; that input exceeded
 *     its limit, the unfinished go on in a new one
 *
 * A worker that dies of itself is an infrastructure error: at once for a fork, whose caller counts it and runs
 * the fork again; at the third time for observations and inputs. A job during which this process was suspended
 * is run again: its runs may have missed their deadlines for nothing.
 */
import { MyriadError, systemClock } from "../../runtime/contracts/index.ts";
import type { Cancel, Clock, Executor, Kernel } from "../../runtime/contracts/index.ts";
import { sandboxError } from "./errors.ts";
import { harnessScript, meterScript } from "./harness-script.ts";
import { checkLimits } from "./check-limits.ts";
import { askedFor } from "./protocol.ts";
import type {
  EncodedInput,
  ForkMeasurement,
  GenerateRequest,
  Isolation,
  MeasureRequest,
  Observation,
  ObserveRequest,
  ObserveResult,
  SandboxCallOptions,
  SandboxEngine,
  SandboxLimits,
} from "./protocol.ts";
import { measureInRealmKernel } from "./realm-measure.ts";
import { generateInRealmKernel, observeInRealmKernel } from "./realm-observe.ts";
import type { ObserveProgress, Watch } from "./realm-observe.ts";
import { runMs, timeLimit } from "./realm-room.ts";
import { webPartsOf } from "./web-parts.ts";

/** A run may be this much later than its limit before its worker is killed: the limit itself is kept inside. */
const GRACE_MS = 1_000;
const LOOK_MS = 50;
/** Looks that lie further apart say that this process was suspended, or was too busy to look. */
const LOOK_GAP_MS = 1_000;
/** Fewer inputs are not worth a second worker. */
const LEAST_SHARE = 16;
const ATTEMPTS = 3;

/** Bun does not stop a thread inside of a native loop: there, such a loop overstays. */
const missing: readonly string[] = "Bun" in globalThis ? ["cpu-in-native-loops"] : [];

export const REALM_ISOLATION: Isolation = {
  engine: "realm",
  carrier: "quickjs-wasm",
  enforced: ["memory", "cpu", "wall", "disk", "network", "filesystem", "processes"],
  missing,
};

/** Observations and measurements by QuickJS in the executor's workers. */
export function realmEngine(executor: Executor, clock: Clock = systemClock): SandboxEngine {
  const host: Host = { executor, clock };
  return {
    name: "realm",
    observe: (request, options = {}) => observe(host, request, options),
    measure: (request, options = {}) => measure(host, request, options),
  };
}

interface Host {
  readonly executor: Executor;
  readonly clock: Clock;
}

// --- observe --------------------------------------------------------------------------------------------

async function observe(
  host: Host,
  request: ObserveRequest,
  options: SandboxCallOptions,
): Promise<ObserveResult> {
  checkLimits(request.limits);
  const { inputs, ...rest } = request;
  const observations: (Observation | undefined)[] = inputs.map(() => undefined);
  let done = 0;
  const keep = (index: number, observation: Observation): void => {
    if (observations[index] === undefined) done++;
    observations[index] = observation;
  };
  const report = (): void => options.onProgress?.(done);
  const limited = (indexes: readonly number[]): boolean =>
    indexes.some((index) => observations[index]?.outcome === "limit_exceeded");
  const shares = sharesOf(inputs.length, request.order === "alone" ? host.executor.workers : 1);
  await Promise.all(
    shares.map((share) => observeShare(host, { ...rest, inputs }, share, { keep, report, limited }, options)),
  );
  return { observations: askedFor(request, observations), isolation: REALM_ISOLATION };
}

/** Consecutive indices, about as many for each. */
function sharesOf(count: number, workers: number): readonly (readonly number[])[] {
  if (count === 0) return [];
  const size = Math.max(Math.ceil(count / workers), LEAST_SHARE);
  const all = Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: Math.ceil(count / size) }, (_, share) =>
    all.slice(share * size, (share + 1) * size),
  );
}

interface Results {
  readonly keep: (index: number, observation: Observation) => void;
  readonly report: () => void;
  /** Whether one of these has broken a limit. */
  readonly limited: (indexes: readonly number[]) => boolean;
}

/** Goes on with what is missing until nothing is: every round finishes at least one input. */
async function observeShare(
  host: Host,
  request: ObserveRequest,
  share: readonly number[],
  results: Results,
  options: SandboxCallOptions,
): Promise<void> {
  const script = harnessScript(webPartsOf(request.program.code));
  let open = share;
  while (open.length > 0) {
    const round = open;
    const finished = new Set<number>();
    const take = ({ from, observations }: ObserveProgress): void => {
      observations.forEach((observation, offset) => {
        const index = round[from + offset]!;
        finished.add(index);
        results.keep(index, observation);
      });
      results.report();
    };
    const { inputs, ...rest } = request;
    const job = { request: rest, script, inputs: round.map((index) => inputs[index]!) };
    const ended = await guarded(host, observeInRealmKernel, job, request.limits, options, take);
    if (ended.how === "done") take(ended.output);
    else overstayed(request, round, ended.run, finished, results);
    open = round.filter((index) => !finished.has(index));
    if (request.untilLimit === true && results.limited(round)) break;
  }
}

/** The run that was going on met its limit; a sequence is one run. */
function overstayed(
  request: ObserveRequest,
  round: readonly number[],
  run: number,
  finished: Set<number>,
  results: Results,
): void {
  const observation: Observation = { outcome: "limit_exceeded", text: timeLimit(request.limits) };
  const met = request.order === "sequence" ? round : [round[run]!];
  for (const index of met) {
    finished.add(index);
    results.keep(index, observation);
  }
  results.report();
}

// --- measure and generate -------------------------------------------------------------------------------

async function measure(
  host: Host,
  request: MeasureRequest,
  options: SandboxCallOptions,
): Promise<ForkMeasurement> {
  checkLimits(request.limits);
  const parts = webPartsOf(request.program.code);
  const job = { request, meterScript: meterScript(parts), harnessScript: harnessScript(parts) };
  const report = (iterations: number): void => options.onProgress?.(iterations);
  const ended = await guarded(host, measureInRealmKernel, job, request.limits, options, report, 1);
  if (ended.how === "done") return { ...ended.output, isolation: REALM_ISOLATION };
  return overstayedFork(request);
}

function overstayedFork(request: MeasureRequest): ForkMeasurement {
  const unknown = new Float64Array(request.iterations).fill(NaN);
  const observation: Observation = { outcome: "limit_exceeded", text: timeLimit(request.limits) };
  return {
    wallNs: unknown,
    ticks: unknown.slice(),
    failures: request.iterations,
    cpuMs: runMs(request.limits) + GRACE_MS,
    peakMb: 0,
    proof: request.batch.map(() => observation),
    isolation: REALM_ISOLATION,
  };
}

/**
 * Runs a generator module in a realm.
 * @throws SANDBOX_GENERATOR when it throws, meets a limit, needs what no sandbox gives, or returns what is
 *   no array of argument lists that can be encoded; SANDBOX_LIMITS, SANDBOX_PROGRAM, SANDBOX_ABORTED.
 */
export async function generateInputs(
  executor: Executor,
  request: GenerateRequest,
  options: SandboxCallOptions = {},
): Promise<readonly EncodedInput[]> {
  checkLimits(request.limits);
  const host: Host = { executor, clock: systemClock };
  const job = { request, script: harnessScript(webPartsOf(request.program.code)) };
  const ended = await guarded(host, generateInRealmKernel, job, request.limits, options, () => undefined);
  if (ended.how === "overstayed") {
    throw sandboxError(
      "SANDBOX_GENERATOR",
      `the input generator met its limit: ${timeLimit(request.limits)}`,
    );
  }
  if ("outcome" in ended.output) {
    throw sandboxError("SANDBOX_GENERATOR", `the input generator met its limit: ${ended.output.text}`);
  }
  return readGenerated(ended.output);
}

function readGenerated([kind, ...rest]: readonly string[]): readonly EncodedInput[] {
  if (kind === "inputs") return rest as EncodedInput[];
  const [text, path] = rest;
  const where = path === "" || path === undefined ? {} : { location: `inputs${path}` };
  const what = kind === "unavailable" ? `it needs ${text ?? ""}, which no sandbox gives` : (text ?? "");
  throw sandboxError("SANDBOX_GENERATOR", `the input generator failed: ${what}`, where);
}

// --- the guard ------------------------------------------------------------------------------------------

type Guarded<Output> =
  | { readonly how: "done"; readonly output: Output }
  /** Killed in its `run`th run, counted from 0. */
  | { readonly how: "overstayed"; readonly run: number };

/** Runs a job under watch, again after a suspension and, `attempts` times in all, after its worker died of itself. */
async function guarded<Job extends object, Output, Progress>(
  host: Host,
  kernel: Kernel<Job & { readonly watch: Watch }, Output, Progress>,
  job: Job,
  limits: SandboxLimits,
  options: SandboxCallOptions,
  onProgress: (progress: Progress) => void,
  attempts: number = ATTEMPTS,
): Promise<Guarded<Output>> {
  for (let crashes = 0; ;) {
    const watch: Watch = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const guard = new Guard(watch, runMs(limits) + GRACE_MS, host.clock);
    const signals = options.signal === undefined ? [guard.signal] : [guard.signal, options.signal];
    try {
      const signal = AbortSignal.any(signals);
      const output = await host.executor.run(kernel, { ...job, watch }, { signal, onProgress });
      if (!guard.suspended) return { how: "done", output };
    } catch (error) {
      if (guard.overstayedRun !== null) return { how: "overstayed", run: guard.overstayedRun };
      if (options.signal?.aborted === true) {
        throw sandboxError("SANDBOX_ABORTED", "the sandbox was aborted", { cause: error });
      }
      if (!(error instanceof MyriadError) || error.code !== "KERNEL_CRASHED") throw error;
      if (++crashes === attempts) {
        throw sandboxError("SANDBOX_INFRA", "the realm's worker died", { cause: error });
      }
    } finally {
      guard.stop();
    }
  }
}

/** Looks at the run's number; when it stands still for too long, aborts. Not started, it stands still at 0. */
class Guard {
  readonly #watch: Watch;
  readonly #patienceMs: number;
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  #seen = 0;
  #since = 0;
  #lookedAt: number;
  #cancel: Cancel;
  overstayedRun: number | null = null;
  suspended = false;

  constructor(watch: Watch, patienceMs: number, clock: Clock) {
    this.#watch = watch;
    this.#patienceMs = patienceMs;
    this.#clock = clock;
    this.#lookedAt = clock.monotonic();
    this.#cancel = clock.schedule(LOOK_MS, () => this.#look());
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  stop(): void {
    this.#cancel();
  }

  #look(): void {
    const run = Atomics.load(this.#watch, 0);
    const now = this.#clock.monotonic();
    const gap = now - this.#lookedAt > LOOK_GAP_MS;
    if (gap || run !== this.#seen) [this.#seen, this.#since] = [run, now];
    this.suspended ||= gap;
    this.#lookedAt = now;
    if (run > 0 && now - this.#since > this.#patienceMs) {
      this.overstayedRun = run - 1;
      this.#controller.abort();
      return;
    }
    this.#cancel = this.#clock.schedule(LOOK_MS, () => this.#look());
  }
}
