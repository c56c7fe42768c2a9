/** A nats-server of a test's own, on a free port, with a folder that goes when it is closed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  connectNats,
  findNatsServer,
  startNatsServer,
  startNatsServers,
  type Nats,
  type NatsOptions,
  type NatsServer,
} from "../../cluster/index.ts";

export interface NatsForTest {
  readonly server: NatsServer;
  /** All of them; the first is `server`. */
  readonly servers: readonly NatsServer[];
  readonly folder: string;
  /** A connection that is closed with the servers. */
  connect(options?: Partial<NatsOptions>): Promise<Nats>;
  close(): Promise<void>;
}

/** @param count servers that replicate to each other, if more than one; @param lines of their configuration */
export async function openNats(count = 1, lines: readonly string[] = []): Promise<NatsForTest> {
  const folder = await mkdtemp(join(tmpdir(), "myriad-nats-"));
  const binary = await findNatsServer();
  const servers =
    count === 1
      ? [await startNatsServer({ binary, folder, lines })]
      : await startNatsServers(count, { binary, folder, lines });
  const connections: Nats[] = [];
  return {
    server: servers[0]!,
    servers,
    folder,
    async connect(options = {}) {
      const nats = await connectNats({
        servers: servers.map(({ url }) => url),
        connectMs: 60_000,
        ...options,
      });
      connections.push(nats);
      return nats;
    },
    async close() {
      await Promise.all(connections.map((nats) => nats.close()));
      await Promise.all(servers.map((server) => server.stop("SIGKILL")));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
