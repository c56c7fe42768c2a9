/** `myriad node` as a process manager meets it. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { EXECUTABLE, myriad, startMyriad } from "../../kit/cli.ts";
import { eventually } from "../../kit/eventually.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";
import { openNotifySocket } from "../../kit/notify-socket.ts";

const APP = fileURLToPath(new URL("../../kit/node-app.js", import.meta.url));

interface Entry {
  readonly level: string;
  readonly message: string;
  readonly health?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

function entriesOf(stderr: string): readonly Entry[] {
  return stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Entry);
}

describe("myriad node", { concurrency: 2 }, () => {
  const secret = "hunter2-never-shown";
  let test: NatsForTest;
  let cwd = "";
  before(async () => {
    test = await openNats(1, [`authorization { users: [{ user: node, password: "${secret}" }] }`]);
    cwd = mkdtempSync(join(tmpdir(), "myriad-node-process-"));
    writeFileSync(join(cwd, "password"), `${secret}\n`);
    const nats = { servers: [test.server.url], user: "node", passwordFile: "password" };
    writeFileSync(join(cwd, "node.json"), JSON.stringify({ nats, app: APP, health: { port: 0 } }));
  });
  after(async () => {
    await test.close();
    rmSync(cwd, { recursive: true, force: true });
  });

  const node = (name: string, ...more: readonly string[]): readonly string[] => [
    "node",
    "--config",
    "node.json",
    "--name",
    name,
    ...more,
  ];
  const noted = (name: string): string => readFileSync(join(cwd, ".myriad", `${name}.ends`), "utf8");

  it("logs JSON lines, answers over HTTP, and drains on SIGTERM with exit code 0", async () => {
    const running = startMyriad(node("terminated"), { cwd });
    await running.said(/"message":"ready"/);
    const { health } = entriesOf(running.stderr()).find(({ message }) => message === "ready")!;
    assert.equal((await fetch(`${health!}/ready`)).status, 200);
    running.child.kill("SIGTERM");
    const ended = await running.ended;
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(ended.stdout, "");
    const own = ["ready", "draining", "stopped"];
    const messages = entriesOf(ended.stderr).map(({ message }) => message);
    // Of other nodes it tells as well, those of the tests beside it.
    assert.deepEqual(
      messages.filter((message) => own.includes(message)),
      own,
    );
    assert.equal(noted("terminated"), "drain\nclose\n");
    assert.ok(!ended.stderr.includes(secret));
  });

  it("ends at once on a second signal, with exit code 130", async () => {
    const running = startMyriad(node("hasty", "--json"), { cwd, env: { TEST_NODE: "slow" } });
    await running.said(/"message":"ready"/);
    running.child.kill("SIGINT");
    await running.said(/"message":"draining"/);
    running.child.kill("SIGINT");
    const { code, stdout } = await running.ended;
    assert.equal(code, 130);
    const document = JSON.parse(stdout) as { readonly error: { readonly code: string } };
    assert.equal(document.error.code, "ENDED_AT_ONCE");
  });

  it("ends with exit code 4 when the drain is given up", async () => {
    const running = startMyriad(node("slow", "--drain-ms", "100", "--json"), {
      cwd,
      env: { TEST_NODE: "slow" },
    });
    await running.said(/"message":"ready"/);
    running.child.kill("SIGTERM");
    const { code, stdout } = await running.ended;
    assert.equal(code, 4);
    const document = JSON.parse(stdout) as {
      readonly drained: boolean;
      readonly error: { readonly code: string };
    };
    assert.deepEqual([document.drained, document.error.code], [false, "NODE_DRAIN_DEADLINE"]);
    assert.equal(noted("slow"), "drain\nclose\n");
  });

  it("logs what nobody foresaw, and ends with exit code 4", async () => {
    const ended = await myriad(node("crashing"), { cwd, env: { TEST_NODE: "crash" } });
    assert.equal(ended.code, 4);
    const last = entriesOf(ended.stderr).at(-1)!;
    assert.equal(last.message, "the process has crashed");
    assert.equal(last.error?.message, "a surprise");
  });

  it("ends with exit code 4 when NATS is out of reach, or refuses it", async () => {
    const away = ["node", "--nats", "127.0.0.1:9", "--health-port", "0", "--app", APP, "--name", "away"];
    const ended = await myriad(away, { cwd, env: { MYRIAD_NODE_NATS_CONNECT_MS: "100" } });
    assert.equal(ended.code, 4);
    assert.equal(entriesOf(ended.stderr).at(-1)!.error?.code, "NATS_UNREACHABLE");
    const wrong = { MYRIAD_NODE_NATS_PASSWORD: "wrong-password" };
    const refused = await myriad(node("refused"), { cwd, env: wrong });
    assert.equal(refused.code, 4);
    assert.equal(entriesOf(refused.stderr).at(-1)!.error?.code, "NATS_REFUSED");
    assert.doesNotMatch(refused.stderr, /wrong-password/);
  });

  it("ends with exit code 2 when the configuration is wrong, and says where", async () => {
    const { code, stderr } = await myriad(node("wrong", "--threads", "many"), { cwd });
    assert.equal(code, 2);
    assert.match(stderr, /error NODE_CONFIG_INVALID: threads must be integer\n {2}at --threads/);
    const missing = await myriad(node("wrong", "--app", "nowhere.js"), { cwd });
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /NODE_CONFIG_UNREADABLE: app names.*nowhere\.js/);
    writeFileSync(join(cwd, "none.mjs"), "export const nothing = 1;");
    const none = await myriad(node("wrong", "--app", "none.mjs"), { cwd });
    assert.equal(none.code, 2);
    assert.equal(entriesOf(none.stderr).at(-1)!.error?.code, "NODE_APP_INVALID");
  });

  it("only checks its configuration with --check", async () => {
    const good = await myriad(node("checked", "--check", "--json"), { cwd });
    assert.equal(good.code, 0, good.stderr);
    const document = JSON.parse(good.stdout) as { readonly config: { readonly name: string } };
    assert.equal(document.config.name, "checked");
    assert.ok(!good.stdout.includes(secret));
    const bad = await myriad(["node", "--check", "--threads", "2"], { cwd });
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /NODE_CONFIG_INVALID: threads go with app/);
  });

  it("tells systemd that it is ready, that it lives, and that it stops", async (context) => {
    const socket = openNotifySocket();
    if (socket === null) {
      context.skip("koffi is not installed");
      return;
    }
    const env = { NOTIFY_SOCKET: socket.address, WATCHDOG_USEC: "200000" };
    const running = startMyriad(node("systemd"), { cwd, env });
    const beats = (): number => socket.lines().filter((line) => line === "WATCHDOG=1").length;
    await eventually("three signs of life", () => beats() >= 3);
    assert.deepEqual(socket.lines().slice(0, 2), ["READY=1", "STATUS=ready, in cluster main"]);
    running.child.kill("SIGTERM");
    assert.equal((await running.ended).code, 0);
    assert.ok(socket.lines().includes("STOPPING=1"));
    socket.close();
  });

  it("tells pm2 that it is ready, and outlives it", async () => {
    const child = fork(EXECUTABLE, node("pm2"), { cwd, stdio: ["ignore", "ignore", "ignore", "ipc"] });
    const message = await new Promise((resolve) => child.once("message", resolve));
    assert.equal(message, "ready");
    child.disconnect();
    const exit = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
    child.kill("SIGTERM");
    assert.equal(await exit, 0);
  });

  it("drains when what it is tethered to is gone", async () => {
    const child = fork(EXECUTABLE, node("tethered", "--tethered"), {
      cwd,
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    const message = await new Promise((resolve) => child.once("message", resolve));
    assert.equal((message as { kind?: string }).kind, "ready");
    const exit = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
    child.disconnect();
    assert.equal(await exit, 0);
    assert.equal(noted("tethered"), "drain\nclose\n");
  });
});
