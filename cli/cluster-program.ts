/** The commands of a cluster, their options and help, as commander sees them. Parsing only. */
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { addAdminCommands, type AdminInvocation } from "./admin-program.ts";

/** A setting of a node as the command line has it; see the schema of its configuration. */
export interface NodeFlag {
  readonly flag: string;
  readonly field: string;
  readonly text: string;
}

export interface ClusterOptions {
  readonly json: boolean;
  readonly quiet: boolean;
}

export interface NodeOptions extends ClusterOptions {
  readonly config?: string;
  readonly check: boolean;
  readonly tethered: boolean;
}

export interface UpOptions extends ClusterOptions {
  readonly nodes: number;
  readonly servers: 1 | 3;
  readonly nats?: readonly string[];
  readonly cluster: string;
  readonly state: string;
}

export type ClusterInvocation =
  | { readonly command: "node"; readonly flags: readonly NodeFlag[]; readonly options: NodeOptions }
  | { readonly command: "up"; readonly flags: readonly NodeFlag[]; readonly options: UpOptions }
  | { readonly command: "nats-server"; readonly install: boolean; readonly options: ClusterOptions }
  | AdminInvocation;

type Add = (parent: Command, name: string, description: string, examples: string, exits: string) => Command;

/** The flags that set a field of a node's configuration, and of which commands they are. */
const SETTINGS: readonly (readonly [
  flag: string,
  value: string,
  field: string,
  help: string,
  of: "node" | "both",
])[] = [
  ["--name", "name", "name", "unique in the cluster; default: the host's name", "node"],
  ["--cluster", "name", "cluster", "which cluster of those that share the servers; default: main", "node"],
  ["--nats", "addresses", "nats.servers", "of NATS servers, with commas; default: 127.0.0.1:4222", "node"],
  ["--app", "module", "app", "exports the actor types as app; default: none", "both"],
  ["--threads", "n", "threads", "worker threads beside the main one; default: 0", "both"],
  ["--state", "directory", "state", "where the node keeps what outlives it; default: .myriad", "node"],
  ["--jobs", "folder", "jobs.root", "takes jobs of clients, about what lies there; default: none", "both"],
  ["--health-host", "address", "health.host", "where health is served; default: 127.0.0.1", "node"],
  ["--health-port", "n", "health.port", "0: a free one; default: 7422", "node"],
  ["--roles", "names", "member.roles", "what the node is for, with commas; default: nothing special", "both"],
  ["--replicas", "n", "member.replicas", "1, 3 or 5 servers keep what nodes announce; default: 1", "node"],
  ["--drain-ms", "n", "drainMs", "milliseconds to end in order; default: 30000", "both"],
  ["--log-level", "level", "log.level", "debug, info, warn or error; default: info", "both"],
  ["--log-format", "format", "log.format", "json or text; default: text on a terminal", "node"],
];

/** @param choose null: for the help alone */
export function addClusterCommands(program: Command, choose: Choose | null, json: boolean): void {
  const add: Add = (parent, name, description, examples, exits) =>
    parent.command(name).description(description).addHelpText("after", `\nExamples:\n${examples}\n${exits}`);
  const outputs = (command: Command): Command =>
    command
      .option("--json", "print exactly one JSON document on stdout", json)
      .option("--quiet", "print only what is wrong", false);
  const here: AddHere = (...texts) => outputs(add(program, ...texts));
  addNode(here, choose);
  addUp(here, choose);
  addAdminCommands(here, choose);
  addServer(here, (parent, ...texts) => outputs(add(parent, ...texts)), choose);
}

function addServer(here: AddHere, add: Add, choose: Choose | null): void {
  const server = here(
    "nats-server",
    "say which nats-server there is on this machine",
    SERVER_EXAMPLES,
    EXITS,
  );
  const install = add(
    server,
    "install",
    "fetch it with apt, without rights and without changing the system",
    INSTALL_EXAMPLES,
    EXITS,
  );
  if (choose === null) return;
  server.action((options: ClusterOptions) => choose({ command: "nats-server", install: false, options }));
  install.action((options: ClusterOptions) => choose({ command: "nats-server", install: true, options }));
}

