/** The faults, one after another on one cluster under load; each says when the cluster should be whole again. */
import { pause } from "./load.ts";
import type { Load } from "./load.ts";
import type { ChaosWorld } from "./world.ts";

export interface Fault {
  readonly name: string;
  /** Whether the short run has it. */
  readonly isShort: boolean;
  /** Resolves when what was broken is mended again. */
  inject(world: ChaosWorld, load: Load, isLong: boolean): Promise<void>;
  /** The longest time that nothing may be confirmed, in milliseconds; null: it says nothing about that. */
  readonly mostGapMs: number | null;
}

/** Between two of several: a cluster is whole again before the next one. */
const BETWEEN_MS = 2_000;
/** An election of the servers, with their own time-outs. */
const ELECTION_MS = 8_000;

export const FAULTS: readonly Fault[] = [
  {
    name: "a worker is killed",
    isShort: true,
    mostGapMs: null,
    async inject(world) {
      await world.killWorker(0);
      await pause(world.leaseMs + BETWEEN_MS);
      await world.startWorker(0);
    },
  },
  {
    name: "all workers are killed, one after another",
    isShort: true,
    mostGapMs: null,
    async inject(world) {
      for (let place = 0; place < world.workerCount; place++) {
        await world.killWorker(place);
        await world.startWorker(place);
      }
    },
  },
  {
    name: "a worker leaves in order and comes back",
    isShort: true,
    mostGapMs: null,
    async inject(world) {
      await world.leaveWorker(1);
      await world.startWorker(1);
    },
  },
  {
    name: "a worker is frozen for longer than its lease, and thaws",
    isShort: true,
    mostGapMs: null,
    async inject(world) {
      world.freeze(2);
      await pause(2 * world.leaseMs + BETWEEN_MS);
      world.thaw(2);
    },
  },
  {
    name: "a worker is cut off for longer than its lease, and heals",
    isShort: true,
    mostGapMs: null,
    async inject(world) {
      world.cut(0);
      await pause(2 * world.leaseMs + BETWEEN_MS);
      world.heal(0);
    },
  },
  {
    name: "each NATS server is killed and started again",
    isShort: true,
    mostGapMs: ELECTION_MS,
    async inject(world) {
      for (const server of world.servers) {
        await server.stop("SIGKILL");
        await pause(BETWEEN_MS);
        await server.start();
        await pause(ELECTION_MS);
      }
    },
  },
  {
    name: "all NATS servers are down",
    isShort: true,
    mostGapMs: null,
    async inject(world, _load, isLong) {
      await Promise.all(world.servers.map((server) => server.stop("SIGKILL")));
      await pause(isLong ? 60_000 : 3_000);
      await Promise.all(world.servers.map((server) => server.start()));
    },
  },
  {
    name: "poison is among the tasks",
    isShort: true,
    mostGapMs: null,
    async inject(_world, load) {
      for (let count = 0; count < 3; count++) await load.enqueuePoison();
    },
  },
];
