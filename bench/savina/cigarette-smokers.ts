/** An arbiter puts two of three ingredients on the table; only the smoker that owns the third may smoke. */
import { actor } from "../../runtime/index.ts";
import type { ActorRef, ActorType, Reply } from "../../runtime/index.ts";
import { started, type Scenario, type Start } from "./scenario.ts";

const INGREDIENTS = 3;

type SmokerMessage = { readonly kind: "table"; readonly absent: number };
type ArbiterMessage =
  Start | { readonly kind: "smoking"; readonly ingredient: number } | { readonly kind: "passed" };

interface Smoker {
  readonly ingredient: number;
  readonly arbiter: ActorRef<ArbiterMessage>;
}

/** Every smoker looks at every table. */
const smoker: ActorType<Smoker, Smoker, SmokerMessage> = actor({
  name: "smoker",
  initial: (args: Smoker) => args,
  receive(state, { absent }: SmokerMessage) {
    const { ingredient, arbiter } = state;
    arbiter.tell(absent === ingredient ? { kind: "smoking", ingredient } : { kind: "passed" });
    return state;
  },
});

interface Arbiter {
  readonly rounds: number;
  readonly smokers: readonly ActorRef<SmokerMessage>[];
  readonly reply: Reply<number> | null;
  absent: number;
  heard: number;
  smoked: number;
}

const arbiter: ActorType<number, Arbiter, ArbiterMessage> = actor({
  name: "arbiter",
  initial: (rounds: number, ctx): Arbiter => ({
    rounds,
    smokers: Array.from({ length: INGREDIENTS }, (_, ingredient) =>
      ctx.spawn(smoker, { ingredient, arbiter: ctx.self }),
    ),
    reply: null,
    absent: 0,
    heard: 0,
    smoked: 0,
  }),
  receive(state, message: ArbiterMessage, ctx) {
    const lay = (): void => {
      state.absent = ctx.random.below(INGREDIENTS);
      for (const ref of state.smokers) ref.tell({ kind: "table", absent: state.absent });
    };
    if (message.kind === "start") {
      lay();
      return { ...state, reply: message.reply };
    }
    if (message.kind === "smoking") {
      if (message.ingredient !== state.absent) throw new Error("the wrong one smokes");
      state.smoked += 1;
    }
    state.heard += 1;
    if (state.heard === state.rounds * INGREDIENTS) state.reply!.send(state.smoked);
    else if (state.heard % INGREDIENTS === 0) lay();
    return state;
  },
});

export const cigaretteSmokers: Scenario = {
  name: "cigarette smokers",
  unit: "rounds",
  size: 300_000,
  quickSize: 3_000,
  operations: (size) => size,
  expected: (size) => size,
  play: (system, size) => started(system.spawn(arbiter, size)),
};
