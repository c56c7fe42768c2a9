/** The machine and runtime that samples were taken on. Equal fingerprints may be compared without a re-run. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import type { Environment } from "./session-document.ts";

export function describeEnvironment(): Environment {
  const cores = cpus();
  const facts = {
    runtime: runtimeName(),
    platform: `${process.platform} ${process.arch}`,
    cpu: cores[0]?.model.trim() ?? "unknown",
    cores: cores.length,
    memoryMb: Math.round(totalmem() / 1_048_576),
  };
  const fingerprint = createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 16);
  return { myriad: packageVersion(), ...facts, fingerprint };
}

function runtimeName(): string {
  const bun = process.versions["bun"];
  return bun === undefined ? `node ${process.versions.node}` : `bun ${bun}`;
}

/** The nearest package.json above this file: it stands one floor higher above the built copy. */
export function packageVersion(): string {
  for (const up of ["../../", "../../../"]) {
    try {
      const text = readFileSync(new URL(`${up}package.json`, import.meta.url), "utf8");
      return (JSON.parse(text) as { readonly version: string }).version;
    } catch {
      continue;
    }
  }
  return "unknown";
}
