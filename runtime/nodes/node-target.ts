/** Stands for an actor of another node. */
import { windowOf } from "../inflow.ts";
import type { MyriadError } from "../contracts/index.ts";
import type { Foreign } from "../threads/frames.ts";
import type { Mesh } from "../threads/mesh.ts";
import { RemoteTarget, type RemoteIdentity } from "../threads/remote.ts";

export interface FarIdentity extends RemoteIdentity {
  readonly foreign: Foreign;
}

export class NodeTarget extends RemoteTarget {
  constructor(mesh: Mesh, identity: FarIdentity) {
    super(mesh, identity, identity.foreign.incarnation);
  }

  /** Its node can be reached no more. It may live on, so what is sent to it next is tried again. */
  unreachable(error: MyriadError): void {
    if (this.gone !== null) return;
    this.credit = windowOf(this.limits.capacity);
    this.signal({ kind: "failed", error });
  }
}
