/** The language as the code under test finds it: seeded, timeless, silent, and with proxies that are known. */
import type { SandboxSeed } from "../protocol.ts";
import { installChance } from "./chance.ts";
import { installProxies } from "./proxies.ts";

/** Once, before the code under test is loaded. @returns starts chance anew from the same seed. */
export function prepareWorld(seed: SandboxSeed): () => void {
  installProxies();
  return installChance(seed);
}
