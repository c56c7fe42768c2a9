/** How NATS is reached. What is secret here is never logged, and goes into no message, stream or error. */
import { isBetween, isObject, isText } from "../../runtime/contracts/index.ts";
import { check } from "../errors.ts";

/** How a connection shows who it is. */
export type NatsAuth =
  | { readonly user: string; readonly password: string }
  | { readonly token: string }
  /** Files that hold nothing else; a newline at the end is none of it. */
  | { readonly user: string; readonly passwordFile: string }
  | { readonly tokenFile: string }
  /** A file that holds the seed of an nkey. */
  | { readonly nkeySeedFile: string }
  /** A file of credentials, as `nsc` writes them. */
  | { readonly credsFile: string };

/** Paths of PEM files. */
export interface NatsTls {
  /** Of who signs the servers' certificates; default: the authorities that Node trusts. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** TLS before the first byte of NATS; the servers must be set up for it. Default: false. */
  readonly handshakeFirst?: boolean;
}

/** How a NATS connection is made. */
export interface NatsOptions {
  /** `host:port`, `nats://host:port` or `tls://host:port`; any of them leads to the same cluster. */
  readonly servers: readonly string[];
  /** How the servers' own tools show this connection; default: `myriad`. */
  readonly name?: string;
  readonly auth?: NatsAuth;
  readonly tls?: NatsTls;
  /**
   * What subjects of replies begin with; default: `_INBOX`. One that only this user may subscribe to keeps replies
   * from others.
   */
  readonly inboxPrefix?: string;
  /** Milliseconds in which a first server must be reached; default: 10,000. Lost later, it is sought for ever. */
  readonly connectMs?: number;
}

const LONGEST_MS = 2 ** 31 - 1;
const AUTHS: readonly (readonly string[])[] = [
  ["user", "password"],
  ["token"],
  ["user", "passwordFile"],
  ["tokenFile"],
  ["nkeySeedFile"],
  ["credsFile"],
];

/** @throws CLUSTER_OPTION_INVALID, which never shows what is secret. */
export function checkNatsOptions(options: NatsOptions): void {
  check(isObject(options), "CLUSTER_OPTION_INVALID", "The options of NATS are an object", options);
  const { servers, auth, tls, name = "", inboxPrefix = "_INBOX", connectMs = 1 } = options;
  const isList = Array.isArray(servers) && servers.length > 0 && servers.every(isAddress);
  check(isList, "CLUSTER_OPTION_INVALID", "servers are addresses like 127.0.0.1:4222", hideSecrets(servers));
  check(isText(name), "CLUSTER_OPTION_INVALID", "name is a text", name);
  const isPrefix = isText(inboxPrefix) && /^[\w$%-]+(?:\.[\w$%-]+)*$/.test(inboxPrefix);
  check(isPrefix, "CLUSTER_OPTION_INVALID", "inboxPrefix is a subject without wildcards", inboxPrefix);
  check(
    isAuth(auth),
    "CLUSTER_OPTION_INVALID",
    "auth is a user with password, a token or a file",
    "what was given",
  );
  check(tls === undefined || isTls(tls), "CLUSTER_OPTION_INVALID", "tls holds paths of PEM files", tls);
  check(isBetween(connectMs, 1, LONGEST_MS), "CLUSTER_OPTION_INVALID", "connectMs is 1 or more", connectMs);
}

/** The client takes no credentials out of an address, so none may stand there, where logs would show them. */
function isAddress(given: unknown): boolean {
  if (!isText(given) || !/^(?:(?:nats|tls):\/\/)?[^\s/@?#]+$/.test(given)) return false;
  return URL.canParse(`nats://${given.replace(/^\w+:\/\//, "")}`);
}

function isAuth(given: unknown): boolean {
  if (given === undefined) return true;
  if (!isObject(given)) return false;
  const all = Object.entries(given);
  const keys = all
    .map(([key]) => key)
    .toSorted()
    .join(" ");
  return (
    AUTHS.some((names) => names.toSorted().join(" ") === keys) && all.every(([, value]) => isText(value))
  );
}

function isTls(given: unknown): boolean {
  if (!isObject(given)) return false;
  return Object.entries(given).every(([key, value]) =>
    key === "handshakeFirst"
      ? typeof value === "boolean"
      : ["ca", "cert", "key"].includes(key) && isText(value),
  );
}

function hideSecrets(servers: unknown): unknown {
  return Array.isArray(servers) ? servers.map((one) => String(one).replace(/[^/]*@/, "…@")) : servers;
}
