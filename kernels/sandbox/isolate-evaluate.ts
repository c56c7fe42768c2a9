/** How a script is evaluated in the realm of this thread, and what the realm lends every script. */
import { Script } from "node:vm";

/** Without a callback for imports, `import()` in the evaluated code is refused. */
export function evaluate(code: string, name: string): unknown {
  return new Script(code, { filename: `${name}.js` }).runInThisContext();
}

/** `import()` is refused, by errors whose classes are the runtime's own. */
export function importErrors(runJobs: () => void): readonly unknown[] {
  const errors: unknown[] = [];
  for (const specifier of ["node:fs", "fs", "./nowhere.js", "nowhere:"]) {
    const attempt = evaluate(`import(${JSON.stringify(specifier)})`, "import") as Promise<unknown>;
    attempt.catch((error: unknown) => errors.push(error));
  }
  runJobs();
  return errors;
}

/** What the runtime's own parts of the web lead to, and no global names. */
export function webInstances(): readonly unknown[] {
  const params = new URLSearchParams("a=1");
  return [new DOMException(), params, params.entries(), new URL("a:b"), new TextEncoder(), new TextDecoder()];
}
