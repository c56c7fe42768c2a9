/**
 * Whoever has started this process and wants to know how it does:
 *
 *     systemd   READY=1, STATUS=…, STOPPING=1, and WATCHDOG=1 at half the interval while the node lives
 *     pm2       the message `ready`, which its `wait_ready` waits for
 */
import { systemClock, type Cancel, type Clock } from "../../runtime/contracts/index.ts";
import type { Log } from "./log.ts";
import { notifySocket, type Send } from "./notify-socket.ts";

export interface ServiceManager {
  ready(status: string): void;
  stopping(status: string): void;
  /** Gives signs of life as long as `isLive` says so. */
  watch(isLive: () => boolean): void;
  close(): void;
}

export interface ServiceManagerOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
  /** Where a message to the parent process goes; null: there is no channel to it. */
  readonly toParent?: ((message: string) => void) | null;
  readonly clock?: Clock;
}

export function serviceManager(options: ServiceManagerOptions): ServiceManager {
  const { environment, log, toParent = null, clock = systemClock } = options;
  const notify = notifier(environment["NOTIFY_SOCKET"] ?? "", log);
  const intervalMs = watchdogMs(environment);
  let next: Cancel = () => undefined;
  return {
    ready(status) {
      notify(`READY=1\nSTATUS=${status}`);
      toParent?.("ready");
    },
    stopping: (status) => notify(`STOPPING=1\nSTATUS=${status}`),
    watch(isLive) {
      if (intervalMs === null) return;
      const beat = (): void => {
        if (isLive()) notify("WATCHDOG=1");
        next = clock.schedule(intervalMs / 2, beat);
      };
      beat();
    },
    close: () => next(),
  };
}

/** Says once what does not work, and goes on without. */
function notifier(address: string, log: Log): (text: string) => void {
  const send: Send | null = address === "" ? null : notifySocket(address);
  if (send === null) {
    if (address !== "") log.warn("systemd cannot be notified", { why: "NOTIFY_SOCKET is no unix socket" });
    return () => undefined;
  }
  let isTold = false;
  return (text) =>
    send(text, (why) => {
      if (!isTold) log.warn("systemd cannot be notified", { why });
      isTold = true;
    });
}

/** Null: systemd watches nothing, or another process. */
function watchdogMs(environment: NodeJS.ProcessEnv): number | null {
  const micros = Number(environment["WATCHDOG_USEC"] ?? "");
  const pid = environment["WATCHDOG_PID"] ?? "";
  if (!(micros > 0) || (pid !== "" && Number(pid) !== process.pid)) return null;
  return micros / 1_000;
}
