/** Twenty philosophers ask a waiter for both forks; refused, they ask again. Neighbours never eat together. */
import { actor } from "../../runtime/index.ts";
import type { ActorRef, ActorType, Reply } from "../../runtime/index.ts";
import { started, type Scenario, type Start } from "./scenario.ts";

const SEATS = 20;

type PhilosopherMessage = { readonly kind: "eat" } | { readonly kind: "denied" } | { readonly kind: "full" };
type WaiterMessage =
  | Start
  | { readonly kind: "hungry"; readonly seat: number }
  | { readonly kind: "done"; readonly seat: number };

interface Philosopher {
  readonly seat: number;
  readonly waiter: ActorRef<WaiterMessage>;
}

const philosopher: ActorType<Philosopher, Philosopher, PhilosopherMessage> = actor({
  name: "philosopher",
  initial: (args: Philosopher) => args,
  receive(state, { kind }: PhilosopherMessage) {
    const { seat, waiter } = state;
    if (kind === "eat") waiter.tell({ kind: "done", seat });
    if (kind !== "full") waiter.tell({ kind: "hungry", seat });
    return state;
  },
});

interface Waiter {
  readonly mealsEach: number;
  readonly philosophers: readonly ActorRef<PhilosopherMessage>[];
  readonly reply: Reply<number> | null;
  /** Whether the fork left of that seat is taken. */
  readonly forks: boolean[];
  readonly meals: number[];
  full: number;
}

const waiter: ActorType<number, Waiter, WaiterMessage> = actor({
  name: "waiter",
  initial: (mealsEach: number, ctx): Waiter => ({
    mealsEach,
    philosophers: Array.from({ length: SEATS }, (_, seat) =>
      ctx.spawn(philosopher, { seat, waiter: ctx.self }),
    ),
    reply: null,
    forks: new Array<boolean>(SEATS).fill(false),
    meals: new Array<number>(SEATS).fill(0),
    full: 0,
  }),
  receive(state, message: WaiterMessage) {
    switch (message.kind) {
      case "start":
        // Refused before it began, each asks for the first time.
        for (const ref of state.philosophers) ref.tell({ kind: "denied" });
        return { ...state, reply: message.reply };
      case "hungry":
        serve(state, message.seat);
        return state;
      case "done":
        state.forks[message.seat] = state.forks[(message.seat + 1) % SEATS] = false;
        return state;
    }
  },
});

function serve(state: Waiter, seat: number): void {
  const { forks, meals, mealsEach, philosophers, reply } = state;
  const right = (seat + 1) % SEATS;
  if (meals[seat] === mealsEach) {
    philosophers[seat]!.tell({ kind: "full" });
    state.full += 1;
    if (state.full === SEATS) reply!.send(meals.reduce((sum, count) => sum + count));
  } else if (forks[seat] === true || forks[right] === true) {
    philosophers[seat]!.tell({ kind: "denied" });
  } else {
    forks[seat] = forks[right] = true;
    meals[seat]! += 1;
    philosophers[seat]!.tell({ kind: "eat" });
  }
}

export const diningPhilosophers: Scenario = {
  name: "dining philosophers",
  unit: "meals",
  size: 20_000,
  quickSize: 200,
  operations: (size) => SEATS * size,
  expected: (size) => SEATS * size,
  play: (system, size) => started(system.spawn(waiter, size)),
};
