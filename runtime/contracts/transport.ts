/**
 * Carries datagrams between the nodes of a cluster. Little is asked of it: what arrives is whole and was sent
 * to this node. It may lose datagrams, bring them twice or out of order; the runtime mends that above it.
 */
export interface Transport {
  /** The longest datagram that it carries, in bytes; at least 1,024. */
  readonly maxBytes: number;
  /** From now on `received` gets what is sent to `node`. Called once, before anything is sent. */
  open(node: string, received: (from: string, datagram: Uint8Array) => void): void;
  /** Sends, or loses it in silence. Never waits, never throws; the bytes are not changed afterwards. */
  send(to: string, datagram: Uint8Array): void;
  /** Nothing is received from now on. */
  close(): void;
}
