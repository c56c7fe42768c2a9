/** What an address leads to when nobody lives there. */
import type { Address } from "./address.ts";
import type { Deadlines } from "./ask.ts";
import type { Host } from "./host.ts";
import type { Target } from "./ref.ts";
import type { SystemMessage } from "./system-message.ts";

export class Nobody implements Target {
  readonly address: Address;
  readonly deadlines: Deadlines;
  readonly #host: Host;

  constructor(host: Host, address: Address) {
    this.#host = host;
    this.address = address;
    this.deadlines = host.deadlines;
  }

  post(item: unknown): void {
    this.#host.undelivered(this, item, "unknown");
  }

  system(message: SystemMessage): void {
    if (message.kind !== "watch") return;
    message.watcher.system({ kind: "terminated", target: this, reason: { kind: "unknown" } });
  }
}
