/** A way to a server on which answers can be held back and the connection cut, so that what was done is not known. */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

export class DeafProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [near: Socket, far: Socket]>();
  #isDeaf = false;

  private constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, "127.0.0.1");
      const pair = [near, far] as const;
      this.#pairs.add(pair);
      near.on("data", (data) => far.write(data));
      far.on("data", (data) => {
        if (!this.#isDeaf) near.write(data);
      });
      const end = (): void => {
        this.#pairs.delete(pair);
        near.destroy();
        far.destroy();
      };
      for (const side of pair) side.on("error", end).on("close", end);
    });
  }

  static async open(port: number): Promise<DeafProxy> {
    const proxy = new DeafProxy(port);
    await new Promise<void>((resolve) => void proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on nothing comes back. */
  deafen(): void {
    this.#isDeaf = true;
  }

  /** Cuts all connections; new ones are as they should be. */
  cut(): void {
    this.#isDeaf = false;
    for (const [near] of this.#pairs) near.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
