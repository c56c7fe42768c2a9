/**
 * A polite crawler. It reads a small website at no more than so many requests a second, and some pages at a
 * time. A token bucket gives the rate; every attempt takes a token, what fails is tried again, and all of it
 * goes through a circuit breaker, so that a server in trouble is left alone.
 *
 *     node dist/examples/actors/crawler.js [requests a second, default 20]       Ctrl-C ends it in order
 */
import { actor, CircuitBreaker, createSystem, MyriadError, retry } from "myriad-runtime/runtime";
import type { ActorContext, ActorRef, Reply } from "myriad-runtime/runtime";
import { openWebsite } from "./small-website.ts";

const BURST = 2;
const PAGES_AT_A_TIME = 3;

type BucketMessage = { readonly kind: "take"; readonly reply: Reply<null> } | { readonly kind: "drop" };

/** Holds up to BURST tokens, and gets one every 1/rate seconds. Who finds none waits in line. */
const bucket = actor({
  name: "bucket",
  initial(perSecond: number, ctx: ActorContext<BucketMessage>) {
    ctx.timers.periodic("drop", 1_000 / perSecond, { kind: "drop" });
    return { tokens: BURST, line: [] as readonly Reply<null>[] };
  },
  receive(state, message: BucketMessage) {
    const tokens = message.kind === "drop" ? Math.min(BURST, state.tokens + 1) : state.tokens;
    const line = message.kind === "take" ? [...state.line, message.reply] : state.line;
    const served = line.slice(0, tokens);
    for (const reply of served) reply.send(null);
    return { tokens: tokens - served.length, line: line.slice(served.length) };
  },
  stopped: () => console.log("the bucket has stopped"),
});

interface Page {
  readonly path: string;
  /** `200`, `404`, or why there is no answer. */
  readonly status: string;
  readonly links: readonly string[];
}
type CrawlerMessage =
  | { readonly kind: "crawl"; readonly from: string; readonly reply: Reply<readonly Page[]> }
  | { readonly kind: "read"; readonly page: Page };

interface CrawlerArgs {
  readonly origin: string;
  readonly tokens: ActorRef<BucketMessage>;
}

/** Reads every page that can be reached, each once, and replies with them when there is none left to read. */
const crawler = actor({
  name: "crawler",
  initial: ({ origin, tokens }: CrawlerArgs, { clock }: ActorContext<CrawlerMessage>) => ({
    origin,
    tokens,
    breaker: new CircuitBreaker({ clock, failures: 6, openMs: 500 }),
    gone: new AbortController(),
    /** All that were ever found; the first `begun` of them have been begun, and `pages` are read. */
    found: new Set<string>(),
    begun: 0,
    pages: [] as Page[],
    replies: [] as Reply<readonly Page[]>[],
  }),
  receive(state, message: CrawlerMessage, ctx) {
    const { found, pages, replies } = state;
    if (message.kind === "crawl") replies.push(message.reply);
    else pages.push(message.page);
    for (const path of message.kind === "crawl" ? [message.from] : message.page.links) found.add(path);
    let { begun } = state;
    for (; begun < found.size && begun - pages.length < PAGES_AT_A_TIME; begun++) {
      const path = [...found][begun]!;
      const retrying = { clock: ctx.clock, random: ctx.random, waitMs: (failed: number) => 50 * 2 ** failed };
      ctx.pipe(
        retry(() => readPage(state, path), { ...retrying, attempts: 3, signal: state.gone.signal }),
        (page) => ({ kind: "read", page }),
        (error) => ({ kind: "read", page: { path, status: (error as Error).message, links: [] } }),
      );
    }
    if (pages.length === found.size) for (const reply of replies.splice(0)) reply.send(pages);
    return { ...state, begun };
  },
  stopped({ gone }) {
    gone.abort();
    console.log("the crawler has stopped");
  },
});

type Reading = CrawlerArgs & { readonly breaker: CircuitBreaker; readonly gone: AbortController };

async function readPage({ origin, tokens, breaker, gone }: Reading, path: string): Promise<Page> {
  const { signal } = gone;
  await tokens.ask((reply: Reply<null>) => ({ kind: "take", reply }), { timeoutMs: 600_000, signal });
  return breaker.call(async () => {
    const response = await fetch(new URL(path, origin), { signal });
    const text = await response.text();
    if (response.status >= 500) throw new Error(`${response.status}, however often it is tried`);
    const links = [...text.matchAll(/href="([^"]*)"/g)].map(([, link]) => link!);
    return { path, status: String(response.status), links };
  });
}

const perSecond = Number(process.argv[2] ?? 20);
const website = await openWebsite();
const { origin } = website;
const system = createSystem();
const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort());
const ref = system.spawn(crawler, { origin, tokens: system.spawn(bucket, perSecond) });
console.log(`crawling ${origin} at ${perSecond} requests a second`);
const startedAt = performance.now();
try {
  const pages = await ref.ask((reply: Reply<readonly Page[]>) => ({ kind: "crawl", from: "/", reply }), {
    timeoutMs: 600_000,
    signal: interrupted.signal,
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  const byPath = pages.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, status, links } of byPath) console.log(path.padEnd(12), status, links.join(" "));
  console.log(`${pages.length} pages, ${website.requests} requests in ${seconds.toFixed(2)} s`);
} catch (error) {
  if (!(error instanceof MyriadError && error.code === "ASK_CANCELLED")) throw error;
  console.log("interrupted");
  process.exitCode = 130;
} finally {
  await system.shutdown();
  await website.close();
  console.log("the website is closed");
}
