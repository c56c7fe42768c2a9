/** What the tests of telemetry let their actors do. */
import { actor, type ActorRef, type ActorType, type Reply } from "../../../../runtime/index.ts";

export type Order =
  | { readonly kind: "work"; readonly run?: () => void }
  | { readonly kind: "pass"; readonly to: ActorRef<Order>; readonly next: Order }
  | { readonly kind: "ask"; readonly of: ActorRef<Order> }
  | { readonly kind: "answer"; readonly reply: Reply<number> }
  | { readonly kind: "answered" }
  | { readonly kind: "later"; readonly delayMs: number }
  | { readonly kind: "beat"; readonly intervalMs: number }
  | { readonly kind: "put-aside" }
  | { readonly kind: "take-back" }
  | { readonly kind: "crash" };

/** Does as it is told. */
export const hand: ActorType<undefined, number, Order> = actor({
  name: "hand",
  initial: () => 0,
  receive(asides, order: Order, ctx) {
    switch (order.kind) {
      case "work":
        order.run?.();
        return asides;
      case "pass":
        order.to.tell(order.next);
        return asides;
      case "ask":
        ctx.pipe(
          order.of.ask((reply: Reply<number>) => ({ kind: "answer", reply })),
          () => ({ kind: "answered" }),
          () => ({ kind: "answered" }),
        );
        return asides;
      case "answer":
        order.reply.send(1);
        return asides;
      case "answered":
        return asides;
      case "later":
        ctx.timers.single("later", order.delayMs, { kind: "work" });
        return asides;
      case "beat":
        ctx.timers.periodic("beat", order.intervalMs, { kind: "work" });
        return asides;
      case "put-aside":
        // The first time it is put aside, then it is handled.
        if (asides === 0) ctx.stash(order);
        return asides + 1;
      case "take-back":
        ctx.unstash();
        return asides;
      case "crash":
        throw new RangeError("crash");
    }
  },
});

/** One link after the other of a chain that is told to each in turn. */
export function chain(refs: readonly ActorRef<Order>[], last: Order): Order {
  return refs.toReversed().reduce((next: Order, to) => ({ kind: "pass", to, next }), last);
}
