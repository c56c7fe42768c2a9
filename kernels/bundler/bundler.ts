/**
 * The bundling library of all rooms. Its usual form runs a native binary, which is an optional dependency of
 * one platform; where that is missing or does not start, the same version as WebAssembly takes its place: same
 * calls, same text, some ten times slower. It is loaded only then, and starts the `node` that is on the PATH.
 */
import { createRequire } from "node:module";
import * as native from "esbuild";

export type Bundler = Pick<typeof native, "build" | "buildSync" | "transform" | "transformSync">;

let chosen: Bundler | null = null;

/** Tried out once a thread, on first use. */
export function bundler(): Bundler {
  chosen ??= startingOf(native, wasm);
  return chosen;
}

/** The preferred one if it starts, else the other. */
export function startingOf(preferred: Bundler, other: () => Bundler): Bundler {
  try {
    preferred.transformSync("");
    return preferred;
  } catch {
    return other();
  }
}

/** @throws what Node says of a package that is not there. */
export function wasm(): Bundler {
  return createRequire(import.meta.url)("esbuild-wasm") as Bundler;
}
