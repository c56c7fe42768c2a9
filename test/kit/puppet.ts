import { actor, type ActorContext, type ActorDefinition, type ActorType } from "../../runtime/index.ts";

/**
 * A puppet does what each message tells it: a message is a function that runs inside `receive`. What it lives
 * through goes to a log that the test reads, one line an event: `<label> started`, `<label> stopped: <reason>`.
 */
export type Order = (state: PuppetState, ctx: ActorContext<Order>) => void;

export interface PuppetArgs {
  readonly label: string;
  readonly log: string[];
  /** Runs inside `initial`, after the log line. */
  readonly initial?: Order;
}

export interface PuppetState {
  readonly label: string;
  readonly log: string[];
  count: number;
}

export type PuppetType = ActorType<PuppetArgs, PuppetState, Order>;

export function puppet(
  options: Pick<ActorDefinition<PuppetArgs, PuppetState, Order>, "supervision" | "mailbox"> = {},
): PuppetType {
  return actor<PuppetArgs, PuppetState, Order>({
    name: "puppet",
    initial({ label, log, initial }, ctx) {
      log.push(`${label} started`);
      const state = { label, log, count: 0 };
      initial?.(state, ctx);
      return state;
    },
    receive(state, order, ctx) {
      order(state, ctx);
      return state;
    },
    signal(state, signal) {
      state.log.push(
        `${state.label} saw ${signal.ref.address.replace(/^.*\/|#.*$/g, "")} end: ${signal.reason.kind}`,
      );
      return state;
    },
    stopped(state, reason) {
      state.log.push(`${state.label} stopped: ${reason.kind}`);
    },
    ...options,
  });
}

/** An order that crashes the puppet. */
export function crash(message = "crash"): Order {
  return () => {
    throw new Error(message);
  };
}
