/** What hostile commands are tempted with: real files, sockets and processes of this machine. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bait } from "./commands.ts";

export interface LaidBait extends Bait {
  /** @returns what was reached: empty when nothing was. */
  taken(): readonly string[];
  close(): void;
}

export async function layBait(): Promise<LaidBait> {
  const folder = mkdtempSync(join(tmpdir(), "myriad-bait-"));
  const secretFile = join(folder, "secret");
  const mark = `${process.pid}${Math.floor(Math.random() * 1e6)}`;
  const secret = `bait-${mark}`;
  writeFileSync(secretFile, secret, { mode: 0o644 });
  process.env["MYRIAD_BAIT"] = secret;
  let visits = 0;
  const visit = (): void => {
    visits++;
  };
  const byPort = await listening(createServer(visit), 0);
  const byName = await listening(createServer(visit), `\0${secret}`);
  const sleeper = spawn("sleep", ["infinity"], { stdio: "ignore" });
  // Beyond an hour, so that no other sleeper of this machine is meant.
  const marker = `${1e5 + (Number(mark) % 1e5)}`;
  return {
    secretFile,
    secret,
    port: (byPort.address() as AddressInfo).port,
    abstractSocket: secret,
    pid: sleeper.pid!,
    marker,
    taken: () => [
      ...(visits > 0 ? [`${visits} connections`] : []),
      ...(sleeper.exitCode !== null || sleeper.signalCode !== null
        ? ["a process of the host was ended"]
        : []),
      ...(readFileSync(secretFile, "utf8") === secret ? [] : ["a file of the host was changed"]),
      ...runningWith(marker).map((pid) => `process ${pid} was left running`),
    ],
    close: () => {
      byPort.close();
      byName.close();
      sleeper.kill();
      rmSync(folder, { recursive: true });
      delete process.env["MYRIAD_BAIT"];
    },
  };
}

function listening(server: Server, where: number | string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const settled = (): void => resolve(server);
    server.once("error", reject);
    if (typeof where === "string") server.listen(where, settled);
    else server.listen(where, "127.0.0.1", settled);
  });
}

function runningWith(word: string): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      try {
        return (
          Number.isInteger(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").includes(word)
        );
      } catch {
        return false;
      }
    });
}
