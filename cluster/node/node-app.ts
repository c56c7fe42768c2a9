/**
 * The module that a node's actors come from. Every node and every thread of a cluster imports the same one:
 *
 *     export const app = defineApp({ actors: [orders], module: import.meta.url });
 *     export function start(node) { … }     // optional: once, before the node says that it is ready
 */
import { pathToFileURL } from "node:url";
import { isFunction, isObject } from "../../runtime/contracts/index.ts";
import { defineApp, type App } from "../../runtime/index.ts";
import { clusterError } from "../errors.ts";
import type { ClusterNode } from "./cluster-node.ts";

/** What a node runs. */
export interface NodeApp {
  readonly app: App;
  /** Spawns what the node begins with, and adds the parts that drain with it. */
  readonly start?: (node: ClusterNode) => void | Promise<void>;
}

/** @param path absolute; null: no actor types. @throws NODE_APP_INVALID */
export async function loadNodeApp(path: string | null): Promise<NodeApp> {
  if (path === null) return { app: defineApp({ actors: [] }) };
  const { app, start } = await imported(path);
  if (!isObject(app) || !("actors" in app) || !(app.actors instanceof Map)) {
    throw clusterError("NODE_APP_INVALID", `${path} exports no app made by defineApp`, { location: path });
  }
  if (start !== undefined && !isFunction(start)) {
    throw clusterError("NODE_APP_INVALID", `start of ${path} is no function`, { location: path });
  }
  return { app, ...(start === undefined ? {} : { start }) } as NodeApp;
}

async function imported(path: string): Promise<{ readonly app?: unknown; readonly start?: unknown }> {
  try {
    const module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
    return { app: module["app"] ?? module["default"], start: module["start"] };
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw clusterError("NODE_APP_INVALID", `${path} cannot be loaded: ${what}`, { location: path, cause });
  }
}
