/** What the commands of a cluster print: with `--json` one document, otherwise lines for people. */
import type { DocumentError } from "../actors/index.ts";
import type { WireError } from "../runtime/contracts/index.ts";
import type { OutputOptions, Streams } from "./output.ts";

interface Ending {
  readonly success: boolean;
  readonly error: DocumentError | null;
}

/** Of `myriad node`, when it has ended, or with `--check`. */
export interface NodeDocument extends Ending {
  readonly command: "node";
  /** As the node was, or would be, started with, without what is secret; null: it is not right. */
  readonly config: object | null;
  /** Null: no node has run. */
  readonly drained: boolean | null;
}

/** Of `myriad up`, when it is ready, or was not to be had. */
export interface UpDocument extends Ending {
  readonly command: "up";
  readonly cluster: string | null;
  /** The folder with all that it keeps. */
  readonly state: string | null;
  /** Since this process began. */
  readonly readyMs: number | null;
  readonly pid: number;
  /** Addresses of NATS. */
  readonly nats: readonly string[];
  readonly servers: readonly { readonly name: string; readonly url: string; readonly pid: number | null }[];
  readonly nodes: readonly UpNode[];
}

interface UpNode {
  readonly name: string;
  readonly pid: number | null;
  /** Where its health is served. */
  readonly health: string | null;
  readonly log: string;
}

/** Of `myriad nats-server`. */
export interface NatsServerDocument extends Ending {
  readonly command: "nats-server";
  readonly path: string | null;
  readonly version: string | null;
}

/** Of `myriad admin` and `myriad top`, and of `myriad repl` that came to nothing. */
export interface AdminDocument extends Ending {
  readonly command: "admin" | "repl" | "top";
  /** What the command asked for; its form is the command's. */
  readonly answer: unknown;
  /** The same for people; not printed with `--json`. */
  readonly text: string;
}

export type ClusterDocument = NodeDocument | UpDocument | NatsServerDocument | AdminDocument;

/** Of a command that came to nothing. */
export function failedDocument(command: ClusterDocument["command"], wire: WireError): ClusterDocument {
  const ending = { success: false, error: errorOf(wire) };
  switch (command) {
    case "node":
      return { command, ...ending, config: null, drained: null };
    case "up": {
      const nothing = { cluster: null, state: null, readyMs: null, nats: [], servers: [], nodes: [] };
      return { command, ...ending, ...nothing, pid: process.pid };
    }
    case "nats-server":
      return { command, ...ending, path: null, version: null };
    case "admin":
    case "repl":
    case "top":
      return { command, ...ending, answer: null, text: "" };
  }
}

export function errorOf({ code, message, hint, location }: WireError): DocumentError {
  return { code, message, hint, location };
}

export function printClusterDocument(
  document: ClusterDocument,
  { json, quiet }: OutputOptions,
  { stdout, stderr }: Streams,
): void {
  if (json) {
    stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  stdout.write(clusterText(document, quiet));
  // Of a node that was begun the log has told it.
  const isLogged = document.command === "node" && document.config !== null;
  if (document.error !== null && !isLogged) stderr.write(errorText(document.error));
}

function errorText({ code, message, hint, location }: DocumentError): string {
  const lines = [
    `error ${code}: ${message}`,
    ...(location === null ? [] : [`  at ${location}`]),
    ...(hint === null ? [] : [`  ${hint}`]),
  ];
  return `${plainText(lines.join("\n"))}\n`;
}

/** What a log, a file's name or a stranger's node holds must not move the terminal's cursor. */
export function plainText(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, "\ufffd");
}

function clusterText(document: ClusterDocument, quiet: boolean): string {
  if (document.error !== null || quiet) return "";
  switch (document.command) {
    case "node":
      return document.drained === null ? "the configuration is right\n" : "";
    case "up":
      return upText(document);
    case "nats-server":
      return `nats-server ${document.version ?? ""} at ${document.path ?? ""}\n`;
    case "admin":
    case "repl":
    case "top":
      return `${plainText(document.text)}\n`;
  }
}

function upText({ cluster, state, readyMs, nats, servers, nodes }: UpDocument): string {
  const rows = [
    ...(servers.length === 0 ? [["nats", nats.join(", "), "", "not started here"]] : []),
    ...servers.map(({ name, url, pid }) => [name, url, `pid ${pid ?? "-"}`, state ?? ""]),
    ...nodes.map(({ name, pid, health, log }) => [name, `${health ?? ""}/ready`, `pid ${pid ?? "-"}`, log]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const took = ((readyMs ?? 0) / 1_000).toFixed(1);
  return `${lines.join("\n")}\ncluster ${cluster ?? ""} was ready after ${took} s; Ctrl-C ends it\n`;
}
