/**
 * `npm run engine`: makes the realm's engine from the installed package's, by the flags that are written here.
 * Fetches Binaryen, which is large and needed for nothing else, by npx.
 */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ROOT } from "./repository.ts";

/** What the package's build uses, and no more. */
const FEATURES: readonly string[] =
  "bulk-memory mutable-globals sign-ext nontrapping-float-to-int reference-types multivalue"
    .split(" ")
    .map((name) => `--enable-${name}`);

/** Inlining is what gains: the interpreter's small helpers are calls in a build for size. */
const SPEED: readonly string[] = [
  "-O3",
  "--always-inline-max-function-size=40",
  "--flexible-inline-max-function-size=120",
  "--one-caller-inline-max-function-size=40",
];

const from = createRequire(import.meta.url).resolve("@jitl/quickjs-wasmfile-release-sync/wasm");
const to = join(ROOT, "kernels", "sandbox", "engine", "quickjs.wasm");
const tool = ["--yes", "--package=binaryen@132.0.0", "--", "wasm-opt"];
execFileSync("npx", [...tool, ...FEATURES, ...SPEED, from, "-o", to], { stdio: "inherit" });
