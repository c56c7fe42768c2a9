/**
 * One end of the MessagePort between two threads: the bell, and what travels beside the rings. Where the rings
 * are not in shared memory, the bell brings what is new in them.
 */
import { receiveMessageOnPort, type MessagePort, type Transferable } from "node:worker_threads";
import { runtimeError } from "../errors.ts";
import type { BesideItem } from "./frames.ts";
import type { BesidePort } from "./link.ts";
import type { Mirror, MirrorNews } from "./mirror.ts";

const BELL = 0;

/** What comes through the port. */
type Item = BesideItem | MirrorNews | typeof BELL;

export class PortEnd implements BesidePort {
  readonly #port: MessagePort;
  /** Came by the event loop before their frames were read. */
  readonly #early: BesideItem[] = [];

  readonly #mirror: Mirror | null;

  /** @param mirror null: the rings are in shared memory. */
  constructor(port: MessagePort, mirror: Mirror | null, onBell: () => void) {
    this.#port = port;
    this.#mirror = mirror;
    port.on("message", (item: Item) => {
      if (this.#keeps(item)) onBell();
    });
  }

  ring(): void {
    if (this.#mirror === null) {
      this.#port.postMessage(BELL);
      return;
    }
    const news = this.#mirror.news();
    if (news !== null) this.#port.postMessage(news, [news.bytes.buffer]);
  }

  /** Takes in what has come, though the event loop has not come round to it. */
  drain(): void {
    for (let item = this.#next(); item !== undefined; item = this.#next()) this.#keeps(item);
  }

  /** @returns whether it was the bell. */
  #keeps(item: Item): boolean {
    if (item === BELL) return true;
    if ("head" in item) {
      this.#mirror!.apply(item);
      return true;
    }
    this.#early.push(item);
    return false;
  }

  #next(): Item | undefined {
    const received = receiveMessageOnPort(this.#port) as { readonly message: Item } | undefined;
    return received?.message;
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
    for (;;) {
      const early = this.#early.shift();
      if (early !== undefined) return early;
      const item = this.#next();
      if (item === undefined) throw new Error("a frame's companion is not there");
      this.#keeps(item);
    }
  }

  close(): void {
    this.#port.close();
  }
}
