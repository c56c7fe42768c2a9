/**
 * What an operator can say of a running cluster: one table for `myriad admin <command>`, which says it once, and for
 * the REPL. Each command gives what `--json` prints, and the text that people read.
 */
import type { AdminClient, Whereabouts } from "../cluster/index.ts";
import type { ActorAction } from "../runtime/index.ts";
import { actorsText, lettersText, nodesText, nodeText } from "./admin-text.ts";
import { usageError } from "./errors.ts";

export interface AdminAnswer {
  readonly json: unknown;
  readonly text: string;
}

export interface AdminCommand {
  readonly name: string;
  /** Its arguments, as help shows them. */
  readonly args: string;
  readonly about: string;
  /** What its first argument names, for completion. */
  readonly takes: "nothing" | "node" | "actor";
  run(client: AdminClient, words: readonly string[]): Promise<AdminAnswer>;
}

const DEFAULT_LETTERS = 20;
const MOST_LETTERS = 1_000;

export const ADMIN_COMMANDS: readonly AdminCommand[] = [
  {
    name: "nodes",
    args: "",
    about: "all nodes of the cluster",
    takes: "nothing",
    run: async (client) => {
      const nodes = await client.nodes();
      return { json: nodes, text: nodesText(nodes) };
    },
  },
  {
    name: "node",
    args: "<node>",
    about: "one node, with what each type of its actors has done",
    takes: "node",
    run: async (client, [name]) => {
      const report = await client.node(named(name, "node"));
      return { json: report, text: nodeText(report) };
    },
  },
  {
    name: "actors",
    args: "<node>[/<path>]",
    about: "the actors of a node as a tree, or of it those below one",
    takes: "actor",
    run: async (client, [where]) => {
      const { node, path } = partsOf(named(where, "node"));
      const list = await client.actors(node, path);
      return { json: list, text: actorsText(list.actors, list.total) };
    },
  },
  {
    name: "state",
    args: "<node>/<path>",
    about: "the state of an actor",
    takes: "actor",
    run: async (client, [where]) => {
      const text = await client.state(actorAt(where));
      return { json: { text }, text };
    },
  },
  acting("pause", "let an actor handle nothing, until it is resumed"),
  acting("resume", "let it go on"),
  acting("restart", "end an actor's life and begin its next; what waits for it stays"),
  acting("stop", "end an actor for good, with those below it"),
  {
    name: "dead-letters",
    args: "<node> [<most>]",
    about: `messages that nobody handled, the newest ${DEFAULT_LETTERS} unless told otherwise`,
    takes: "node",
    run: async (client, [node, most]) => {
      const answer = await client.deadLetters(named(node, "node"), countOf(most));
      return { json: answer, text: lettersText(answer.letters, answer.total) };
    },
  },
  {
    name: "replay",
    args: "<node>",
    about: "tell a node's dead letters again to whoever lives under their paths now",
    takes: "node",
    run: async (client, [node]) => {
      const replayed = await client.replayDeadLetters(named(node, "node"));
      return { json: { replayed }, text: `${replayed} found somebody` };
    },
  },
];

function acting(action: ActorAction, about: string): AdminCommand {
  return {
    name: action,
    args: "<node>/<path>",
    about,
    takes: "actor",
    run: async (client, [where]) => {
      const actor = actorAt(where);
      await client.act(action, actor);
      return { json: { action, ...actor }, text: `${action}: ${actor.node}/${actor.path}` };
    },
  };
}

/** @throws CLI_USAGE */
export function adminCommand(name: string): AdminCommand {
  const found = ADMIN_COMMANDS.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw usageError(`there is no "${name}"; one of: ${ADMIN_COMMANDS.map((one) => one.name).join(", ")}`);
}

/** @throws CLI_USAGE */
export function actorAt(where: string | undefined): Whereabouts {
  const { node, path } = partsOf(named(where, "actor, as node/path"));
  if (path === null) throw usageError(`an actor is named as node/path, not ${node}`);
  return { node, path };
}

function partsOf(where: string): { readonly node: string; readonly path: string | null } {
  // An address may be named as it stands elsewhere, with its incarnation.
  const bare = where.replace(/#\d+$/, "");
  const cut = bare.indexOf("/");
  return cut === -1
    ? { node: bare, path: null }
    : { node: bare.slice(0, cut), path: bare.slice(cut + 1) || null };
}

function named(word: string | undefined, what: string): string {
  if (word !== undefined && word !== "") return word;
  throw usageError(`name the ${what}`);
}

function countOf(word: string | undefined): number {
  if (word === undefined) return DEFAULT_LETTERS;
  const count = Number(word);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_LETTERS) return count;
  throw usageError(`a number of letters is from 1 to ${MOST_LETTERS}, not ${word}`);
}