type Choose = (invocation: ClusterInvocation) => void;
export type AddHere = (name: string, description: string, examples: string, exits: string) => Command;

function addNode(add: AddHere, choose: Choose | null): void {
  const command = add("node", "run a node of a cluster in the foreground", NODE_EXAMPLES, NODE_EXITS)
    .option(
      "--config <file>",
      "YAML or JSON; over it MYRIAD_NODE_* of the environment, and over these flags",
      file,
    )
    .option("--check", "say whether the configuration is right, and end", false)
    .option(
      "--tethered",
      "end when the process that has started this one, with an IPC channel, is gone",
      false,
    );
  settings(command, "node");
  if (choose === null) return;
  command.action((options: NodeOptions & Readonly<Record<string, unknown>>) =>
    choose({ command: "node", flags: flagsIn(options), options }),
  );
}

function addUp(add: AddHere, choose: Choose | null): void {
  const command = add("up", "run a cluster on this machine, for trying", UP_EXAMPLES, UP_EXITS)
    .addOption(new Option("--nodes <n>", "how many").argParser(whole(1, 64)).default(3))
    .addOption(
      new Option("--servers <n>", "own nats-servers: 1, or 3 that replicate")
        .argParser(oneOrThree)
        .default(1),
    )
    .addOption(
      new Option("--nats <addresses>", "use these servers, with commas, and start none").argParser(list),
    )
    .option("--cluster <name>", "its name", "main")
    .option("--state <directory>", "where all of it is kept", file, ".myriad/up");
  settings(command, "both");
  if (choose === null) return;
  command.action((options: UpOptions & Readonly<Record<string, unknown>>) =>
    choose({ command: "up", flags: flagsIn(options, "both"), options }),
  );
}

function settings(command: Command, of: "node" | "both"): void {
  for (const [flag, value, , help, whose] of SETTINGS) {
    if (of === "node" || whose === "both") command.option(`${flag} <${value}>`, help);
  }
}

/** As texts: the configuration says what is right. */
function flagsIn(
  options: Readonly<Record<string, unknown>>,
  of: "node" | "both" = "node",
): readonly NodeFlag[] {
  return SETTINGS.flatMap(([flag, , field, , whose]) => {
    const key = flag.slice(2).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    const text = options[key];
    return typeof text === "string" && (of === "node" || whose === "both") ? [{ flag, field, text }] : [];
  });
}

function file(text: string): string {
  if (text === "") throw new InvalidArgumentError("a path is wanted.");
  return text;
}

function list(text: string): readonly string[] {
  return text.split(",").map((item) => item.trim());
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`a whole number from ${least} to ${most} is wanted.`);
  };
}

function oneOrThree(text: string): 1 | 3 {
  if (text === "1" || text === "3") return text === "1" ? 1 : 3;
  throw new InvalidArgumentError("1 or 3 is wanted.");
}

const NODE_EXAMPLES = `  myriad node
  myriad node --config /etc/myriad/node.yaml
  myriad node --name a --nats 10.0.0.1:4222,10.0.0.2:4222 --app ./app.js --threads 2
  MYRIAD_NODE_NATS_PASSWORD=… myriad node --config node.yaml --check`;

const UP_EXAMPLES = `  myriad up
  myriad up --nodes 5 --servers 3
  myriad up --nodes 2 --app ./app.js --json
  myriad up --nats 10.0.0.1:4222 --cluster trial`;

const SERVER_EXAMPLES = `  myriad nats-server
  myriad nats-server install
  MYRIAD_NATS_SERVER=/opt/nats-server myriad nats-server --json`;

const INSTALL_EXAMPLES = `  myriad nats-server install`;

const EXITS = `
Exit codes: 0 there is one · 2 there is none, or it cannot be fetched · 4 internal fault`;

const NODE_EXITS = `
SIGTERM and SIGINT let it drain, a second one ends it at once.

Exit codes: 0 drained, or --check found nothing wrong · 2 the configuration is wrong, so that another start would
end no better · 4 a fault, such as NATS out of reach, or a drain that was given up · 130 ended at once`;

const UP_EXITS = `
Ctrl-C ends all of it. Nodes and servers that die are started again.

Exit codes: 0 ended by a signal · 2 bad usage · 4 it could not be started · 130 ended at once`;
