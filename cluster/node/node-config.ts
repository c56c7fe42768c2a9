/** What a node is started with, and what holds where nothing is said. */
import { hostname } from "node:os";
import type { NatsAuth, NatsOptions } from "../nats/nats-options.ts";

/** What a node is started with: complete and checked. Made by `readNodeConfig`. */
export interface NodeConfig {
  readonly name: string;
  readonly cluster: string;
  /** Worker threads beside the main one. */
  readonly threads: number;
  /** Absolute. */
  readonly state: string;
  /** The module that exports the actor types; absolute. Null: there are none. */
  readonly app: string | null;
  readonly nats: NatsOptions;
  /** Port 0: a free one. */
  readonly health: { readonly host: string; readonly port: number };
  /** Null: it takes none. */
  readonly jobs: NodeJobs | null;
  readonly member: NodeMember;
  /** How long the node has to end in order. */
  readonly drainMs: number;
  readonly log: {
    readonly level: LogLevel;
    /** Null: text on a terminal, JSON elsewhere. */
    readonly format: LogFormat | null;
  };
}

/** What the other nodes are told of a node. */
export interface NodeMember {
  readonly roles: readonly string[];
  /** How much it can carry beside the others. */
  readonly capacity: number;
  /** Of silence, after which it has lost what it owns; the same on all nodes. */
  readonly leaseMs: number;
  /** On how many servers its announcements are kept. */
  readonly replicas: number;
}

/** How a node takes jobs of clients. */
export interface NodeJobs {
  /** All that jobs may name lies below it; absolute. */
  readonly root: string;
  readonly commands: boolean;
  /** On how many servers each job is kept. */
  readonly replicas: number;
  /** After which a job goes to another node whose node is silent. */
  readonly lostMs: number;
}

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFormat = "json" | "text";

/** The host's own name as a node's: what may not stand in one becomes a dash. */
export function nodeNameOfHost(host: string = hostname()): string {
  const name = host.replace(/[^A-Za-z0-9._-]/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return name.slice(0, 63) || "node";
}

/** Of a configuration: what is in no file of its own and may be shown nowhere. */
export function secretsOf({ nats: { auth } }: NodeConfig): readonly string[] {
  if (auth === undefined) return [];
  if ("password" in auth) return [auth.password];
  return "token" in auth ? [auth.token] : [];
}

/** A configuration for people: with the way of signing in, without what is secret. */
export function showConfig(config: NodeConfig): object {
  const { auth, ...nats } = config.nats;
  return { ...config, nats: { ...nats, ...(auth === undefined ? {} : { auth: shownAuth(auth) }) } };
}

function shownAuth(auth: NatsAuth): object {
  if ("password" in auth) return { user: auth.user, password: "(given)" };
  return "token" in auth ? { token: "(given)" } : auth;
}
