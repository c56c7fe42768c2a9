/** The commands for operators, their options and help, as commander sees them. Parsing only. */
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { ADMIN_COMMANDS } from "./admin-commands.ts";
import type { AddHere, ClusterOptions, NodeFlag } from "./cluster-program.ts";

interface ReachOptions extends ClusterOptions {
  readonly config?: string;
  readonly nats?: string;
  readonly cluster?: string;
}

interface Reach {
  readonly flags: readonly NodeFlag[];
  readonly options: ReachOptions;
}

export type AdminInvocation =
  | (Reach & { readonly command: "admin"; readonly name: string; readonly words: readonly string[] })
  | (Reach & { readonly command: "repl" })
  | (Reach & { readonly command: "top"; readonly everyMs: number; readonly once: boolean });

type Choose = (invocation: AdminInvocation) => void;

/** @param choose null: for the help alone */
export function addAdminCommands(add: AddHere, choose: Choose | null): void {
  addAdmin(add, choose);
  const repl = reach(add("repl", "talk to a running cluster, line by line", REPL_EXAMPLES, EXITS));
  if (choose !== null) {
    repl.action((options: ReachOptions) => choose({ command: "repl", ...reachOf(options) }));
  }
  addTop(add, choose);
}

function addAdmin(add: AddHere, choose: Choose | null): void {
  const admin = reach(
    add("admin", "say one thing to a running cluster", ADMIN_EXAMPLES, `${commandList()}\n${EXITS}`),
  )
    .argument("<command>", "one of those below")
    .argument("[words...]", "what it is about");
  if (choose === null) return;
  admin.action((name: string, words: readonly string[], options: ReachOptions) =>
    choose({ command: "admin", name, words, ...reachOf(options) }),
  );
}

function addTop(add: AddHere, choose: Choose | null): void {
  const top = reach(add("top", "watch a cluster's load, rates and slowest actors", TOP_EXAMPLES, EXITS))
    .addOption(
      new Option("--every <ms>", "milliseconds between two looks, from 200")
        .argParser(milliseconds)
        .default(2_000),
    )
    .option("--once", "look twice, print the rates between, and end; so does --json", false);
  if (choose === null) return;
  top.action((options: ReachOptions & { readonly every: number; readonly once: boolean }) =>
    choose({ command: "top", everyMs: options.every, once: options.once, ...reachOf(options) }),
  );
}

function reach(command: Command): Command {
  return command
    .option("--nats <addresses>", "of NATS servers, with commas; default: 127.0.0.1:4222")
    .option("--cluster <name>", "which cluster of those that share the servers; default: main")
    .option("--config <file>", "a node's configuration: its NATS and its cluster");
}

function reachOf(options: ReachOptions): Reach {
  const { nats, cluster } = options;
  const flags = [
    ...(nats === undefined ? [] : [{ flag: "--nats", field: "nats.servers", text: nats }]),
    ...(cluster === undefined ? [] : [{ flag: "--cluster", field: "cluster", text: cluster }]),
  ];
  return { flags, options };
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 200 && value <= 3_600_000) return value;
  throw new InvalidArgumentError("a whole number from 200 is wanted.");
}

function commandList(): string {
  const calls = ADMIN_COMMANDS.map(({ name, args, about }) => [`${name} ${args}`.trimEnd(), about] as const);
  const width = Math.max(...calls.map(([call]) => call.length));
  return `Commands:\n${calls.map(([call, about]) => `  ${call.padEnd(width)}  ${about}`).join("\n")}`;
}

const ADMIN_EXAMPLES = `  myriad admin nodes
  myriad admin actors node-1 --json
  myriad admin state node-1/orders/17
  myriad admin pause node-1/orders/17 --nats 10.0.0.1:4222 --cluster trial
  myriad admin dead-letters node-1 100 --config operator.yaml
`;

const REPL_EXAMPLES = `  myriad repl
  myriad repl --config operator.yaml
  echo "actors node-1" | myriad repl`;

const TOP_EXAMPLES = `  myriad top
  myriad top --every 5000
  myriad top --once
  myriad top --json`;

const EXITS = `
Credentials are those of a node's configuration: --config, or MYRIAD_NODE_NATS_* of the environment. NATS' permissions
on myriad.<cluster>.admin.> say who is an operator.

Exit codes: 0 said and done · 2 bad usage, no such node or actor, no right to it · 3 refused · 4 a fault · 130 ended by a signal`;
