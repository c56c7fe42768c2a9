/** A thousand producers send to one consumer, each waiting for leave before its next ten messages. */
import { actor } from "../../runtime/index.ts";
import type { ActorRef, ActorType, Reply } from "../../runtime/index.ts";
import { started, type Scenario, type Start } from "./scenario.ts";

const PRODUCERS = 1_000;
const BURST = 10;

interface Item {
  readonly kind: "item";
  readonly value: number;
  /** Set in the last item of a burst. */
  readonly producer: ActorRef<Leave> | null;
}
interface Leave {
  readonly kind: "leave";
}
interface Producer {
  readonly consumer: ActorRef<Item>;
  readonly value: number;
}

const producer: ActorType<Producer, Producer, Leave> = actor({
  name: "producer",
  initial: (args: Producer) => args,
  receive(state, _message: Leave, ctx) {
    const { consumer, value } = state;
    for (let index = 1; index <= BURST; index++) {
      consumer.tell({ kind: "item", value, producer: index === BURST ? ctx.self : null });
    }
    return state;
  },
});

interface Consumer {
  readonly wanted: number;
  readonly reply: Reply<number> | null;
  taken: number;
  sum: number;
}

const consumer: ActorType<number, Consumer, Start | Item> = actor({
  name: "consumer",
  initial: (bursts: number): Consumer => ({
    wanted: bursts * PRODUCERS * BURST,
    reply: null,
    taken: 0,
    sum: 0,
  }),
  receive(state, message: Start | Item, ctx) {
    if (message.kind === "start") {
      for (let value = 0; value < PRODUCERS; value++) {
        ctx.spawn(producer, { consumer: ctx.self, value }).tell({ kind: "leave" });
      }
      return { ...state, reply: message.reply };
    }
    state.taken += 1;
    state.sum += message.value;
    if (state.taken === state.wanted) state.reply!.send(state.sum);
    else if (state.taken <= state.wanted - PRODUCERS * BURST) message.producer?.tell({ kind: "leave" });
    return state;
  },
});

export const fanIn: Scenario = {
  name: "fan-in",
  unit: "messages",
  size: 200,
  quickSize: 4,
  operations: (size) => size * PRODUCERS * BURST,
  expected: (size) => size * BURST * ((PRODUCERS * (PRODUCERS - 1)) / 2),
  play: (system, size) => started(system.spawn(consumer, size)),
};
