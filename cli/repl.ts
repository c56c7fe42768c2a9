/**
 * A line at a time to a running cluster: the admin commands, `trace`, and `help`. History is kept in a file, the tab
 * key completes commands, nodes and actors. Ctrl-C ends a trace, or clears the line; Ctrl-D leaves.
 */
import { readFile, writeFile } from "node:fs/promises";
import { createInterface, type Interface } from "node:readline/promises";
import type { Cancel } from "../runtime/contracts/index.ts";
import { MyriadError } from "../runtime/contracts/index.ts";
import type { AdminClient } from "../cluster/index.ts";
import { actorAt, adminCommand, ADMIN_COMMANDS } from "./admin-commands.ts";
import { tableText } from "./admin-text.ts";
import { plainText } from "./cluster-output.ts";

export interface ReplOptions {
  readonly client: AdminClient;
  readonly cluster: string;
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Whether somebody types; then there is a prompt. */
  readonly isTerminal: boolean;
  /** Where lines are remembered; null: nowhere. */
  readonly history: string | null;
}

const MOST_HISTORY = 1_000;
const OWN: readonly (readonly [string, string, string])[] = [
  ["trace", "<node>/<path>", "show each message of an actor, until Ctrl-C"],
  ["help", "", "this list"],
  ["exit", "", "leave; so does Ctrl-D"],
];

/** Resolves when the input has ended, or `exit` was said. */
export async function runRepl(options: ReplOptions): Promise<void> {
  const { client, cluster, input, output, isTerminal } = options;
  const lines = createInterface({
    input,
    output,
    terminal: isTerminal,
    prompt: isTerminal ? `${cluster}> ` : "",
    history: await historyOf(options),
    historySize: MOST_HISTORY,
    completer: (line: string) => completed(client, line),
  });
  const session = new Session(options, lines);
  lines.on("SIGINT", () => session.interrupted());
  lines.prompt();
  for await (const line of lines) {
    if (["exit", "quit"].includes(line.trim())) break;
    await session.say(line);
    lines.prompt();
  }
  session.end();
  lines.close();
}

class Session {
  readonly #options: ReplOptions;
  readonly #lines: Interface;
  #endTrace: Cancel | null = null;

  constructor(options: ReplOptions, lines: Interface) {
    this.#options = options;
    this.#lines = lines;
    if (options.history !== null) this.#rememberIn(options.history);
  }

  async say(line: string): Promise<void> {
    const [name = "", ...words] = line.trim().split(/\s+/);
    if (name === "") return;
    try {
      if (name === "help") this.#print(helpText());
      else if (name === "trace") await this.#trace(words);
      else this.#print((await adminCommand(name).run(this.#options.client, words)).text);
    } catch (thrown) {
      this.#print(refusalText(thrown));
    }
  }

  interrupted(): void {
    if (this.#endTrace === null) this.#print("(Ctrl-D leaves)");
    else this.end();
    this.#lines.prompt();
  }

  end(): void {
    this.#endTrace?.();
    this.#endTrace = null;
  }

  async #trace([where]: readonly string[]): Promise<void> {
    this.end();
    const actor = actorAt(where);
    this.#endTrace = await this.#options.client.trace(actor, ({ at, text, waiting }) => {
      this.#print(`${new Date(at).toISOString()}  ${text}${waiting > 0 ? `  (${waiting} wait)` : ""}`);
    });
    this.#print(`tracing ${actor.node}/${actor.path}; Ctrl-C ends it`);
  }

  #print(text: string): void {
    this.#options.output.write(`${plainText(text)}\n`);
  }

  #rememberIn(file: string): void {
    // Lost history is no reason to leave.
    this.#lines.on("history", (all: readonly string[]) => {
      void writeFile(file, `${all.toReversed().join("\n")}\n`, { mode: 0o600 }).catch(() => undefined);
    });
  }
}

async function historyOf({ history }: ReplOptions): Promise<string[]> {
  if (history === null) return [];
  const text = await readFile(history, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .toReversed()
    .slice(0, MOST_HISTORY);
}

function helpText(): string {
  const rows = [...ADMIN_COMMANDS.map(({ name, args, about }) => [name, args, about] as const), ...OWN];
  return tableText(
    ["say", "", ""],
    rows.map(([name, args, about]) => [name, args, about]),
  );
}

function refusalText(thrown: unknown): string {
  if (!(thrown instanceof MyriadError)) return String(thrown);
  if (thrown.code === "USAGE") return `${thrown.message}; say help`;
  const hint = thrown.hint === null ? "" : ` (${thrown.hint})`;
  return `${thrown.code}: ${thrown.message}${hint}`;
}

/** What the last word of a line may become. */
async function completed(client: AdminClient, line: string): Promise<[string[], string]> {
  const words = line.split(/\s+/);
  const word = words.at(-1)!;
  const names = [...ADMIN_COMMANDS.map(({ name }) => name), ...OWN.map(([name]) => name)];
  const found = words.length === 1 ? names : await argumentsOf(client, words[0]!, word).catch(() => []);
  return [found.filter((one) => one.startsWith(word)), word];
}

async function argumentsOf(client: AdminClient, command: string, word: string): Promise<readonly string[]> {
  const takes = command === "trace" ? "actor" : ADMIN_COMMANDS.find(({ name }) => name === command)?.takes;
  if (takes === undefined || takes === "nothing") return [];
  const cut = word.indexOf("/");
  if (takes === "node" || cut === -1) return await client.names();
  const node = word.slice(0, cut);
  const { actors } = await client.actors(node);
  return actors.map(({ path }) => `${node}/${path}`);
}
