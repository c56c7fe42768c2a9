/** An event-sourced actor that notes tasks by their ids, and answers each time it is told of one. */
import { eventSourced, type ActorType, type Reply } from "../../runtime/index.ts";

export interface Note {
  readonly id: string;
  readonly noted: Reply<number>;
}

export const LEDGER = "ledger";

/** @param told of each note that is kept, once it is */
export function ledger(told: (id: string) => void): ActorType<string, unknown, Note> {
  return eventSourced<string, number, Note, string>({
    name: "ledger",
    stream: (name) => name,
    empty: () => 0,
    handle: (_count, { id, noted }) => ({
      events: [id],
      effect(count) {
        told(id);
        noted.send(count);
      },
    }),
    apply: (count) => count + 1,
    messageId: ({ id }) => id,
    duplicate: (count, { noted }) => noted.send(count),
    snapshotEvery: 20,
  });
}
