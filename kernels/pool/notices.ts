/** The port on which a running job tells of its start and its progress, and the deadline that its start begins. */
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import type { Clock, RunOptions } from "../../runtime/contracts/index.ts";
import type { Notice } from "./protocol.ts";

export interface Notices {
  /** The worker's end, to be transferred. */
  readonly port: MessagePort;
  /** Delivers what has arrived and was not yet delivered. */
  drain(): void;
  /** Ends the deadline and the port. */
  close(): void;
}

/** Null when the options ask for neither progress nor deadline: then a job costs no port. */
export function openNotices<Progress>(
  options: RunOptions<Progress>,
  clock: Clock,
  onDeadline: () => void,
): Notices | null {
  const { onProgress, deadlineMs } = options;
  if (onProgress === undefined && deadlineMs === undefined) return null;
  const { port1: mine, port2: port } = new MessageChannel();
  let cancelDeadline = (): void => undefined;
  const receive = (notice: Notice): void => {
    if (notice.kind === "progress") onProgress?.(notice.value as Progress);
    else if (deadlineMs !== undefined) cancelDeadline = clock.schedule(deadlineMs, onDeadline);
  };
  mine.on("message", receive);
  return {
    port,
    drain() {
      for (let next = receiveMessageOnPort(mine); next !== undefined; next = receiveMessageOnPort(mine)) {
        receive(next.message as Notice);
      }
    },
    close() {
      cancelDeadline();
      mine.close();
    },
  };
}
