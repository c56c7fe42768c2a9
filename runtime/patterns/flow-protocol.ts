/** What the parts of a flow say to each other. */
import type { ActorType } from "../actor.ts";
import type { ActorRef } from "../ref.ts";

/** A message between two parts of a flow, or between a part and the actor above the parts. */
export type FlowMessage =
  // the actor above → each part; the sink has no downstream, the source no upstream
  | {
      readonly kind: "connect";
      readonly upstream: ActorRef<FlowMessage> | null;
      readonly downstream: ActorRef<FlowMessage> | null;
      readonly window: number;
      readonly above: ActorRef<{ readonly kind: "completed"; readonly count: number }>;
    }
  // downstream → upstream: so many items more may be sent
  | { readonly kind: "request"; readonly count: number }
  // upstream → downstream
  | { readonly kind: "item"; readonly item: unknown }
  | { readonly kind: "completed" }
  // a part → itself: what it has waited for
  | { readonly kind: "ready"; readonly value: unknown }
  | { readonly kind: "broken"; readonly error: unknown };

/** The actor type of a part that takes items of type `In` and gives items of type `Out`. */
export interface FlowPart<Args, In, Out> extends ActorType<Args, unknown, FlowMessage> {
  /** Only for the compiler, which tells by it what fits together. */
  readonly flow?: (item: In) => Out;
}
