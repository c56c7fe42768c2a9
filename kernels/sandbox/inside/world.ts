/**
 * The language as the code under test finds it: seeded, timeless, silent, and with proxies that are known. What
 * the web has beside the language is bundled to it part by part, as programs name it (`../web-parts.ts`).
 *
 * The parts are the program's own world, as far as a program goes that changes the language: what is seen of it
 * is not made of them.
 */
import type { SandboxSeed } from "../protocol.ts";
import { installChance } from "./chance.ts";
import { list } from "./intrinsics.ts";
import { installProxies } from "./proxies.ts";

/** Installs globals; what starts them anew is returned by those that keep a state of their own. */
export type WebPart = (seed: SandboxSeed) => unknown;

const parts: WebPart[] = list();

export function addPart(part: WebPart): void {
  parts[parts.length] = part;
}

/** Once, before the code under test is loaded. @returns starts chance, and what the web's parts keep, anew. */
export function prepareWorld(seed: SandboxSeed): () => void {
  const restarts: (() => void)[] = list();
  installProxies();
  restarts[0] = installChance(seed);
  for (let index = 0; index < parts.length; index++) {
    const restart = parts[index]!(seed);
    if (typeof restart === "function") restarts[restarts.length] = restart as () => void;
  }
  return () => {
    for (let index = 0; index < restarts.length; index++) restarts[index]!();
  };
}
