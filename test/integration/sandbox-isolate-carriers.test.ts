/**
 * What the carriers hold when the language does not: the child's script is replaced by one that has all of
 * the runtime's interfaces, as hostile code would have after breaking out of the locked-down realm.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { spawn } from "node:child_process";
import { before, describe, it } from "node:test";
import type { Readable, Writable } from "node:stream";
import { carriersHere } from "../../kernels/sandbox/isolate-carrier.ts";
import type { Carrier } from "../../kernels/sandbox/isolate-carrier.ts";
import type { CarrierName } from "../kit/carriers.ts";
import { whyMissing } from "../kit/carriers.ts";
import { ROOT } from "../kit/repository.ts";

const limits = { memoryMb: 128, cpuSeconds: 1, diskMb: 1, wallSeconds: 5 };

function carrierNamed(name: CarrierName): Carrier {
  return carriersHere().find(({ isolation }) => isolation.carrier === name)!;
}

/** Runs `script`'s body with the runtime's `require` in the carrier; resolves with what it `say`s, and its end. */
async function breakOut(
  carrier: Carrier,
  body: string,
): Promise<{ readonly said: string; readonly code: number }> {
  const script =
    "exports.runChild = (request, require) => { const fs = require('node:fs');" +
    "const say = (text) => fs.writeSync(3, text + ' ');" +
    "const attempt = (name, act) => { try { act(); say(name); } catch { say('no-' + name); } };" +
    `${body} };`;
  const [file, ...args] = carrier.command(limits, 1);
  const child = spawn(file!, args, { env: {}, stdio: ["pipe", "ignore", "ignore", "pipe", "pipe", "pipe"] });
  const filter = child.stdio.at(-1) as unknown as Writable;
  filter.on("error", () => undefined).end(carrier.filter ?? undefined);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(script));
  const request = Buffer.from("\u0002\0\0\0{}");
  child.stdin!.end(Buffer.concat([length, Buffer.from(script), request]));
  let said = "";
  (child.stdio[3] as Readable).setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  (child.stdio[4] as Readable).resume();
  const [code] = (await once(child, "close")) as [number | null];
  return { said: said.trim(), code: code ?? -1 };
}

const FILES = `
  attempt("read-secret", () => fs.readFileSync("/etc/passwd"));
  attempt("read-project", () => fs.readFileSync(${JSON.stringify(`${ROOT}/package.json`)}));
  attempt("list-root", () => { if (!fs.readdirSync("/").some((name) => name === "home" || name === "root")) throw 1; });
  attempt("write-tmp", () => fs.writeFileSync("/tmp/myriad-escape", "x"));
  attempt("write-root", () => fs.writeFileSync("/myriad-escape", "x"));
  attempt("write-runtime", () => fs.appendFileSync(process.execPath, ""));
  attempt("make-folder", () => fs.mkdirSync("/myriad-folder"));`;

const PROCESSES = `
  const cp = require("node:child_process");
  attempt("shell", () => { if (cp.spawnSync("/bin/sh", ["-c", "true"]).status !== 0) throw 1; });
  attempt("kill-parent", () => { if (process.ppid === ${process.pid} || process.ppid === 0) throw 1; process.kill(process.ppid, 0); });
  attempt("kill-host", () => process.kill(${process.pid}, 0));`;

function connectTo(port: number): string {
  return `
    require("node:net").connect(${port}, "127.0.0.1")
      .on("connect", () => { say("connected"); process.exit(); })
      .on("error", () => { say("no-connection"); process.exit(); });`;
}

for (const name of ["bubblewrap", "permission"] as const) {
  const missing = process.platform === "linux" ? await whyMissing(name) : "only tried on Linux";
  describe(`code that has broken out, in ${name},`, { skip: missing ?? false }, () => {
    let carrier: Carrier;
    let held: (what: string) => boolean;
    before(() => {
      carrier = carrierNamed(name);
      held = (what) => carrier.isolation.enforced.includes(what);
    });

    it("reads and writes no file", async (test) => {
      if (!held("filesystem")) {
        test.skip("the carrier says that it does not hold this");
        return;
      }
      const { said } = await breakOut(carrier, FILES);
      const expected =
        "no-read-secret no-read-project no-list-root no-write-tmp no-write-root no-write-runtime no-make-folder";
      assert.equal(said, expected);
    });

    it("starts no program", async (test) => {
      if (!held("processes")) {
        test.skip("the carrier says that it does not hold this");
        return;
      }
      const { said } = await breakOut(carrier, PROCESSES);
      assert.match(said, /^no-shell /);
    });

    it("reaches the network only where the carrier says so", async () => {
      const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { said } = await breakOut(carrier, connectTo((server.address() as AddressInfo).port));
      server.close();
      assert.equal(said === "connected", !held("network"));
    });

    it("sees nothing of the host's environment", async () => {
      const { said } = await breakOut(carrier, "say(Object.keys(process.env).join());");
      assert.doesNotMatch(said, /PATH|HOME|USER/);
    });

    it("is ended by the kernel when its CPU time is used up and nobody watches", async () => {
      const { code } = await breakOut(carrier, "say('on'); for (;;);");
      assert.ok([-1, 137, 152].includes(code), `exit code ${code}`);
    });
  });
}

const missing = process.platform === "linux" ? await whyMissing("bubblewrap") : "only on Linux";
describe("code that has broken out, in bubblewrap,", { skip: missing ?? false }, () => {
  it("sees no process but its own, and cannot signal the host", async () => {
    const { said } = await breakOut(carrierNamed("bubblewrap"), PROCESSES);
    assert.equal(said, "no-shell no-kill-parent no-kill-host");
  });

  it("cannot multiply: copies of the runtime die with it", async () => {
    const body = `
      const cp = require("node:child_process");
      cp.spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: [0, 1, 2, 3] }).unref();
      setTimeout(() => { say("left"); process.exit(); }, 100);`;
    // The pipe on descriptor 3 closes only when no process of the sandbox holds it any more.
    assert.equal((await breakOut(carrierNamed("bubblewrap"), body)).said, "left");
  });

  it("holds no descriptor but the standard ones and its own pipe", async () => {
    const body = `for (let fd = 0; fd < 64; fd++) { try { const s = fs.fstatSync(fd);
      if (s.isFIFO() || s.isSocket() || s.isFile() || s.isCharacterDevice()) say(fd + (s.isSocket() ? "s" : "")); } catch {} }`;
    const { said } = await breakOut(carrierNamed("bubblewrap"), body);
    const sockets = said.split(" ").filter((fd) => fd.endsWith("s"));
    assert.deepEqual(sockets, ["0s", "3s"]);
  });
});
