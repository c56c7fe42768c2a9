/** What stands in examples/deploy, tried: the server's configuration with its rights, the node's, and its app. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  connectNats,
  findNatsServer,
  loadNodeApp,
  openLog,
  readNodeConfig,
  startNatsServer,
  startNode,
  Subjects,
  type ClusterNode,
  type Nats,
  type NatsServer,
} from "../../../cluster/index.ts";
import type { ActorRef, Reply } from "../../../runtime/index.ts";
import { eventually } from "../../kit/eventually.ts";
import { ROOT } from "../../kit/repository.ts";

const DEPLOY = join(ROOT, "examples", "deploy");

interface Greeting {
  readonly name: string;
  readonly reply: Reply<string>;
}

describe("examples/deploy", { skip: !hasOpenssl() && "openssl makes the certificate" }, () => {
  let folder = "";
  let server: NatsServer;
  const nodes: ClusterNode[] = [];
  const warnings: string[] = [];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "myriad-deploy-"));
    certify(folder);
    server = await startNatsServer({
      binary: await findNatsServer(),
      folder: join(folder, "nats"),
      lines: serverLines(folder),
    });
    writeFileSync(join(folder, "wrong"), "password of nobody\n");
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.drain()));
    await server.stop("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(name: string): Promise<ClusterNode> {
    writeFileSync(join(folder, `password-${name}`), `password of ${name}\n`);
    const environment = {
      MYRIAD_NODE_NAME: name,
      MYRIAD_NODE_NATS_SERVERS: `tls://localhost:${server.port}`,
      MYRIAD_NODE_NATS_USER: name,
      MYRIAD_NODE_NATS_PASSWORD_FILE: join(folder, `password-${name}`),
      MYRIAD_NODE_NATS_TLS_CA: join(folder, "cert.pem"),
      MYRIAD_NODE_STATE: join(folder, "state"),
      MYRIAD_NODE_HEALTH_PORT: "0",
      MYRIAD_NODE_THREADS: "0",
    };
    const config = readNodeConfig({ file: join(DEPLOY, "node.yaml"), environment });
    assert.equal(config.app, join(DEPLOY, "app.js"));
    const log = openLog({
      level: "warn",
      format: "json",
      node: name,
      write: (line) => void warnings.push(line),
    });
    const node = await startNode({ ...(await loadNodeApp(config.app)), config, log });
    nodes.push(node);
    return node;
  }

  async function connect(user: string): Promise<Nats> {
    return await connectNats({
      servers: [`tls://localhost:${server.port}`],
      auth: { user, passwordFile: join(folder, `password-${user}`) },
      tls: { ca: join(folder, "cert.pem") },
      inboxPrefix: new Subjects("main").inboxes(user),
    });
  }

  it("has nodes answer each other over TLS, by users of their own", async () => {
    const [a] = [await start("a"), await start("b")];
    const greeter = (await a.system.find("b/greeter")) as ActorRef<Greeting> | null;
    const answer = await greeter?.ask<string>((reply) => ({ name: "Ada", reply }));
    assert.equal(answer, "Hello Ada, says b; you are number 1");
    assert.deepEqual(warnings, [], "nothing that a node does is refused");
  });

  it("lets a node say nothing in another's name, and hear nothing that is for another", async () => {
    const nats = await connect("b");
    const refused: string[] = [];
    void (async () => {
      for await (const status of nats.connection.status()) {
        if (status.type === "error") refused.push(status.error.message);
      }
    })();
    nats.connection.publish(new Subjects("main").datagram("a", "a"), "a lie");
    nats.connection.subscribe(new Subjects("main").datagramsTo("a"), { callback: () => undefined });
    nats.connection.subscribe("_INBOX.main.a.>", { callback: () => undefined });
    nats.connection.subscribe("myriad.>", { callback: () => undefined });
    await eventually("all four are refused", () => refused.length >= 4);
    assert.ok(
      refused.some((why) => /publish.*myriad\.main\.to\.a\.a/i.test(why)),
      refused.join("\n"),
    );
    await nats.close();
  });

  it("keeps out who has no password, and who takes the server for another", async () => {
    const servers = [`tls://localhost:${server.port}`];
    const tls = { ca: join(folder, "cert.pem") };
    await assert.rejects(connectNats({ servers, tls }), { code: "NATS_REFUSED" });
    const auth = { user: "a", passwordFile: join(folder, "wrong") };
    await assert.rejects(connectNats({ servers, tls, auth }), { code: "NATS_REFUSED" });
    await assert.rejects(connectNats({ servers, auth }), { code: "NATS_REFUSED" });
  });
});

function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function certify(folder: string): void {
  const words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=nats-1";
  const files = ["-addext", "subjectAltName=DNS:localhost", "-keyout", join(folder, "key.pem")];
  execFileSync("openssl", [...words.split(" "), ...files, "-out", join(folder, "cert.pem")], {
    stdio: "ignore",
  });
}

/** The example's own lines, with this machine's files and passwords in their places. */
function serverLines(folder: string): readonly string[] {
  const text = readFileSync(join(DEPLOY, "nats-server.conf"), "utf8");
  const own = /^(server_name|listen): .*$|^jetstream \{[^}]*\}$/gm;
  return text
    .replaceAll(own, "")
    .replace("/etc/nats/server-cert.pem", join(folder, "cert.pem"))
    .replace("/etc/nats/server-key.pem", join(folder, "key.pem"))
    .replace(/"\$2a\$11\$REPLACE[^"]*NODE\.A\.*"/, '"password of a"')
    .replace(/"\$2a\$11\$REPLACE[^"]*NODE\.B\.*"/, '"password of b"')
    .split("\n");
}
