/** A node as a member of its cluster: tells how busy it is, and leaves when it drains, its shards handed over first. */
import { performance } from "node:perf_hooks";
import type { Cancel, Clock } from "../../runtime/contracts/index.ts";
import type { Membership } from "../membership/membership.ts";
import type { NodePart } from "./cluster-node.ts";
import type { Log } from "./log.ts";

const LOAD_MS = 1_000;

export class MemberPart implements NodePart {
  readonly name = "member";
  readonly #membership: Membership;
  readonly #clock: Clock;
  #next: Cancel = () => undefined;
  #isLeaving = false;

  constructor(membership: Membership, clock: Clock, log: Log) {
    this.#membership = membership;
    this.#clock = clock;
    this.#tellLoad(performance.eventLoopUtilization());
    membership.onChange((event) => {
      if (this.#isLeaving) return;
      if (event.kind === "lease-lost") log.warn("this node has lost its lease, and joins anew");
      else if (event.kind === "lease-held") log.info("this node is a member", { life: event.life });
      else if (event.kind !== "changed" && event.member.node !== membership.node) {
        log.info(WORDS[event.kind], { other: event.member.node, life: event.member.life });
      }
    });
  }

  isReady(): boolean {
    return this.#membership.lease?.isValid() ?? false;
  }

  async drain(): Promise<void> {
    this.#isLeaving = true;
    this.#next();
    await this.#membership.leave();
  }

  /** By how much of the time its main thread is at work. */
  #tellLoad(since: ReturnType<typeof performance.eventLoopUtilization>): void {
    this.#next = this.#clock.schedule(LOAD_MS, () => {
      const now = performance.eventLoopUtilization();
      this.#membership.setLoad(performance.eventLoopUtilization(now, since).utilization);
      this.#tellLoad(now);
    });
  }
}

const WORDS = {
  joined: "another node has joined",
  suspected: "another node is suspected to be gone",
  trusted: "another node is heard of again",
  gone: "another node is gone",
} as const;
