/** The sieve of Eratosthenes as a chain: a filter keeps 1,000 primes and hands on what none of them divides. */
import { actor } from "../../runtime/index.ts";
import type { ActorRef, ActorType, Reply } from "../../runtime/index.ts";
import { roomFor, started, type Scenario, type Start } from "./scenario.ts";

const PRIMES_EACH = 1_000;

type FilterMessage =
  | { readonly kind: "candidate"; readonly value: number }
  | { readonly kind: "end"; readonly before: number; readonly reply: Reply<number> };

interface Filter {
  readonly room: number;
  readonly primes: number[];
  next: ActorRef<FilterMessage> | null;
}

const filter: ActorType<number, Filter, FilterMessage> = actor({
  name: "filter",
  initial: (room: number): Filter => ({ room, primes: [], next: null }),
  receive(state, message: FilterMessage, ctx) {
    if (message.kind === "end") {
      const before = message.before + state.primes.length;
      if (state.next === null) message.reply.send(before);
      else state.next.tell({ ...message, before });
      return state;
    }
    const { value } = message;
    for (const prime of state.primes) if (value % prime === 0) return state;
    if (state.primes.length < PRIMES_EACH) state.primes.push(value);
    else {
      state.next ??= ctx.spawn(filter, state.room, roomFor(state.room));
      state.next.tell(message);
    }
    return state;
  },
});

const source: ActorType<number, number, Start> = actor({
  name: "source",
  initial: (limit: number) => limit,
  receive(limit, { reply }: Start, ctx) {
    const first = ctx.spawn(filter, limit, roomFor(limit));
    first.tell({ kind: "candidate", value: 2 });
    for (let value = 3; value < limit; value += 2) first.tell({ kind: "candidate", value });
    first.tell({ kind: "end", before: 0, reply });
    return limit;
  },
});

/** Counted another way: crossing out multiples. */
function primesBelow(limit: number): number {
  const composite = new Uint8Array(limit);
  let primes = 0;
  for (let value = 2; value < limit; value++) {
    if (composite[value] === 1) continue;
    primes += 1;
    for (let multiple = 2 * value; multiple < limit; multiple += value) composite[multiple] = 1;
  }
  return primes;
}

export const sieve: Scenario = {
  name: "sieve of Eratosthenes",
  unit: "numbers",
  size: 100_000,
  quickSize: 5_000,
  operations: (size) => size,
  expected: primesBelow,
  play: (system, size) => started(system.spawn(source, size)),
};
