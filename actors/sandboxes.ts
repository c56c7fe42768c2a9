/**
 * The pool and the two engines, opened when a session first needs them, so that a listing starts no process and
 * waits for none. Sessions with as many workers share one set.
 */
import { availableParallelism } from "node:os";
import type { Clock } from "../runtime/contracts/index.ts";
import { openPool } from "../kernels/pool/index.ts";
import { isolateEngine, realmEngine } from "../kernels/sandbox/index.ts";
import type { IsolateEngine } from "../kernels/sandbox/index.ts";
import type { Services } from "./agent/services.ts";

export interface Sandboxes extends Pick<Services, "executor" | "realm" | "workers"> {
  readonly isolate: IsolateEngine;
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
  { requireIsolation, clock }: SandboxesOptions,
): Promise<OpenSandboxes> {
  const executor = openPool({ workers, clock });
  try {
    const isolate = await isolateEngine({ workers, requireIsolation, clock });
    return {
      sandboxes: { executor, realm: realmEngine(executor), isolate, workers },
      close: () => executor.close(),
    };
  } catch (error) {
    await executor.close();
    throw error;
  }
}

/** Forks of a burst at the same time: one core is left to the rest of the machine. */
export function quietWorkers(): number {
  return Math.max(1, availableParallelism() - 1);
}

/** Opens each number of workers once; what could not be opened is tried again the next time. */
export class SandboxShelf {
  readonly #open: (workers: number) => Promise<OpenSandboxes>;
  readonly #sets = new Map<number, Promise<OpenSandboxes>>();

  constructor(open: (workers: number) => Promise<OpenSandboxes>) {
    this.#open = open;
  }

  async take(workers: number): Promise<Sandboxes> {
    const set = this.#sets.get(workers) ?? this.#open(workers);
    this.#sets.set(workers, set);
    try {
      return (await set).sandboxes;
    } catch (error) {
      this.#sets.delete(workers);
      throw error;
    }
  }

  async close(): Promise<void> {
    const sets = await Promise.allSettled(this.#sets.values());
    this.#sets.clear();
    await Promise.all(sets.map(async (set) => set.status === "fulfilled" && (await set.value.close())));
  }
}
