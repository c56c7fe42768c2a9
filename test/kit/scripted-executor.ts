/**
 * An executor without workers: a kernel that the test scripts by name answers as the script says, any other
 * runs as it is, on this thread.
 */
import type { Executor, KernelFunction } from "../../runtime/contracts/index.ts";

export type KernelScripts = Readonly<Record<string, (input: never) => unknown>>;

export function scriptedExecutor(scripts: KernelScripts = {}): Executor {
  return {
    workers: 1,
    async run(kernel, input, options = {}) {
      options.signal?.throwIfAborted();
      const scripted = scripts[kernel.name];
      if (scripted !== undefined) return (await scripted(input as never)) as never;
      const module = (await import(kernel.module)) as Readonly<
        Record<string, KernelFunction<unknown, unknown>>
      >;
      return (await module[kernel.export]!(input, { progress: () => undefined })) as never;
    },
    close: () => Promise.resolve(),
  };
}
