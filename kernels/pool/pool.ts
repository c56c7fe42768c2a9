/**
 * A pool of worker threads that runs kernels: the `Executor` of production.
 *
 *   caller                     pool                                 worker thread
 *   run(kernel, input)    ->   waits for a free worker         ->   loads the module, says `started`
 *                              the deadline starts            <-
 *   onProgress(value)     <-                                  <-    context.progress(value)
 *   output, coded error   <-                                  <-    returns, throws
 *   signal aborted        ->   terminates the thread, starts another; rejects at once
 *   close()               ->   terminates all; resolves when every thread is gone
 *
 * Jobs start in the order in which they were given. All progress of a job is delivered before its output. An
 * idle pool does not keep the process alive; a running job does. Threads start when the pool is opened.
 */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { Piscina } from "piscina";
import { decodeError, systemClock } from "../../runtime/contracts/index.ts";
import type { Clock, Executor, Kernel, MyriadError, RunOptions } from "../../runtime/contracts/index.ts";
import { poolError } from "./errors.ts";
import { openNotices } from "./notices.ts";
import type { Notices } from "./notices.ts";
import type { Job, Reply } from "./protocol.ts";

export interface PoolOptions {
  /** Threads, and so jobs at the same time; a positive integer. */
  readonly workers: number;
  /** Measures deadlines; default: the machine's. */
  readonly clock?: Clock;
}

/** @throws RangeError when `workers` is not a positive integer. */
export function openPool(options: PoolOptions): Executor {
  if (!Number.isInteger(options.workers) || options.workers < 1) {
    throw new RangeError(`workers is a positive integer, not ${options.workers}`);
  }
  return new Pool(options.workers, options.clock ?? systemClock);
}

const workerFile = fileURLToPath(
  new URL(`./worker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url),
);

class Pool implements Executor {
  readonly workers: number;
  readonly #clock: Clock;
  readonly #threads: Piscina<Job, Reply>;
  /** Ends each open job with the given error, killing its thread if it has one. */
  readonly #open = new Set<(error: MyriadError) => void>();
  /** Threads that were told to terminate and have not yet. */
  readonly #dying = new Set<Promise<unknown>>();
  #closed: Promise<void> | null = null;

  constructor(workers: number, clock: Clock) {
    this.workers = workers;
    this.#clock = clock;
    this.#threads = new Piscina<Job, Reply>({
      filename: workerFile,
      minThreads: workers,
      maxThreads: workers,
    });
    // A thread that dies between jobs: nobody waits for it, and the pool has already started another.
    this.#threads.on("error", () => undefined);
  }

  async run<Input, Output, Progress>(
    kernel: Kernel<Input, Output, Progress>,
    input: Input,
    options: RunOptions<Progress> = {},
  ): Promise<Output> {
    if (this.#closed !== null) throw closed(kernel.name);
    if (options.signal?.aborted === true) throw aborted(kernel.name, options.signal);
    const run = new Run(kernel.name, options, this.#clock, (controller) => this.#kill(controller));
    this.#open.add(run.end);
    try {
      return (await run.result(this.#threads, kernel, input)) as Output;
    } finally {
      this.#open.delete(run.end);
      run.dispose();
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeOnce();
    return this.#closed;
  }

  async #closeOnce(): Promise<void> {
    for (const end of this.#open) end(closed("a running job"));
    await this.#threads.destroy();
    await Promise.all(this.#dying);
  }

  /** Piscina forgets a thread when it terminates it; `close` has to wait for it all the same. */
  #kill(controller: AbortController): void {
    const before = this.#threads.threads;
    controller.abort();
    const after = new Set(this.#threads.threads);
    for (const thread of before) {
      if (!after.has(thread)) this.#mourn(thread);
    }
  }

  #mourn(thread: Worker): void {
    const death = once(thread, "exit").finally(() => this.#dying.delete(death));
    this.#dying.add(death);
  }
}

/** One job from its start to its end, whichever way it ends; only the first end counts. */
class Run<Progress> {
  readonly #kernel: string;
  readonly #options: RunOptions<Progress>;
  readonly #controller = new AbortController();
  readonly #kill: (controller: AbortController) => void;
  readonly #notices: Notices | null;
  readonly #onAbort: () => void;
  #error: MyriadError | null = null;

  constructor(
    kernel: string,
    options: RunOptions<Progress>,
    clock: Clock,
    kill: (controller: AbortController) => void,
  ) {
    this.#kernel = kernel;
    this.#options = options;
    this.#kill = kill;
    this.#notices = openNotices(options, clock, () => {
      this.end(poolError("KERNEL_DEADLINE", `kernel ${kernel}: longer than ${options.deadlineMs ?? 0} ms`));
    });
    this.#onAbort = () => this.end(aborted(kernel, options.signal));
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  readonly end = (error: MyriadError): void => {
    if (this.#error !== null) return;
    this.#error = error;
    this.#kill(this.#controller);
  };

  async result<Input, Output>(
    threads: Piscina<Job, Reply>,
    kernel: Kernel<Input, Output, Progress>,
    input: unknown,
  ): Promise<unknown> {
    const reply = await this.#reply(threads, kernel, input);
    this.#notices?.drain();
    if (reply.kind === "failed") throw decodeError(reply.error);
    return reply.output;
  }

  dispose(): void {
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#notices?.close();
  }

  async #reply<Input, Output>(
    threads: Piscina<Job, Reply>,
    kernel: Kernel<Input, Output, Progress>,
    input: unknown,
  ): Promise<Reply> {
    const port = this.#notices?.port ?? null;
    const job: Job = {
      kernel: kernel.name,
      module: kernel.module,
      export: kernel.export,
      input,
      notices: port,
    };
    const transferList = [...(this.#options.transfer ?? []), ...(port === null ? [] : [port])];
    try {
      return await threads.run(job, { signal: this.#controller.signal, transferList });
    } catch (cause) {
      throw this.#error ?? failure(this.#kernel, cause);
    }
  }
}

/** The worker answers with coded errors only: what rejects otherwise is the thread's death or the cloning of the input. */
function failure(kernel: string, cause: unknown): MyriadError {
  if (cause instanceof Error && cause.name === "DataCloneError") {
    return poolError("KERNEL_UNCLONEABLE", `kernel ${kernel}: its input cannot be cloned`, {
      cause,
    });
  }
  return poolError("KERNEL_CRASHED", `kernel ${kernel}: its worker died`, { cause });
}

function aborted(kernel: string, signal: AbortSignal | undefined): MyriadError {
  const cause: unknown = signal?.reason;
  return poolError("KERNEL_ABORTED", `kernel ${kernel}: aborted`, { cause });
}

function closed(kernel: string): MyriadError {
  return poolError("KERNEL_POOL_CLOSED", `kernel ${kernel}: the pool is closed`);
}
