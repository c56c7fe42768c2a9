/**
 * Looks from outside at what is kept, by a connection of its own and NATS' own client, and says what the faults have
 * broken. It trusts nothing that a node says.
 */
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { Subjects } from "../../cluster/index.ts";
import { decodePlainData } from "../../storage/index.ts";
import type { LedgerEvent } from "./ledger.ts";
import { CLUSTER } from "./names.ts";

/** One invariant, and what was found against it. */
export interface Finding {
  readonly invariant: string;
  readonly held: boolean;
  /** The first violations. */
  readonly violations: readonly string[];
}

/** What was promised to the load. */
export interface Promised {
  readonly confirmed: ReadonlySet<string>;
  readonly poison: ReadonlySet<string>;
}

/** One append to a ledger, as it is kept. */
export interface Kept {
  readonly subject: string;
  readonly sequence: number;
  readonly fence: number;
  readonly events: readonly LedgerEvent[];
}

const MOST_SHOWN = 5;

export async function checkAll(urls: readonly string[], promised: Promised): Promise<readonly Finding[]> {
  const connection = await connect({ servers: [...urls], maxReconnectAttempts: -1 });
  try {
    const subjects = new Subjects(CLUSTER);
    const js = jetstream(connection, { timeout: 20_000 });
    const manager = await jetstreamManager(connection, { timeout: 20_000 });
    const kept: Kept[] = [];
    const journal = subjects.stream("JOURNAL");
    const { messages } = (await manager.streams.info(journal)).state;
    const consumer = await js.consumers.get(journal);
    const read = await consumer.consume();
    for await (const message of messages === 0 ? [] : read) {
      const fence = Number(message.headers?.get("Myriad-Fence") || "0");
      const events = message.data.length === 0 ? [] : (decodePlainData(message.data) as readonly unknown[]);
      kept.push({
        subject: message.subject,
        sequence: message.seq,
        fence,
        events: events.flatMap(ledgerEventsIn),
      });
      if (message.info.pending === 0) break;
    }
    read.stop();
    const dead = await manager.streams.info(subjects.stream("DEAD"), { subjects_filter: ">" });
    const deadIds = Object.keys(dead.state.subjects ?? {}).map((subject) =>
      subject.slice(subject.lastIndexOf(".") + 1),
    );
    const queue = await manager.streams.info(subjects.stream("QUEUE_tasks"));
    return findings(kept, deadIds, queue.state.messages, promised);
  } finally {
    await connection.close();
  }
}

/** A persistent event may be wrapped; whatever is no ledger's is none. */
function ledgerEventsIn(given: unknown): readonly LedgerEvent[] {
  if (typeof given !== "object" || given === null) return [];
  if ("kind" in given && (given.kind === "done" || given.kind === "noted")) return [given as LedgerEvent];
  return Object.values(given).flatMap(ledgerEventsIn);
}

/** What of it is as it was promised. */
export function findings(
  kept: readonly Kept[],
  deadIds: readonly string[],
  left: number,
  { confirmed, poison }: Promised,
): readonly Finding[] {
  const effects = new Map<string, number>();
  for (const { events } of kept) {
    for (const event of events)
      if (event.kind === "done") effects.set(event.id, (effects.get(event.id) ?? 0) + 1);
  }
  const isDead = new Set(deadIds);
  return [
    finding(
      "nothing that was confirmed is lost",
      [...confirmed].filter((id) => !effects.has(id) && !isDead.has(id)),
    ),
    finding(
      "no task was given up that could be done",
      [...confirmed].filter((id) => isDead.has(id)),
    ),
    finding(
      "each task has one effect",
      [...effects].filter(([, count]) => count !== 1).map(([id, count]) => `${id}: ${count}`),
    ),
    finding(
      "poison becomes a dead letter, and has no effect",
      [...poison].filter((id) => !isDead.has(id) || effects.has(id)),
    ),
    finding("the queue is empty", left === 0 ? [] : [`${left} tasks`]),
    finding("no older owner writes after a newer one", fencesThatFall(kept)),
    finding("of one term of a lease one node writes", sharedTerms(kept)),
    finding("notes to one key are in order", disorder(kept)),
  ];
}

function finding(invariant: string, violations: readonly string[]): Finding {
  return { invariant, held: violations.length === 0, violations: violations.slice(0, MOST_SHOWN) };
}

function fencesThatFall(kept: readonly Kept[]): readonly string[] {
  const newest = new Map<string, number>();
  return kept.flatMap(({ subject, sequence, fence }) => {
    const before = newest.get(subject) ?? 0;
    newest.set(subject, Math.max(before, fence));
    return fence < before ? [`${subject} at ${sequence}: ${fence} after ${before}`] : [];
  });
}

function sharedTerms(kept: readonly Kept[]): readonly string[] {
  const writers = new Map<string, Set<string>>();
  for (const { subject, fence, events } of kept) {
    const term = `${subject} under ${fence}`;
    for (const { by } of events) writers.set(term, (writers.get(term) ?? new Set()).add(by));
  }
  return [...writers].filter(([, by]) => by.size > 1).map(([term, by]) => `${term}: ${[...by].join(", ")}`);
}

function disorder(kept: readonly Kept[]): readonly string[] {
  const last = new Map<string, number>();
  return kept.flatMap(({ subject, sequence, events }) =>
    events.flatMap((event) => {
      if (event.kind !== "noted") return [];
      const before = last.get(subject) ?? 0;
      last.set(subject, Math.max(before, event.number));
      return event.number <= before ? [`${subject} at ${sequence}: ${event.number} after ${before}`] : [];
    }),
  );
}
