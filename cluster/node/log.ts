/**
 * What a node tells of itself: one entry a line, JSON for machines or text for people. Entries hold data, and no
 * secret: what is secret is put out of every text before it is written.
 *
 *     {"time":"2026-01-02T03:04:05.678Z","level":"warn","node":"a","message":"NATS is lost","cause":"…"}
 */
import { encodeError, systemClock, type Clock } from "../../runtime/contracts/index.ts";
import type { LogFormat, LogLevel } from "./node-config.ts";

/** What is told beside the message. An Error stands there as its code, its message and its hint. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Of the node that tells. */
  readonly node: string;
  /** Texts that are shown nowhere. */
  readonly secrets?: readonly string[];
  readonly write: (line: string) => void;
  readonly clock?: Clock;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];
const MOST_CHARACTERS = 8_192;

export function openLog(options: LogOptions): Log {
  const { level: least, format, write, clock = systemClock, secrets = [] } = options;
  const hidden = secrets.filter((secret) => secret !== "");
  const tell = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    const entry = {
      time: new Date(clock.now()).toISOString(),
      level,
      node: options.node,
      message,
      ...fields,
    };
    const shown = plain(entry, hidden, level === "debug" || least === "debug");
    write(`${format === "json" ? JSON.stringify(shown) : textOf(shown)}\n`);
  };
  return {
    debug: (message, fields) => tell("debug", message, fields),
    info: (message, fields) => tell("info", message, fields),
    warn: (message, fields) => tell("warn", message, fields),
    error: (message, fields) => tell("error", message, fields),
  };
}

/** As data that JSON can hold; never throws. */
function plain(entry: LogFields, hidden: readonly string[], withStack: boolean): LogFields {
  const shown = (_key: string, value: unknown): unknown => {
    if (typeof value === "string")
      return shorten(hidden.reduce((text, secret) => text.replaceAll(secret, "…"), value));
    if (typeof value === "bigint") return String(value);
    return value instanceof Error ? dataOf(value, withStack) : value;
  };
  try {
    return JSON.parse(JSON.stringify(entry, shown)) as LogFields;
  } catch {
    const { time, level, node, message } = entry;
    return { time, level, node, message, fields: "could not be shown" };
  }
}

function dataOf(error: Error, withStack: boolean): LogFields {
  const { code, message, hint, location, stack, cause } = encodeError(error);
  return {
    code,
    message,
    ...(hint === null ? {} : { hint }),
    ...(location === null ? {} : { location }),
    ...(cause === null ? {} : { cause: `${cause.code}: ${cause.message}` }),
    ...(withStack ? { stack } : {}),
  };
}

const shorten = (text: string): string =>
  text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;

function textOf({ time, level, node, message, ...fields }: LogFields): string {
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${wordOf(value)}`);
  const begin = `${String(time).slice(11, 23)} ${String(level).padEnd(5)} ${String(node)} ${String(message)}`;
  return oneLine(begin + rest.join(""));
}

function wordOf(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value);
}

/** What comes from outside must not move a terminal's cursor, or pass for another line. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
