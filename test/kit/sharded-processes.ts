/** Nodes of processes of their own, a node of this one that writes through them, and who checks what they have written. */
import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Journal } from "../../runtime/contracts/index.ts";
import type { Reply } from "../../runtime/index.ts";
import type { NatsForTest } from "./nats.ts";
import { LEASE_MS, streamOf, type Noted, type ShardedNode } from "./sharded-nodes.ts";

export async function startProcess(
  test: NatsForTest,
  name: string,
  leaseMs: number = LEASE_MS,
): Promise<ChildProcess> {
  const file = join(import.meta.dirname, "sharded-node-process.js");
  const child = fork(file, [name, String(leaseMs), ...test.servers.map(({ url }) => url)], {
    stdio: "inherit",
  });
  await once(child, "message");
  return child;
}

/** Notes numbers under keys, one after another under each, until each has been confirmed. */
export class Writer {
  readonly #node: ShardedNode;
  readonly #keys: readonly string[];
  readonly #over = new AbortController();
  readonly #confirmed = new Map<string, number>();
  readonly #writing: Promise<unknown>;

  constructor(node: ShardedNode, keys: readonly string[]) {
    this.#node = node;
    this.#keys = keys;
    this.#writing = Promise.all(keys.map((key) => this.#write(key)));
  }

  /** How many of each key are. */
  confirmed(key: string): number {
    return this.#confirmed.get(key) ?? 0;
  }

  get least(): number {
    return Math.min(...this.#keys.map((key) => this.confirmed(key)));
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#writing;
  }

  async #write(key: string): Promise<void> {
    const ref = this.#node.region.ref(key);
    for (let number = 0; !this.#over.signal.aborted;) {
      const note = (reply: Reply<number>) => ({ kind: "note", from: "writer", number, reply }) as const;
      try {
        // Repeated under the same id until it is confirmed: kept once.
        await ref.ask(note, { timeoutMs: 1_000 });
        this.#confirmed.set(key, ++number);
      } catch {
        // Its node was lost, or is being replaced.
      }
    }
  }
}

/**
 * Reads what was written, from outside: each confirmed number is there once and in order, fences only grow, and nobody
 * has written after another had taken over.
 * @returns who has written.
 */
export async function checkStreams(
  journal: Journal,
  writer: Writer,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const writers = new Set<string>();
  for (const key of keys) {
    const numbers: number[] = [];
    let owner = 0;
    for await (const { event } of journal.read(streamOf(key))) {
      const { takeover, e } = event as { readonly takeover?: number; readonly e?: Noted };
      if (takeover !== undefined) {
        assert.ok(takeover > owner, `${key} was taken over with an older fence`);
        owner = takeover;
      } else {
        assert.equal(e!.fence, owner, `${e!.by} wrote to ${key} after another had taken over`);
        numbers.push(e!.number);
        writers.add(e!.by);
      }
    }
    assert.deepEqual(numbers, [...numbers.keys()], `the order of ${key}`);
    const confirmed = writer.confirmed(key);
    assert.ok(numbers.length >= confirmed, `${key} has ${numbers.length} of ${confirmed}`);
  }
  return writers;
}
