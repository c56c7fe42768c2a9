/** A token goes round a ring of a hundred actors: the price of waking another actor for each message. */
import { actor } from "../../runtime/index.ts";
import type { ActorRef, ActorType, Reply } from "../../runtime/index.ts";
import { started, type Scenario, type Start } from "./scenario.ts";

const ACTORS = 100;

interface Token {
  readonly kind: "token";
  readonly hopsLeft: number;
  readonly reply: Reply<number>;
}
interface Next {
  readonly kind: "next";
  readonly next: ActorRef<Token>;
}
interface Member {
  readonly index: number;
  readonly next: ActorRef<Token> | null;
}

const member: ActorType<number, Member, Token | Next> = actor({
  name: "member",
  initial: (index: number): Member => ({ index, next: null }),
  receive(state, message: Token | Next) {
    if (message.kind === "next") return { ...state, next: message.next };
    const { hopsLeft, reply } = message;
    if (hopsLeft === 0) reply.send(state.index);
    else state.next!.tell({ kind: "token", hopsLeft: hopsLeft - 1, reply });
    return state;
  },
});

const ring: ActorType<number, number, Start> = actor({
  name: "ring",
  initial: (hops: number) => hops,
  receive(hops, { reply }: Start, ctx) {
    const members = Array.from({ length: ACTORS }, (_, index) => ctx.spawn(member, index));
    members.forEach((ref, index) => ref.tell({ kind: "next", next: members[(index + 1) % ACTORS]! }));
    members[0]!.tell({ kind: "token", hopsLeft: hops, reply });
    return hops;
  },
});

export const threadRing: Scenario = {
  name: "thread ring",
  unit: "hops",
  size: 2_000_000,
  quickSize: 10_000,
  operations: (size) => size,
  expected: (size) => size % ACTORS,
  play: (system, size) => started(system.spawn(ring, size)),
};
