/**
 * The pool and the engines of a level, opened when a session first needs them, so that a listing starts no process
 * and waits for none. Sessions of one level with as many workers share one set.
 */
import { availableParallelism } from "node:os";
import type { Clock } from "../runtime/contracts/index.ts";
import { openPool } from "../kernels/pool/index.ts";
import {
  isolateEngine,
  processEngine,
  REALM_ISOLATION,
  realmEngine,
  sandboxError,
  trustedEngine,
} from "../kernels/sandbox/index.ts";
import type { Isolation, SandboxEngine } from "../kernels/sandbox/index.ts";
import type { Services } from "./agent/services.ts";
import { commandEngine } from "./command/command-engine.ts";
import type { Level } from "./workflow/level.ts";

export interface Sandboxes extends Pick<Services, "executor" | "realm" | "workers"> {
  readonly measuring: SandboxEngine & { readonly isolation: Isolation };
}

export interface SandboxesOptions {
  readonly requireIsolation: boolean;
  readonly clock: Clock;
}

export interface OpenSandboxes {
  readonly sandboxes: Sandboxes;
  close(): Promise<void>;
}

/** @throws SANDBOX_ISOLATION, SANDBOX_INFRA */
export async function openSandboxes(
  workers: number,
  level: Level,
  options: SandboxesOptions,
): Promise<OpenSandboxes> {
  const executor = openPool({ workers, clock: options.clock });
  try {
    const realm = { ...realmEngine(executor), isolation: REALM_ISOLATION };
    const measuring = level === "realm" ? realm : await engineOf(level, workers, options);
    return {
      sandboxes: { executor, realm, measuring, workers },
      close: () => executor.close(),
    };
  } catch (error) {
    await executor.close();
    throw error;
  }
}

async function engineOf(
  level: Exclude<Level, "realm">,
  workers: number,
  { requireIsolation, clock }: SandboxesOptions,
): Promise<Sandboxes["measuring"]> {
  if (level === "isolate") return await isolateEngine({ workers, requireIsolation, clock });
  // One run of a block at a time; blocks of a burst run side by side.
  if (level === "process") {
    return await commandEngine((readable) => processEngine({ workers: 1, readable, clock }));
  }
  if (requireIsolation) {
    throw sandboxError("SANDBOX_ISOLATION", "isolation is required, and the level trusted is no boundary", {
      hint: "take the level isolate, or drop --require-isolation",
    });
  }
  return trustedEngine({ workers, clock });
}

/** Forks of a burst at the same time: one core is left to the rest of the machine. */
export function quietWorkers(): number {
  return Math.max(1, availableParallelism() - 1);
}

/** Opens each number of workers of each level once; what could not be opened is tried again the next time. */
export class SandboxShelf {
  readonly #open: (workers: number, level: Level) => Promise<OpenSandboxes>;
  readonly #sets = new Map<string, Promise<OpenSandboxes>>();

  constructor(open: (workers: number, level: Level) => Promise<OpenSandboxes>) {
    this.#open = open;
  }

  async take(workers: number, level: Level): Promise<Sandboxes> {
    const key = `${level} ${workers}`;
    const set = this.#sets.get(key) ?? this.#open(workers, level);
    this.#sets.set(key, set);
    try {
      return (await set).sandboxes;
    } catch (error) {
      this.#sets.delete(key);
      throw error;
    }
  }

  async close(): Promise<void> {
    const sets = await Promise.allSettled(this.#sets.values());
    this.#sets.clear();
    await Promise.all(sets.map(async (set) => set.status === "fulfilled" && (await set.value.close())));
  }
}
