/** One end of the MessagePort between two threads: the bell, and what travels beside the rings. */
import { receiveMessageOnPort, type MessagePort, type Transferable } from "node:worker_threads";
import { runtimeError } from "../errors.ts";
import type { BesideItem } from "./frames.ts";
import type { BesidePort } from "./link.ts";

const BELL = 0;

export class PortEnd implements BesidePort {
  readonly #port: MessagePort;
  /** Came by the event loop before their frames were read. */
  readonly #early: BesideItem[] = [];

  constructor(port: MessagePort, onBell: () => void) {
    this.#port = port;
    port.on("message", (item: BesideItem | typeof BELL) => {
      if (item === BELL) onBell();
      else this.#early.push(item);
    });
  }

  ring(): void {
    this.#port.postMessage(BELL);
  }

  postMessage(item: unknown, moved: readonly ArrayBuffer[]): void {
    try {
      this.#port.postMessage(item, moved as readonly Transferable[] as Transferable[]);
    } catch (cause) {
      throw runtimeError("MESSAGE_UNSENDABLE", "A typed array of a message cannot go to another thread", {
        cause,
      });
    }
  }

  receive(): BesideItem {
    const early = this.#early.shift();
    if (early !== undefined) return early;
    for (;;) {
      const received = receiveMessageOnPort(this.#port) as { readonly message: BesideItem | 0 } | undefined;
      if (received === undefined) throw new Error("a frame's companion is not there");
      if (received.message !== BELL) return received.message;
    }
  }

  close(): void {
    this.#port.close();
  }
}
