/** Both sides of each contender: who answers, and who asks and tells it. */
import { createSystem } from "../../runtime/index.ts";
import type { ActorRef, Reply } from "../../runtime/index.ts";
import { natsTransport, Subjects, type Nats } from "../../cluster/index.ts";
import { askSizeTimes, pause, timed, type Run } from "../myriad/measuring.ts";
import { app, typedSummer, type SummerMessage } from "../myriad/thread-app.ts";
import { addBytes, answerTo, numberBytes, numberIn, questionBytes, valueOf } from "./wires.ts";

export interface Asker {
  ask(outstanding: number): Run;
  tell(): Run;
}

const TEXT = "x".repeat(100);
const WINDOW = 1_000;
/** Windows that may be under way at once. */
const WINDOWS = 8;
const TIMEOUT = { timeout: 60_000 };
const LONG = { timeoutMs: 60_000 };
const LOOK_MS = 20;

const ASK = "bench.ask";
const ADD = "bench.add";
const TOTAL = "bench.total";

// ---- the runtime ---------------------------------------------------------------------------------------

const subjects = new Subjects("bench");
const systemOf = (nats: Nats, node: string): ReturnType<typeof createSystem> =>
  createSystem({ app, node, nodes: { transport: natsTransport(nats, subjects) } });

async function nodeThatAnswers(nats: Nats): Promise<void> {
  systemOf(nats, "answers").spawn(typedSummer, undefined, { name: "summer" });
  await Promise.resolve();
}

async function nodeThatAsks(nats: Nats): Promise<Asker> {
  const system = systemOf(nats, "asks");
  let found: unknown = null;
  while (found === null) {
    found = await system.find("answers/summer").catch(() => null);
    if (found === null) await pause(LOOK_MS);
  }
  const ref = found as ActorRef<SummerMessage>;
  const total = (): Promise<number> => ref.ask((reply: Reply<number>) => ({ kind: "total", reply }), LONG);
  return {
    ask: (outstanding) =>
      askSizeTimes(outstanding, (id) =>
        ref.ask((reply: Reply<number>) => ({ kind: "ask", id, text: TEXT, reply }), LONG),
      ),
    tell: () => tellInWindows((id, value) => ref.tell({ kind: "add", id, value }), total),
  };
}

// ---- the raw client ------------------------------------------------------------------------------------

async function clientThatAnswers({ connection }: Nats): Promise<void> {
  let sum = 0;
  connection.subscribe(ASK, {
    callback: (_error, message) => void message.respond(numberBytes(answerTo(message.data))),
  });
  connection.subscribe(ADD, {
    callback: (_error, message) => {
      sum += valueOf(message.data);
    },
  });
  connection.subscribe(TOTAL, { callback: (_error, message) => void message.respond(numberBytes(sum)) });
  await Promise.resolve();
}

async function clientThatAsks({ connection }: Nats): Promise<Asker> {
  const total = async (): Promise<number> => numberIn((await connection.request(TOTAL, "", TIMEOUT)).data);
  const asker: Asker = {
    ask: (outstanding) =>
      askSizeTimes(outstanding, async (id) =>
        numberIn((await connection.request(ASK, questionBytes(id, TEXT), TIMEOUT)).data),
      ),
    tell: () => tellInWindows((id, value) => connection.publish(ADD, addBytes(id, value)), total),
  };
  return await Promise.resolve(asker);
}

// ---- the least that a multiplexer of replies can be -------------------------------------------------------

async function multiplexerThatAsks(nats: Nats): Promise<Asker> {
  const { connection } = nats;
  const inbox = `bench.inbox.${process.pid}.`;
  const waiting: ((answer: number) => void)[] = [];
  connection.subscribe(`${inbox}*`, {
    callback: (_error, { subject, data }) => waiting[Number(subject.slice(inbox.length))]!(numberIn(data)),
  });
  const free: number[] = [];
  const ask = (id: number): Promise<number> =>
    new Promise((resolve) => {
      const slot = free.pop() ?? waiting.length;
      waiting[slot] = (answer) => {
        free.push(slot);
        resolve(answer);
      };
      connection.publish(ASK, questionBytes(id, TEXT), { reply: `${inbox}${slot}` });
    });
  await connection.flush();
  const client = await clientThatAsks(nats);
  return { ask: (outstanding) => askSizeTimes(outstanding, ask), tell: () => client.tell() };
}

/** Windows of 1,000 with the values 0 … 999, each ended by a question, as the actors between threads do. */
function tellInWindows(tell: (id: number, value: number) => void, total: () => Promise<number>): Run {
  return async (size) => {
    const before = await total();
    return await timed(size, async (finish) => {
      let next = 0;
      const client = async (): Promise<void> => {
        while (next < size) {
          const first = next;
          next += WINDOW;
          for (let value = 0; value < WINDOW; value++) tell(first + value, value);
          await total();
        }
      };
      await Promise.all(Array.from({ length: WINDOWS }, client));
      finish((await total()) - before);
    });
  };
}

export const RAW = "raw nats.js";
export const MULTIPLEXER = "bare multiplexer";

export const ANSWERERS: Readonly<Record<string, (nats: Nats) => Promise<void>>> = {
  myriad: nodeThatAnswers,
  [RAW]: clientThatAnswers,
  [MULTIPLEXER]: clientThatAnswers,
};

export const ASKERS: Readonly<Record<string, (nats: Nats) => Promise<Asker>>> = {
  myriad: nodeThatAsks,
  [RAW]: clientThatAsks,
  [MULTIPLEXER]: multiplexerThatAsks,
};
