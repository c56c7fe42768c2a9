/**
 * Kernels are pure functions that run off the calling thread, in a pool. Actors never block their thread:
 * anything over about a millisecond of computing goes through an `Executor`.
 */
export interface Executor {
  /** How many jobs run at the same time. */
  readonly workers: number;
  /**
   * Runs one job. Input, output and progress cross by structured clone.
   * A job that is aborted or passes its deadline is killed hard: its worker dies with it and is replaced.
   * @throws the kernel's own coded error; KERNEL_ABORTED; KERNEL_DEADLINE; KERNEL_CRASHED when its worker
   *   died under it (out of memory, exit); KERNEL_POOL_CLOSED.
   */
  run<Input, Output, Progress>(
    kernel: Kernel<Input, Output, Progress>,
    input: Input,
    options?: RunOptions<Progress>,
  ): Promise<Output>;
  /** Kills what runs, refuses what comes; resolves when no worker is left. */
  close(): Promise<void>;
}

/** A kernel's name and home. The function itself is loaded by the worker that runs it. */
export interface Kernel<Input, Output, Progress = never> {
  /** For messages and telemetry, e.g. `statistics.bootstrap`. */
  readonly name: string;
  /** URL of the module that exports the function (the importing module's own `import.meta.url` style). */
  readonly module: string;
  /** Its export name there. Signature: `KernelFunction<Input, Output, Progress>`. */
  readonly export: string;
  /** Never present; ties the types to the value. */
  readonly types?: (input: Input, progress: Progress) => Output;
}

export type KernelFunction<Input, Output, Progress = never> = (
  input: Input,
  context: KernelContext<Progress>,
) => Output | Promise<Output>;

export interface KernelContext<Progress> {
  /** Sends one progress value to the caller's `onProgress`; cheap, never waits. */
  progress(value: Progress): void;
}

export interface RunOptions<Progress> {
  readonly signal?: AbortSignal;
  /** Milliseconds from the start of the job (not of its waiting); default: none. */
  readonly deadlineMs?: number;
  readonly onProgress?: (value: Progress) => void;
  /** Buffers to move instead of copying. */
  readonly transfer?: readonly ArrayBuffer[];
}
