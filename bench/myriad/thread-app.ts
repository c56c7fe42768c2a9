/** The actors that the workloads between threads place on the other one. */
import { actor, defineApp, transfer } from "../../runtime/index.ts";
import type { ActorType, App, Reply } from "../../runtime/index.ts";

export type SummerMessage =
  | { readonly kind: "ask"; readonly id: number; readonly text: string; readonly reply: Reply<number> }
  | { readonly kind: "add"; readonly id: number; readonly value: number }
  | { readonly kind: "total"; readonly reply: Reply<number> };

export interface BulkMessage {
  readonly kind: "bulk";
  readonly data: Float32Array<ArrayBuffer>;
  readonly reply: Reply<{ readonly data: Float32Array<ArrayBuffer> }>;
}

function receive(sum: number, message: SummerMessage): number {
  switch (message.kind) {
    case "ask":
      message.reply.send(message.id + message.text.length);
      return sum;
    case "add":
      return sum + message.value;
    case "total":
      message.reply.send(sum);
      return sum;
  }
}

/** Its messages have layouts. */
export const typedSummer: ActorType<undefined, number, SummerMessage> = actor({
  name: "typed-summer",
  initial: () => 0,
  receive,
  layouts: {
    ask: { id: "u32", text: "string", reply: "reply" },
    add: { id: "u32", value: "u32" },
    total: { reply: "reply" },
  },
});

/** The same without layouts: all goes as MessagePack. */
export const generalSummer: ActorType<undefined, number, SummerMessage> = actor({
  name: "general-summer",
  initial: () => 0,
  receive,
});

export const bulk: ActorType<undefined, null, BulkMessage> = actor({
  name: "bulk",
  initial: () => null,
  receive(state, { data, reply }: BulkMessage) {
    data[0]! += 1;
    reply.send({ data: transfer(data) });
    return state;
  },
});

export const app: App = defineApp({
  actors: [typedSummer, generalSummer, bulk],
  module: import.meta.url,
});
