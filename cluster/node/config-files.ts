/** Whether the files that a configuration names can be read. */
import { accessSync, constants } from "node:fs";
import { clusterError } from "../errors.ts";
import type { NodeConfig } from "./node-config.ts";

/** @throws NODE_CONFIG_UNREADABLE */
export function requireFiles({ app, nats: { auth, tls } }: NodeConfig): void {
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
