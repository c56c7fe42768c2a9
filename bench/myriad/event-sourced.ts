/**
 * Event-sourced actors over the file journal, one client each, which sends its next command when the last one
 * is confirmed: the event is on the disk then. What was kept is read back from the files, outside the time
 * measured. The peers' are in `bench/peers/bare-file.js`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createSystem, eventSourced } from "../../runtime/index.ts";
import type { ActorRef, Reply } from "../../runtime/index.ts";
import { openFileJournal } from "../../storage/index.ts";
import { benchError } from "../errors.ts";
import { quantileOf } from "../spread.ts";
import { timed, type Measured, type Run } from "./measuring.ts";

interface Note {
  readonly value: number;
  readonly text: string;
}
/** What a command is to keep; null asks only for how much there is. */
interface Command {
  readonly note: Note | null;
  readonly reply: Reply<number>;
}

/** With it a note of a value from 65,536 on takes 300 bytes in MessagePack; smaller ones 2 to 4 fewer. */
const TEXT = "x".repeat(278);

const READERS = 16;

const notebook = eventSourced<number, number, Command, Note>({
  name: "notebook",
  stream: (index) => `notes-${index}`,
  empty: () => 0,
  handle(_kept, { note, reply }) {
    const effect = (kept: number): void => reply.send(kept);
    return note === null ? { effect } : { events: [note], effect };
  },
  apply: (kept) => kept + 1,
});

/** @param parent the folder whose filesystem it is about */
export function events(actors: number, parent: string): Run {
  return async (size) => {
    const folder = await mkdtemp(join(parent, "journal-"));
    try {
      return { ...(await keep(folder, actors, size)), ...(await kept(folder)) };
    } finally {
      await rm(folder, { recursive: true });
    }
  };
}

async function keep(folder: string, actors: number, size: number): Promise<Measured> {
  const journal = await openFileJournal(folder);
  const system = createSystem({ journal });
  const refs = Array.from({ length: actors }, (_, index) => system.spawn(notebook, index));
  await Promise.all(refs.map((ref) => confirmed(ref, null)));
  const latenciesMs: number[] = [];
  const client = async (ref: ActorRef<Command>, index: number): Promise<void> => {
    for (let value = index; value < size; value += actors) {
      const sentAt = performance.now();
      await confirmed(ref, { value, text: TEXT });
      latenciesMs.push(performance.now() - sentAt);
    }
  };
  const measured = await timed(size, async (finish) => {
    await Promise.all(refs.map(client));
    finish(0);
  });
  await system.shutdown();
  await journal.close();
  return { ...measured, figure: quantileOf(latenciesMs, 0.99) };
}

const confirmed = (ref: ActorRef<Command>, note: Note | null): Promise<number> =>
  ref.ask((reply: Reply<number>) => ({ note, reply }));

/** How many events the files hold, and the sum of their values. @throws BENCH_WORK_INVALID */
async function kept(folder: string): Promise<Pick<Measured, "done" | "check">> {
  const journal = await openFileJournal(folder);
  let done = 0;
  let check = 0;
  const streams = (await journal.streams()).values();
  const reader = async (): Promise<void> => {
    for (const stream of streams) {
      for await (const { event } of journal.read(stream)) {
        check += valueOf(event);
        done += 1;
      }
    }
  };
  // A stream's events lie far apart: one reader would wait for each of them.
  await Promise.all(Array.from({ length: READERS }, reader));
  await journal.close();
  return { done, check };
}

/** @throws BENCH_WORK_INVALID for an event that is none of those that were kept */
function valueOf(event: unknown): number {
  const { value, text } = (event as { readonly e: Note }).e;
  if (text !== TEXT) throw benchError("BENCH_WORK_INVALID", "An event is not what was kept");
  return value;
}
