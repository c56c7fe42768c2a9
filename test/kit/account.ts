/** An event-sourced account, for the tests of persistence. */
import { eventSourced } from "../../runtime/index.ts";
import type { ActorRef, ActorType, EventSourcedDefinition, Reply } from "../../runtime/index.ts";

export type AccountCommand =
  | { readonly kind: "add"; readonly amount: number; readonly id?: string; readonly reply?: Reply<number> }
  | { readonly kind: "get"; readonly reply: Reply<number> }
  | { readonly kind: "crash" }
  | { readonly kind: "crash-in-effect"; readonly amount: number };

export interface Added {
  readonly added: number;
}

export type AccountDefinition = EventSourcedDefinition<string, number, AccountCommand, Added>;
export type AccountRef = ActorRef<AccountCommand>;

/** Its argument is its stream; its state the sum. */
export function account(
  changes: Partial<AccountDefinition> = {},
): ActorType<string, unknown, AccountCommand> {
  return eventSourced<string, number, AccountCommand, Added>({
    name: "account",
    stream: (stream) => stream,
    empty: () => 0,
    handle(balance, command) {
      switch (command.kind) {
        case "add":
          return {
            events: [{ added: command.amount }],
            effect: (state) => command.reply?.send(state),
          };
        case "get":
          return { effect: () => command.reply.send(balance) };
        case "crash":
          throw new Error("crashed");
        case "crash-in-effect":
          return {
            events: [{ added: command.amount }],
            effect: () => {
              throw new Error("crashed in an effect");
            },
          };
      }
    },
    apply: (balance, { added }) => balance + added,
    messageId: (command) => (command.kind === "add" ? (command.id ?? null) : null),
    duplicate(balance, command) {
      if (command.kind === "add") command.reply?.send(balance);
    },
    ...changes,
  });
}

export function add(ref: AccountRef, amount: number, id?: string): Promise<number> {
  return ref.ask<number>((reply) => ({ kind: "add", amount, reply, ...(id === undefined ? {} : { id }) }));
}

export function balanceOf(ref: AccountRef): Promise<number> {
  return ref.ask<number>((reply) => ({ kind: "get", reply }));
}
