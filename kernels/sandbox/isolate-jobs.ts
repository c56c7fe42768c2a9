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
  for (let attempt = 1; ; attempt++) {
    try {
      return checkpoint();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

/** Flags are the whole process's: another thread that does the same may take the syntax away in between. */
const ATTEMPTS = 1000;

function checkpoint(): () => void {
  setFlagsFromString("--allow-natives-syntax");
  try {
    const run = new Script(
      "(function () { %PerformMicrotaskCheckpoint(); })",
    ).runInThisContext() as () => void;
    // Compiled on its first call, while the syntax is allowed; the child's flags keep V8 from forgetting it.
    run();
    return run;
  } finally {
    setFlagsFromString("--no-allow-natives-syntax");
  }
}
