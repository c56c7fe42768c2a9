/**
 * A teller orders transfers between a thousand accounts. The paying account asks the paid one and serves no
 * other order until it has heard; what all accounts hold together must not change.
 */
import { actor } from "../../runtime/index.ts";
import type { ActorRef, ActorType, Reply } from "../../runtime/index.ts";
import { started, type Scenario, type Start } from "./scenario.ts";

const ACCOUNTS = 1_000;
const OPENING = 1_000;
const UNDER_WAY = 1_000;

type AccountMessage =
  | {
      readonly kind: "transfer";
      readonly amount: number;
      readonly to: ActorRef<AccountMessage>;
      readonly teller: ActorRef<TellerMessage>;
    }
  | { readonly kind: "credit"; readonly amount: number; readonly payer: ActorRef<AccountMessage> }
  | { readonly kind: "credited" }
  | { readonly kind: "balance"; readonly teller: ActorRef<TellerMessage> };
type Transfer = Extract<AccountMessage, { readonly kind: "transfer" }>;
type TellerMessage =
  Start | { readonly kind: "transferred" } | { readonly kind: "balance"; readonly balance: number };

interface Account {
  balance: number;
  /** The transfer that waits for the paid account. */
  current: Transfer | null;
  readonly waiting: Transfer[];
}

const account: ActorType<undefined, Account, AccountMessage> = actor({
  name: "account",
  initial: (): Account => ({ balance: OPENING, current: null, waiting: [] }),
  receive(state, message: AccountMessage, ctx) {
    switch (message.kind) {
      case "transfer":
        if (state.current === null) pay(state, message, ctx.self);
        else state.waiting.push(message);
        return state;
      case "credit":
        state.balance += message.amount;
        message.payer.tell({ kind: "credited" });
        return state;
      case "credited": {
        state.current!.teller.tell({ kind: "transferred" });
        state.current = null;
        const next = state.waiting.shift();
        if (next !== undefined) pay(state, next, ctx.self);
        return state;
      }
      case "balance":
        message.teller.tell({ kind: "balance", balance: state.balance });
        return state;
    }
  },
});

function pay(state: Account, transfer: Transfer, self: ActorRef<AccountMessage>): void {
  state.current = transfer;
  state.balance -= transfer.amount;
  transfer.to.tell({ kind: "credit", amount: transfer.amount, payer: self });
}

interface Teller {
  readonly wanted: number;
  readonly accounts: readonly ActorRef<AccountMessage>[];
  readonly reply: Reply<number> | null;
  ordered: number;
  transferred: number;
  balances: number;
  total: number;
}

const teller: ActorType<number, Teller, TellerMessage> = actor({
  name: "teller",
  initial: (wanted: number, ctx): Teller => ({
    wanted,
    accounts: Array.from({ length: ACCOUNTS }, () => ctx.spawn(account, undefined)),
    reply: null,
    ordered: 0,
    transferred: 0,
    balances: 0,
    total: 0,
  }),
  receive(state, message: TellerMessage, ctx) {
    const order = (): void => {
      if (state.ordered === state.wanted) return;
      state.ordered += 1;
      const from = ctx.random.below(ACCOUNTS);
      const to = (from + 1 + ctx.random.below(ACCOUNTS - 1)) % ACCOUNTS;
      const amount = 1 + ctx.random.below(100);
      state.accounts[from]!.tell({ kind: "transfer", amount, to: state.accounts[to]!, teller: ctx.self });
    };
    switch (message.kind) {
      case "start":
        state = { ...state, reply: message.reply };
        for (let index = 0; index < UNDER_WAY; index++) order();
        return state;
      case "transferred":
        state.transferred += 1;
        order();
        if (state.transferred === state.wanted) {
          for (const ref of state.accounts) ref.tell({ kind: "balance", teller: ctx.self });
        }
        return state;
      case "balance":
        state.balances += 1;
        state.total += message.balance;
        if (state.balances === ACCOUNTS) state.reply!.send(state.total + state.transferred);
        return state;
    }
  },
});

export const bankTransaction: Scenario = {
  name: "bank transaction",
  unit: "transfers",
  size: 500_000,
  quickSize: 5_000,
  operations: (size) => size,
  /** All money, and all transfers. */
  expected: (size) => ACCOUNTS * OPENING + size,
  play: (system, size) => started(system.spawn(teller, size)),
};
