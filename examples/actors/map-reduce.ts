/**
 * Counts words on worker threads. The mappers are spread over the threads, and each counts one chunk of text
 * at a time; for each first letter there is a reducer, on the thread to which its letter is the key, that adds
 * up the counts of its words. Neither keeps anything between two questions, and who asks keeps what was asked:
 * when a thread dies, its actors begin anew on another one, and what died with it is asked again.
 *
 *     node dist/examples/actors/map-reduce.js [--kill]        --kill ends a mapper's thread in the middle
 */
import { isMainThread } from "node:worker_threads";
import { actor, createSystem, defineApp, retry, router, seededRandom } from "myriad-runtime/runtime";
import type { App, Reply } from "myriad-runtime/runtime";

const THREADS = 3;
const MAPPERS = 6;
const CHUNKS = 120;
const WORDS_A_CHUNK = 5_000;

/** How often each word occurs. */
type Counts = readonly (readonly [word: string, count: number])[];

type MapperMessage =
  | { readonly kind: "count"; readonly text: string; readonly reply: Reply<Counts> }
  | { readonly kind: "exit" };

const mapper = actor({
  name: "mapper",
  initial: () => null,
  receive(state, message: MapperMessage) {
    // In a worker this ends the thread, and with it all actors that live there.
    if (message.kind === "exit") process.exit(1);
    message.reply.send(countWords(message.text));
    return state;
  },
});

interface ReducerMessage {
  readonly counts: Counts;
  readonly reply: Reply<Counts>;
}

const reducer = actor({
  name: "reducer",
  initial: () => null,
  receive(state, { counts, reply }: ReducerMessage) {
    reply.send(addUp(counts));
    return state;
  },
});

/** Every worker thread imports this module to have the app; only the main thread runs the program. */
export const app: App = defineApp({ actors: [mapper, reducer], module: import.meta.url });
if (isMainThread) await main(writeChunks(), process.argv.includes("--kill"));

async function main(chunks: readonly string[], kill: boolean): Promise<void> {
  const counted = sorted(await countOnThreads(chunks, kill));
  const plain = sorted(countWords(chunks.join(" ")));
  const total = counted.reduce((sum, [, count]) => sum + count, 0);
  console.log(`${total} words, ${counted.length} different ones`);
  for (const [word, count] of counted.slice(0, 3)) console.log(word.padEnd(8), count);
  const same = JSON.stringify(counted) === JSON.stringify(plain);
  console.log(same ? "A plain loop says the same." : "A plain loop says something else!");
  process.exitCode = same ? 0 : 1;
}

async function countOnThreads(chunks: readonly string[], kill: boolean): Promise<Counts> {
  const system = createSystem({ app, threads: THREADS });
  const { clock, random } = system;
  system.events.subscribe("thread-lost", ({ slot }) => console.log(`thread ${slot} is lost`));
  let repeated = 0;
  /** A question that fails, because a thread has died over it, is asked up to ten times. */
  const surely = (ask: () => Promise<Counts>): Promise<Counts> =>
    retry((attempt) => (attempt > 0 && repeated++, ask()), { clock, random, attempts: 10, waitMs: () => 50 });

  const mappers = Array.from({ length: MAPPERS }, () => system.spawn(mapper, null, { placement: "spread" }));
  const anyMapper = router(mappers);
  const map = (text: string, index: number): Promise<Counts> => {
    if (kill && index === CHUNKS / 2) mappers[0]!.tell({ kind: "exit" });
    return surely(() =>
      anyMapper.ask((reply: Reply<Counts>) => ({ kind: "count", text, reply }), { timeoutMs: 60_000 }),
    );
  };
  const mapped = await Promise.all(chunks.map(map));

  const reduce = ([letter, counts]: readonly [string, Counts]): Promise<Counts> => {
    const ref = system.spawn(reducer, null, { name: letter, placement: { key: letter } });
    return surely(() => ref.ask((reply: Reply<Counts>) => ({ counts, reply }), { timeoutMs: 60_000 }));
  };
  const reduced = await Promise.all([...byFirstLetter(mapped.flat())].map(reduce));
  if (kill) console.log(`${repeated > 0 ? "some" : "no"} questions were asked again`);
  await system.shutdown();
  return reduced.flat();
}

function countWords(text: string): Counts {
  return addUp([...text.matchAll(/\w+/g)].map(([word]) => [word, 1]));
}

function addUp(counts: Counts): Counts {
  const sums = new Map<string, number>();
  for (const [word, count] of counts) sums.set(word, (sums.get(word) ?? 0) + count);
  return [...sums];
}

function byFirstLetter(counts: Counts): ReadonlyMap<string, Counts> {
  const byLetter = new Map<string, [string, number][]>();
  for (const [word, count] of counts) {
    const others = byLetter.get(word.charAt(0));
    if (others === undefined) byLetter.set(word.charAt(0), [[word, count]]);
    else others.push([word, count]);
  }
  return byLetter;
}

/** The most frequent first. */
function sorted(counts: Counts): Counts {
  return counts.toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

/** Words of two or three syllables, the same in every run. */
function writeChunks(): readonly string[] {
  const random = seededRandom("words");
  const syllables = ["ba", "de", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu"];
  // The smaller of two draws: some words are frequent, most are rare.
  const syllable = (): string => syllables[Math.min(random.below(10), random.below(10))]!;
  const word = (): string => syllable() + syllable() + (random.below(2) === 0 ? syllable() : "");
  return Array.from({ length: CHUNKS }, () => Array.from({ length: WORDS_A_CHUNK }, word).join(" "));
}
