/**
 * Running all promise jobs at once, by the engine itself. The event loop would run them too, but between two
 * turns of it the platform's own JavaScript runs, and would meet whatever the program did to the language.
 */
import { Script } from "node:vm";
import { setFlagsFromString } from "node:v8";

/** Call before the realm is locked down. @param load the runtime's `require`. */
export function jobRunner(load: (name: string) => unknown): () => void {
  if (process.versions["bun"] !== undefined) {
    return (load("bun:jsc") as { readonly drainMicrotasks: () => void }).drainMicrotasks;
  }
  setFlagsFromString("--allow-natives-syntax");
  const run = new Script("(function () { %PerformMicrotaskCheckpoint(); })").runInThisContext() as () => void;
  // Compiled on its first call, while the syntax is allowed; the child's flags keep V8 from forgetting it.
  run();
  setFlagsFromString("--no-allow-natives-syntax");
  return run;
}
