import type { Transport } from "../contracts/index.ts";
import { runtimeError } from "../errors.ts";

/** How a system reaches those of other nodes. */
export interface NodeOptions {
  /** Carries what they say to each other; used by this system alone. */
  readonly transport: Transport;
  /** Milliseconds between two signs of life; default 1,000, at least 10. */
  readonly aliveMs?: number;
  /** Milliseconds of silence after which a node counts as lost; default 5,000, at least twice `aliveMs`. */
  readonly lostMs?: number;
}

export type NodeRules = Required<NodeOptions>;

const LEAST_DATAGRAM_BYTES = 1_024;

/** @throws NODES_INVALID */
export function nodeRules({ transport, aliveMs = 1_000, lostMs = 5_000 }: NodeOptions): NodeRules {
  const wrong = !(aliveMs >= 10 && aliveMs < 2 ** 31)
    ? `aliveMs ${aliveMs}`
    : !(lostMs >= 2 * aliveMs && lostMs < 2 ** 31)
      ? `lostMs ${lostMs}`
      : transport.maxBytes >= LEAST_DATAGRAM_BYTES
        ? null
        : `a transport whose datagrams have ${transport.maxBytes} bytes`;
  if (wrong !== null) throw runtimeError("NODES_INVALID", `Nodes cannot have ${wrong}`);
  return { transport, aliveMs, lostMs };
}
