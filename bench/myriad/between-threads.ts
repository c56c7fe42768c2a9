/** Calls between the main thread and one worker; the peers' are in `bench/peers/thread-workloads.js`. */
import { createSystem, transfer } from "../../runtime/index.ts";
import type { ActorRef, Reply } from "../../runtime/index.ts";
import { askSizeTimes, pause, timed, type Run } from "./measuring.ts";
import { app, bulk, generalSummer, typedSummer, type SummerMessage } from "./thread-app.ts";

const TEXT = "x".repeat(100);
const WINDOW = 1_000;
/** Windows that may be under way at once. */
const WINDOWS = 8;
const MEGABYTE = 2 ** 20;
const IDLE_THREADS = 4;
const SETTLE_MS = 1_000;
const THERE = { placement: { thread: 1 } } as const;

export type Form = "typed" | "general";

async function connect(form: Form): Promise<ActorRef<SummerMessage>> {
  const system = createSystem({ app, threads: 1 });
  const ref = system.spawn(form === "typed" ? typedSummer : generalSummer, undefined, THERE);
  await totalOf(ref);
  return ref;
}

const totalOf = (ref: ActorRef<SummerMessage>): Promise<number> =>
  ref.ask((reply: Reply<number>) => ({ kind: "total", reply }));

export async function threadAsk(outstanding: number, form: Form): Promise<Run> {
  const ref = await connect(form);
  return askSizeTimes(outstanding, (id) =>
    ref.ask((reply: Reply<number>) => ({ kind: "ask", id, text: TEXT, reply })),
  );
}

export async function threadTell(form: Form): Promise<Run> {
  const ref = await connect(form);
  return async (size) => {
    const before = await totalOf(ref);
    return await timed(size, async (finish) => {
      let next = 0;
      const client = async (): Promise<void> => {
        while (next < size) {
          const first = next;
          next += WINDOW;
          for (let value = 0; value < WINDOW; value++) ref.tell({ kind: "add", id: first + value, value });
          await totalOf(ref);
        }
      };
      await Promise.all(Array.from({ length: WINDOWS }, client));
      finish((await totalOf(ref)) - before);
    });
  };
}

export function threadBulk(): Run {
  const ref = createSystem({ app, threads: 1 }).spawn(bulk, undefined, THERE);
  return (size) =>
    timed(size, async (finish) => {
      let data = new Float32Array(MEGABYTE / 4);
      for (let index = 0; index < size; index++) {
        ({ data } = await ref.ask((reply: Reply<{ readonly data: Float32Array<ArrayBuffer> }>) => ({
          kind: "bulk",
          data: transfer(data),
          reply,
        })));
      }
      finish(data[0]!);
    });
}

/** The share of one core that four threads with nothing to do use, over `size` milliseconds. */
export async function idleCpu(): Promise<Run> {
  const system = createSystem({ app, threads: IDLE_THREADS });
  const refs = Array.from({ length: IDLE_THREADS }, (_, index) =>
    system.spawn(typedSummer, undefined, { placement: { thread: index + 1 } }),
  );
  const answers = async (): Promise<number> => (await Promise.all(refs.map(totalOf))).length;
  await answers();
  return async (size) => {
    await pause(SETTLE_MS);
    const before = process.cpuUsage();
    await pause(size);
    const { user, system: kernel } = process.cpuUsage(before);
    return {
      done: size,
      seconds: size / 1000,
      check: await answers(),
      figure: (user + kernel) / 1000 / size,
    };
  };
}
