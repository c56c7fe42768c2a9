/** The part of a node that operators ask and tell: its admin endpoints, as a NATS micro-service of its own. */
import type { Clock } from "../../runtime/contracts/index.ts";
import type { ActorSystem, NodeObserver } from "../../runtime/index.ts";
import type { Nats } from "../nats/connect.ts";
import type { Subjects } from "../nats/subjects.ts";
import { MicroService } from "../services/micro-service.ts";
import { ADMIN_SERVICE, adminEndpoints } from "./admin-endpoints.ts";
import { TraceDesk } from "./trace-desk.ts";

const VERSION = "1.0.0";

/** What a node gives its admin part. */
export interface AdminHost {
  readonly nats: Nats;
  readonly subjects: Subjects;
  readonly system: ActorSystem;
  readonly observer: NodeObserver;
  readonly clock: Clock;
}

/** Answers operators until it is closed. */
export class AdminPart {
  readonly name = "admin";
  readonly #service: MicroService;
  readonly #traces: TraceDesk;

  constructor({ nats, subjects, system, observer, clock }: AdminHost) {
    this.#traces = new TraceDesk(nats, subjects, observer, clock);
    this.#service = new MicroService(
      nats.connection,
      {
        name: ADMIN_SERVICE,
        version: VERSION,
        description: "What an operator may ask of one node, and tell it to do",
        metadata: { cluster: subjects.cluster, node: system.node },
        clock,
      },
      adminEndpoints({ subjects, system, observer, traces: this.#traces }),
    );
  }

  async close(): Promise<void> {
    this.#traces.close();
    await this.#service.close();
  }
}
