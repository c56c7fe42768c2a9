/**
 * Load from outside: tasks that are enqueued as fast as they are confirmed, and notes that are told to the ledgers one
 * after another. It remembers what was confirmed, and how long nothing was.
 */
import {
  connectNats,
  joinCluster,
  makeEnvelope,
  natsTransport,
  openTaskQueue,
  shardRegion,
  Subjects,
  type Membership,
  type Nats,
  type ShardRegion,
  type TaskQueue,
} from "../../cluster/index.ts";
import { systemClock } from "../../runtime/contracts/index.ts";
import { createSystem, type ActorSystem } from "../../runtime/index.ts";
import { ledger, type LedgerMessage } from "./ledger.ts";
import { CLUSTER, POISON, QUEUE, WORKER_ROLE } from "./names.ts";
import type { ChaosWorld } from "./world.ts";

const KEYS = 24;
const OUTSTANDING = 16;
const NOTE_MS = 5;
const TASK_MS = 2;

export class Load {
  /** Ids of tasks that the queue has confirmed. */
  readonly confirmed: Set<string> = new Set();
  readonly poison: Set<string> = new Set();
  /** Milliseconds: the longest time between two confirmations since it was last asked for. */
  #longestGapMs = 0;
  #lastAt = systemClock.monotonic();
  #isRunning = true;
  #number = 0;
  #id = 0;
  readonly #queue: TaskQueue;
  readonly #region: ShardRegion<LedgerMessage>;
  readonly #running: readonly Promise<void>[];
  readonly #parts: {
    readonly nats: Nats;
    readonly membership: Membership;
    readonly system: ActorSystem;
  };

  private constructor(
    queue: TaskQueue,
    region: ShardRegion<LedgerMessage>,
    parts: { readonly nats: Nats; readonly membership: Membership; readonly system: ActorSystem },
  ) {
    this.#queue = queue;
    this.#region = region;
    this.#parts = parts;
    this.#running = [...Array.from({ length: OUTSTANDING }, () => this.#enqueueAll()), this.#noteAll()];
  }

  static async open(world: ChaosWorld): Promise<Load> {
    const nats = await connectNats({ servers: world.urls, name: "load", connectMs: 60_000 });
    const subjects = new Subjects(CLUSTER);
    const node = "load";
    const replicas = 3;
    const system = createSystem({ node, nodes: { transport: natsTransport(nats, subjects) } });
    const { leaseMs } = world;
    const membership = await joinCluster({ nats, subjects, node, leaseMs, replicas });
    const shared = { nats, subjects, system, membership, type: ledger, role: WORKER_ROLE, replicas } as const;
    const region = await shardRegion(shared);
    const queue = await openTaskQueue(nats, subjects, { name: QUEUE, replicas, retryMs: 120_000 });
    return new Load(queue, region, { nats, membership, system });
  }

  /** @returns the longest time without a confirmation since the last call, in milliseconds */
  takeLongestGap(): number {
    const gap = Math.max(this.#longestGapMs, systemClock.monotonic() - this.#lastAt);
    this.#longestGapMs = 0;
    this.#lastAt = systemClock.monotonic();
    return gap;
  }

  /** A task that fails whoever tries it. */
  async enqueuePoison(): Promise<void> {
    const id = `poison-${this.poison.size}`;
    await this.#enqueue(id, POISON);
    this.poison.add(id);
  }

  /** Resolves when all that was confirmed is done or given up. @throws when that takes too long */
  async drained(deadlineMs: number): Promise<void> {
    this.#isRunning = false;
    await Promise.all(this.#running);
    const endsAt = systemClock.monotonic() + deadlineMs;
    for (;;) {
      const status = await this.#queue.status().catch(() => null);
      if (status?.tasks === 0) return;
      if (systemClock.monotonic() > endsAt) {
        throw new Error(`${status?.tasks ?? "unknown"} tasks were not done within ${deadlineMs} ms`);
      }
      await pause(100);
    }
  }

  async close(): Promise<void> {
    this.#isRunning = false;
    await Promise.allSettled(this.#running);
    const { nats, membership, system } = this.#parts;
    await this.#queue.close();
    await membership.leave();
    await system.shutdown();
    await nats.close();
  }

  async #enqueueAll(): Promise<void> {
    while (this.#isRunning) {
      this.#id += 1;
      const id = `t${this.#id}`;
      try {
        await this.#enqueue(id, "work");
        this.confirmed.add(id);
        this.#confirmedNow();
      } catch {
        // Not confirmed: it may be there or not, and nobody was promised anything.
      }
      await pause(TASK_MS);
    }
  }

  #confirmedNow(): void {
    const now = systemClock.monotonic();
    this.#longestGapMs = Math.max(this.#longestGapMs, now - this.#lastAt);
    this.#lastAt = now;
  }

  async #enqueue(id: string, type: string): Promise<void> {
    const data = { key: `k${this.#id % KEYS}` };
    const payload = { task_id: id, task_type: type, data };
    const given = { sender_id: "load", receiver_id: "workers", message_id: id, ttl_seconds: 3_600, payload };
    await this.#queue.enqueue(makeEnvelope(given, systemClock));
  }

  async #noteAll(): Promise<void> {
    while (this.#isRunning) {
      this.#number += 1;
      for (let key = 0; key < KEYS; key += 4) {
        try {
          this.#region.ref(`k${key}`).tell({ kind: "note", number: this.#number });
        } catch {
          // Refused, as a tell may be: the ledger then has a gap, and no disorder.
        }
      }
      await pause(NOTE_MS);
    }
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
