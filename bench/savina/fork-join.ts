/**
 * Two scenarios. Create: many actors that live for one message each. Throughput: sixty actors that each get
 * many messages, dealt out one by one.
 */
import { actor } from "../../runtime/index.ts";
import type { ActorRef, ActorType, Reply } from "../../runtime/index.ts";
import { roomFor, started, type Scenario, type Start } from "./scenario.ts";

const WORKERS = 60;

interface Task {
  readonly kind: "task";
  readonly value: number;
}
interface Joined {
  readonly kind: "joined";
  readonly sum: number;
}

interface Worker {
  readonly tasks: number;
  readonly parent: ActorRef<Joined>;
  done: number;
  sum: number;
}
type WorkerArgs = Pick<Worker, "tasks" | "parent">;

/** Sums its tasks up, reports after the last one and stops. */
const worker: ActorType<WorkerArgs, Worker, Task> = actor({
  name: "worker",
  initial: (args: WorkerArgs): Worker => ({ ...args, done: 0, sum: 0 }),
  receive(state, { value }: Task, ctx) {
    state.done += 1;
    state.sum += value;
    if (state.done === state.tasks) {
      state.parent.tell({ kind: "joined", sum: state.sum });
      ctx.stop();
    }
    return state;
  },
});

interface Fork {
  readonly workers: number;
  readonly tasks: number;
}
interface Join extends Fork {
  readonly reply: Reply<number> | null;
  joined: number;
  sum: number;
}

const forker: ActorType<Fork, Join, Start | Joined> = actor({
  name: "forker",
  initial: (fork: Fork): Join => ({ ...fork, reply: null, joined: 0, sum: 0 }),
  receive(state, message: Start | Joined, ctx) {
    const { workers, tasks } = state;
    if (message.kind === "joined") {
      state.sum += message.sum;
      state.joined += 1;
      if (state.joined === workers) state.reply!.send(state.sum);
      return state;
    }
    const args = { tasks, parent: ctx.self };
    const refs = Array.from({ length: workers }, () => ctx.spawn(worker, args, roomFor(tasks)));
    for (let index = 0; index < workers * tasks; index++) {
      refs[index % workers]!.tell({ kind: "task", value: index });
    }
    return { ...state, reply: message.reply };
  },
});

const sumBelow = (count: number): number => (count * (count - 1)) / 2;

export const forkJoinCreate: Scenario = {
  name: "fork-join create",
  unit: "actors",
  size: 100_000,
  quickSize: 2_000,
  operations: (size) => size,
  expected: sumBelow,
  play: (system, size) => started(system.spawn(forker, { workers: size, tasks: 1 }, roomFor(size))),
};

export const forkJoinThroughput: Scenario = {
  name: "fork-join throughput",
  unit: "messages",
  size: 20_000,
  quickSize: 500,
  operations: (size) => WORKERS * size,
  expected: (size) => sumBelow(WORKERS * size),
  play: (system, size) => started(system.spawn(forker, { workers: WORKERS, tasks: size })),
};
