/** What of a configuration depends on the machine that it is for. */
import { accessSync, constants } from "node:fs";
import { clusterError } from "../errors.ts";
import type { NodeConfig } from "./node-config.ts";

/**
 * For a node whose actors come from a module: whether the files that are named can be read.
 * @throws NODE_CONFIG_UNREADABLE; NODE_CONFIG_INVALID for threads without a module that they could import
 */
export function requireFiles({ app, threads, nats: { auth, tls } }: NodeConfig): void {
  if (app === null && threads > 0) {
    throw clusterError("NODE_CONFIG_INVALID", "threads go with app, the module that they import");
  }
  const given = Object.entries({ ...(app === null ? {} : { app }), ...auth, ...tls });
  for (const [key, path] of given as readonly (readonly [string, string])[]) {
    if (!FILES.includes(key)) continue;
    try {
      accessSync(path, constants.R_OK);
    } catch (cause) {
      const message = `${key} names a file that cannot be read: ${path}`;
      throw clusterError("NODE_CONFIG_UNREADABLE", message, { location: path, cause });
    }
  }
}

const FILES: readonly string[] = [
  "app",
  "passwordFile",
  "tokenFile",
  "nkeySeedFile",
  "credsFile",
  "ca",
  "cert",
  "key",
];
