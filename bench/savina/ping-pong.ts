/** Two actors hit a ball to and fro: the price of one message with nothing else under way. */
import { actor } from "../../runtime/index.ts";
import type { ActorRef, ActorType, Reply } from "../../runtime/index.ts";
import { started, type Scenario, type Start } from "./scenario.ts";

interface Ball {
  readonly kind: "ball";
  readonly hits: number;
  readonly from: ActorRef<Ball>;
}

const pong: ActorType<undefined, null, Ball> = actor({
  name: "pong",
  initial: () => null,
  receive(state, { hits, from }: Ball, ctx) {
    from.tell({ kind: "ball", hits: hits + 1, from: ctx.self });
    return state;
  },
});

interface Ping {
  readonly rounds: number;
  readonly partner: ActorRef<Ball>;
  readonly reply: Reply<number> | null;
}

const ping: ActorType<number, Ping, Ball | Start> = actor({
  name: "ping",
  initial: (rounds: number, ctx): Ping => ({ rounds, partner: ctx.spawn(pong, undefined), reply: null }),
  receive(state, message: Ball | Start, ctx) {
    const hits = message.kind === "start" ? 0 : message.hits;
    if (hits === 2 * state.rounds) state.reply!.send(hits);
    else state.partner.tell({ kind: "ball", hits: hits + 1, from: ctx.self });
    return message.kind === "start" ? { ...state, reply: message.reply } : state;
  },
});

export const pingPong: Scenario = {
  name: "ping-pong",
  unit: "round trips",
  size: 1_000_000,
  quickSize: 10_000,
  operations: (size) => size,
  expected: (size) => 2 * size,
  play: (system, size) => started(system.spawn(ping, size)),
};
