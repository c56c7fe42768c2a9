import { isBetween, isObject, isTransport, type Transport } from "../contracts/index.ts";
import { check } from "../errors.ts";

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
const LONGEST_MS = 2 ** 31 - 1;

/** @throws NODES_INVALID */
export function nodeRules(options: NodeOptions): NodeRules {
  check(isObject(options), "NODES_INVALID", "The options of nodes are an object", options);
  const { transport, aliveMs = 1_000, lostMs = 5_000 } = options;
  check(isTransport(transport), "NODES_INVALID", "transport is a Transport", transport);
  const { maxBytes } = transport;
  const isRoomy = isBetween(maxBytes, LEAST_DATAGRAM_BYTES, Infinity);
  check(isRoomy, "NODES_INVALID", "maxBytes of a transport is 1,024 or more", maxBytes);
  check(isBetween(aliveMs, 10, LONGEST_MS), "NODES_INVALID", "aliveMs is 10 or more", aliveMs);
  check(
    isBetween(lostMs, 2 * aliveMs, LONGEST_MS),
    "NODES_INVALID",
    "lostMs is twice aliveMs or more",
    lostMs,
  );
  return { transport, aliveMs, lostMs };
}
