/** A producer sends increments to a counter as fast as it can, and then asks for the count. */
import { actor } from "../../runtime/index.ts";
import type { ActorType, Reply } from "../../runtime/index.ts";
import { roomFor, started, type Scenario, type Start } from "./scenario.ts";

type CounterMessage =
  { readonly kind: "increment" } | { readonly kind: "get"; readonly reply: Reply<number> };

const counter: ActorType<undefined, number, CounterMessage> = actor({
  name: "counter",
  initial: () => 0,
  receive(count, message: CounterMessage) {
    if (message.kind === "increment") return count + 1;
    message.reply.send(count);
    return count;
  },
});

const producer: ActorType<number, number, Start> = actor({
  name: "producer",
  initial: (size: number) => size,
  receive(size, { reply }: Start, ctx) {
    const ref = ctx.spawn(counter, undefined, roomFor(size + 1));
    for (let index = 0; index < size; index++) ref.tell({ kind: "increment" });
    ref.tell({ kind: "get", reply });
    return size;
  },
});

export const counting: Scenario = {
  name: "counting",
  unit: "messages",
  size: 2_000_000,
  quickSize: 20_000,
  operations: (size) => size,
  expected: (size) => size,
  play: (system, size) => started(system.spawn(producer, size)),
};
