/** `myriad admin`, `myriad repl` and `myriad top`: calls of the library, and what is printed of them. */
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import type * as cluster from "../cluster/index.ts";
import type { AdminClient } from "../cluster/index.ts";
import { adminCommand } from "./admin-commands.ts";
import type { AdminInvocation } from "./admin-program.ts";
import { plainText, type AdminDocument } from "./cluster-output.ts";
import { EXIT_OK } from "./exit-code.ts";
import type { Streams } from "./output.ts";
import { runRepl } from "./repl.ts";
import { runTop, topText, type TopFrame } from "./top.ts";

export interface AdminHooks {
  readonly signal: AbortSignal;
  /** Prints the command's one document. */
  readonly print: (document: AdminDocument) => void;
}

type Cluster = typeof cluster;

/** How long `--once` and `--json` look. */
const GLANCE_MS = 1_000;

/** @returns the exit code. @throws what the library throws */
export async function performAdmin(
  library: Cluster,
  invocation: AdminInvocation,
  streams: Streams,
  hooks: AdminHooks,
): Promise<number> {
  const { flags, options } = invocation;
  const config = library.readNodeConfig({
    environment: process.env,
    flags,
    ...(options.config === undefined ? {} : { file: options.config }),
  });
  const nats = await library.connectNats({ name: `${config.cluster}/operator`, ...config.nats });
  try {
    const client = new library.AdminClient(nats, new library.Subjects(config.cluster));
    await perform(client, config.cluster, invocation, streams, hooks);
    return EXIT_OK;
  } finally {
    await nats.close();
  }
}

async function perform(
  client: AdminClient,
  name: string,
  invocation: AdminInvocation,
  streams: Streams,
  { signal, print }: AdminHooks,
): Promise<void> {
  switch (invocation.command) {
    case "admin": {
      const answer = await adminCommand(invocation.name).run(client, invocation.words);
      print(documentOf("admin", answer.json, answer.text));
      return;
    }
    case "top":
      if (invocation.once || invocation.options.json) await glance(client, signal, print);
      else await watch(client, invocation.everyMs, streams, signal);
      return;
    case "repl": {
      const { stdin } = process;
      const isTerminal = stdin.isTTY && process.stdout.isTTY;
      const history = isTerminal ? await historyFile() : null;
      await runRepl({ client, cluster: name, input: stdin, output: streams.stdout, isTerminal, history });
      return;
    }
  }
}

function documentOf(command: "admin" | "top", answer: unknown, text: string): AdminDocument {
  return { command, success: true, error: null, answer, text };
}

async function glance(client: AdminClient, signal: AbortSignal, print: AdminHooks["print"]): Promise<void> {
  const frames: TopFrame[] = [];
  const enough = new AbortController();
  await runTop(client, {
    everyMs: GLANCE_MS,
    signal: AbortSignal.any([signal, enough.signal]),
    show: (frame) => {
      if (frames.push(frame) === 2) enough.abort();
    },
    wait: pause,
  });
  const last = frames.at(-1);
  if (last !== undefined) print(documentOf("top", last, topText(last)));
}

const CLEAR = "\u001B[H\u001B[2J";

async function watch(
  client: AdminClient,
  everyMs: number,
  { stdout }: Streams,
  signal: AbortSignal,
): Promise<void> {
  const isTerminal = stdout === process.stdout && process.stdout.isTTY;
  await runTop(client, {
    everyMs,
    signal,
    show: (frame) => {
      const text = plainText(topText(frame, isTerminal ? process.stdout.rows : null));
      stdout.write(isTerminal ? `${CLEAR}${text}\nCtrl-C ends it\n` : `${text}\n\n`);
    },
    wait: pause,
  });
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await after(ms, undefined, { signal }).catch(() => undefined);
}

/** Null where it cannot be had: lines are then remembered while it runs. */
async function historyFile(): Promise<string | null> {
  const folder = join(process.env["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "myriad");
  try {
    await mkdir(folder, { recursive: true });
    return join(folder, "repl-history");
  } catch {
    return null;
  }
}
