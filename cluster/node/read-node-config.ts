/**
 * A node's configuration: defaults, then a YAML or JSON file, then the environment, then flags; of a field that is
 * set more than once the last one holds. Everything is checked before anything is started. A refusal names the field
 * and where it stands (`node.yaml:3`, `MYRIAD_NODE_THREADS`, `--threads`), and never shows what was given there,
 * since it may be a secret in the wrong place.
 *
 * Paths in a file are relative to it, others to the working directory. Nothing here opens the files that they name.
 */
import { dirname, resolve } from "node:path";
import type { NatsAuth, NatsTls } from "../nats/nats-options.ts";
import { clusterError } from "../errors.ts";
import { ConfigFile, environmentSettings, flagSettings } from "./config-sources.ts";
import type { FlagText, Settings } from "./config-sources.ts";
import { nodeNameOfHost } from "./node-config.ts";
import type { LogFormat, LogLevel, NodeConfig, NodeJobs } from "./node-config.ts";

/** Where a configuration comes from; each part may be missing. */
export interface NodeConfigSources {
  /** Of YAML or JSON; relative to the directory. */
  readonly file?: string;
  /** Default: none of it is read. */
  readonly environment?: NodeJS.ProcessEnv;
  readonly flags?: readonly FlagText[];
  /** Default: the working directory. */
  readonly directory?: string;
}

/** @throws NODE_CONFIG_UNREADABLE, NODE_CONFIG_INVALID */
export function readNodeConfig(sources: NodeConfigSources = {}): NodeConfig {
  const { file, environment = {}, flags = [], directory = process.cwd() } = sources;
  const path = file === undefined ? null : resolve(directory, file);
  const layers = [
    ...(path === null ? [] : [absolute(new ConfigFile(path).settings(), dirname(path))]),
    absolute(environmentSettings(environment), directory),
    absolute(flagSettings(flags), directory),
  ];
  return complete(layers.reduce(over, new Map()), directory);
}

const PATHS: readonly string[] = [
  "state",
  "app",
  "jobs.root",
  ...["passwordFile", "tokenFile", "nkeySeedFile", "credsFile"].map((key) => `nats.${key}`),
  ...["ca", "cert", "key"].map((key) => `nats.tls.${key}`),
];

function absolute(settings: Settings, directory: string): Settings {
  return new Map(
    [...settings].map(([field, { value, from }]) => [
      field,
      { value: PATHS.includes(field) ? resolve(directory, value as string) : value, from },
    ]),
  );
}

const PASSWORDS: readonly string[] = ["nats.password", "nats.passwordFile"];
const WAYS_IN: readonly string[] = [
  ...PASSWORDS,
  "nats.token",
  "nats.tokenFile",
  "nats.nkeySeedFile",
  "nats.credsFile",
];

/** The later one holds; and a way of signing in takes the place of every earlier one. */
function over(before: Settings, after: Settings): Settings {
  const way = WAYS_IN.find((field) => after.has(field));
  const replaced = way === undefined ? [] : PASSWORDS.includes(way) ? WAYS_IN : [...WAYS_IN, "nats.user"];
  return new Map([...[...before].filter(([field]) => !replaced.includes(field)), ...after]);
}

function complete(settings: Settings, directory: string): NodeConfig {
  const value = <Value>(field: string, otherwise: Value): Value =>
    (settings.get(field)?.value as Value | undefined) ?? otherwise;
  const auth = authOf(settings);
  const tls = tlsOf(settings);
  return {
    name: value("name", nodeNameOfHost()),
    cluster: value("cluster", "main"),
    threads: value("threads", 0),
    state: value("state", resolve(directory, ".myriad")),
    app: value<string | null>("app", null),
    nats: {
      servers: value<readonly string[]>("nats.servers", ["127.0.0.1:4222"]),
      connectMs: value("nats.connectMs", 10_000),
      ...(auth === null ? {} : { auth }),
      ...(tls === null ? {} : { tls }),
    },
    health: { host: value("health.host", "127.0.0.1"), port: value("health.port", 7422) },
    member: {
      roles: value<readonly string[]>("member.roles", []),
      capacity: value("member.capacity", 1),
      leaseMs: value("member.leaseMs", 5_000),
      replicas: value("member.replicas", 1),
    },
    jobs: jobsOf(settings),
    drainMs: value("drainMs", 30_000),
    log: {
      level: value<LogLevel>("log.level", "info"),
      format: value<LogFormat | null>("log.format", null),
    },
  };
}

/** @throws NODE_CONFIG_INVALID: two ways at once, or half of one */
function authOf(settings: Settings): NatsAuth | null {
  const ways = WAYS_IN.filter((field) => settings.has(field));
  const [way, second] = ways;
  const user = settings.get("nats.user");
  if (second !== undefined) throw refuse(`${way!} and ${second} are two ways of signing in`, second);
  if (way === undefined) {
    if (user === undefined) return null;
    throw refuse("nats.user has no password: nats.passwordFile, or MYRIAD_NODE_NATS_PASSWORD", "nats.user");
  }
  const key = way.slice("nats.".length);
  const isPassword = PASSWORDS.includes(way);
  if (isPassword && user === undefined) throw refuse(`${way} goes with nats.user`, way);
  if (!isPassword && user !== undefined) throw refuse(`nats.user does not go with ${way}`, "nats.user");
  const given = { [key]: settings.get(way)!.value };
  return (isPassword ? { user: user!.value, ...given } : given) as NatsAuth;

  function refuse(message: string, field: string): Error {
    return clusterError("NODE_CONFIG_INVALID", message, { location: settings.get(field)!.from });
  }
}

/** @throws NODE_CONFIG_INVALID: more about jobs, and no root */
function jobsOf(settings: Settings): NodeJobs | null {
  const root = settings.get("jobs.root");
  const [other] = [...settings].filter(([field]) => field.startsWith("jobs.") && field !== "jobs.root");
  if (root === undefined) {
    if (other === undefined) return null;
    const location = other[1].from;
    throw clusterError("NODE_CONFIG_INVALID", `${other[0]} goes with jobs.root`, { location });
  }
  const value = <Value>(field: string, otherwise: Value): Value =>
    (settings.get(`jobs.${field}`)?.value as Value | undefined) ?? otherwise;
  return {
    root: root.value as string,
    commands: value("commands", false),
    replicas: value("replicas", 1),
    lostMs: value("lostMs", 30_000),
  };
}

function tlsOf(settings: Settings): NatsTls | null {
  const own = [...settings].filter(([field]) => field.startsWith("nats.tls."));
  if (own.length === 0) return null;
  const [cert, key] = ["nats.tls.cert", "nats.tls.key"].map((field) => settings.get(field));
  if ((cert === undefined) !== (key === undefined)) {
    const location = (cert ?? key)!.from;
    throw clusterError("NODE_CONFIG_INVALID", "nats.tls.cert and nats.tls.key go together", { location });
  }
  return Object.fromEntries(own.map(([field, { value }]) => [field.slice("nats.tls.".length), value]));
}
