/** What the nodes under faults keep: a ledger for each key, of the tasks that were done for it and of what it was told. */
import type { Sharded } from "../../cluster/index.ts";
import { eventSourced, type ActorType, type Reply } from "../../runtime/index.ts";

export type LedgerMessage =
  | { readonly kind: "do"; readonly id: string; readonly reply: Reply<null> }
  | { readonly kind: "note"; readonly number: number };

/** As it stands in the journal; `by`: the node that wrote it. */
export type LedgerEvent =
  | { readonly kind: "done"; readonly id: string; readonly by: string }
  | { readonly kind: "noted"; readonly number: number; readonly by: string };

export const LEDGERS = "ledger";

export const ledger: ActorType<Sharded, unknown, LedgerMessage> = eventSourced<
  Sharded,
  number,
  LedgerMessage,
  LedgerEvent
>({
  name: LEDGERS,
  stream: ({ key }) => `${LEDGERS}/${key}`,
  empty: () => 0,
  handle(_count, message, ctx) {
    const by = ctx.system.node;
    if (message.kind === "note") return { events: [{ kind: "noted", number: message.number, by }] };
    return { events: [{ kind: "done", id: message.id, by }], effect: () => message.reply.send(null) };
  },
  apply: (count) => count + 1,
  messageId: (message) => (message.kind === "do" ? message.id : null),
  duplicate(_count, message) {
    if (message.kind === "do") message.reply.send(null);
  },
});
