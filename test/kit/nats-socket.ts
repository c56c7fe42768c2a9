/** A client of NATS that is nothing but a socket and the text protocol. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface RawReply {
  /** As it came, `NATS/1.0` first; empty: none. */
  readonly headers: string;
  readonly body: string;
}

const MS = 60_000;

export class NatsSocket {
  readonly #socket: Socket;
  #received = "";
  #subscriptions = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // One character a byte: what is counted in bytes can be cut as text.
    socket.setEncoding("latin1").on("data", (text: string) => {
      this.#received += text;
      socket.emit("more");
    });
  }

  /** @param url as `nats://127.0.0.1:4222` */
  static async open(url: string): Promise<NatsSocket> {
    const { hostname, port } = new URL(url);
    const client = new NatsSocket(connect(Number(port), hostname));
    client.#socket.write('CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nPING\r\n');
    await client.#read(/^PONG\r\n/);
    return client;
  }

  async request(subject: string, body: string): Promise<RawReply> {
    const id = ++this.#subscriptions;
    const inbox = `_INBOX.raw.${id}`;
    this.#socket.write(`SUB ${inbox} ${id}\r\nUNSUB ${id} 1\r\n`);
    this.#socket.write(`PUB ${subject} ${inbox} ${Buffer.byteLength(body)}\r\n${body}\r\n`);
    const [, verb, sizes] = await this.#read(/^(H?MSG) \S+ \d+ (\d+(?: \d+)?)\r\n/);
    const [head = 0, total = 0] = verb === "HMSG" ? sizes!.split(" ").map(Number) : [0, Number(sizes)];
    const text = await this.#bytes(total + 2);
    return { headers: text.slice(0, head), body: text.slice(head, total) };
  }

  close(): void {
    this.#socket.destroy();
  }

  async #read(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      this.#received = this.#received.replace(/^(?:INFO \{.*\} ?\r\n)+/, "");
      if (this.#received.startsWith("PING\r\n")) {
        this.#received = this.#received.slice("PING\r\n".length);
        this.#socket.write("PONG\r\n");
      }
      const found = pattern.exec(this.#received);
      if (found !== null) {
        this.#received = this.#received.slice(found[0].length);
        return found;
      }
      if (/^-ERR/.test(this.#received)) throw new Error(this.#received);
      await once(this.#socket, "more", { signal: AbortSignal.timeout(MS) });
    }
  }

  async #bytes(count: number): Promise<string> {
    while (this.#received.length < count) {
      await once(this.#socket, "more", { signal: AbortSignal.timeout(MS) });
    }
    const text = this.#received.slice(0, count);
    this.#received = this.#received.slice(count);
    return text;
  }
}
