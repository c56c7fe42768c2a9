/** Clients that are not ours: a bare socket, a program in C; and what users of different rights can do. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { connectClient, type MyriadClient } from "../../../cluster/client/index.ts";
import { Subjects, type NatsOptions } from "../../../cluster/index.ts";
import { openJobs } from "../../../actors/jobs/jobs.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { openJobsForTest, ScriptedSystem, STAIRS, type JobsForTest } from "../../kit/jobs.ts";
import { NatsSocket } from "../../kit/nats-socket.ts";
import { openNats, type NatsForTest } from "../../kit/nats.ts";
import { readSource, ROOT } from "../../kit/repository.ts";

const BURST = { command: "burst", task: STAIRS } as const;
const PROVED = { verdict: "improved", success: true, diff: "- a\n+ b\n" } as const;

/** null: there is all that it takes. */
function withoutC(): string | null {
  if (spawnSync("gcc", ["--version"]).status !== 0) return "there is no gcc";
  const found = spawnSync("gcc", ["-E", "-xc", "-include", "nats/nats.h", "/dev/null"]);
  return found.status === 0 ? null : "there is no libnats-dev";
}

describe("clients of other kinds", () => {
  let test: NatsForTest;
  let jobs: JobsForTest;
  before(async () => {
    test = await openNats();
    jobs = await openJobsForTest(test);
    await jobs.node("a", new ScriptedSystem("a", () => Promise.resolve(PROVED)));
  });
  after(async () => {
    await jobs.close();
    await test.close();
  });

  it("find the service, submit and ask by a socket and text alone", async () => {
    const socket = await NatsSocket.open(test.server.url.replace(/^(?!nats:)/, "nats://"));
    const json = async (subject: string, body: string): Promise<Record<string, unknown>> =>
      JSON.parse((await socket.request(subject, body)).body) as Record<string, unknown>;
    const ping = await json("$SRV.PING.myriad", "");
    assert.equal(ping["type"], "io.nats.micro.v1.ping_response");
    assert.deepEqual(ping["metadata"], { cluster: jobs.subjects.cluster, node: "a" });
    const { endpoints } = (await json("$SRV.INFO.myriad", "")) as {
      readonly endpoints: readonly { readonly name: string; readonly subject: string }[];
    };
    const subjectOf = (name: string): string => endpoints.find((one) => one.name === name)!.subject;
    const job = await json(subjectOf("submit"), JSON.stringify(BURST));
    assert.equal(job["state"], "pending");
    const status = await json(subjectOf("status"), JSON.stringify({ job: job["id"] }));
    assert.equal(status["id"], job["id"]);
    const refused = await socket.request(subjectOf("submit"), "{");
    assert.match(refused.headers, /^NATS\/1\.0\r\n[^]*Nats-Service-Error-Code: ?400\r\n/);
    assert.match(refused.body, /"code":"REQUEST_UNREADABLE"/);
    socket.close();
  });

  it("written as docs/clients.md shows come to a change that is approved", async () => {
    const [, shown = ""] = /```ts\n([^]*?)```/.exec(readSource("docs/clients.md")) ?? [];
    const library = new URL("../../../cluster/client/index.js", import.meta.url).href;
    const program = join(test.folder, "shown.mjs");
    const there = shown
      .replace("myriad-runtime/client", library)
      .replace("127.0.0.1:4222", test.server.url)
      .replace('"main"', JSON.stringify(jobs.subjects.cluster));
    await writeFile(program, there);
    const { stdout } = await promisify(execFile)(process.execPath, [program]);
    assert.match(stdout, /waiting null null null\n$/);
    const { jobs: listed } = await jobs.client.list({ command: "run" });
    assert.deepEqual(
      listed.map(({ state, approval }) => [state, approval]),
      [["done", "given"]],
    );
  });

  const missing = withoutC();
  const skip = missing !== null && missing;
  it(
    `written in C submit, follow and get the result${missing === null ? "" : ` (skipped: ${missing})`}`,
    { skip },
    async () => {
      const program = join(test.folder, "client");
      const source = join(ROOT, "test", "fixtures", "cluster", "client.c");
      const built = spawnSync("gcc", ["-Wall", "-Werror", "-o", program, source, "-lnats"], {
        encoding: "utf8",
      });
      assert.equal(built.status, 0, built.stderr);
      const submission = JSON.stringify(BURST);
      const { stdout } = await promisify(execFile)(program, [
        test.server.url,
        jobs.subjects.cluster,
        submission,
      ]);
      assert.match(
        stdout,
        /^ping io\.nats\.micro\.v1\.ping_response\nsubmitted [0-9A-Z]{26}\nverdict improved\nerror 404\n$/,
      );
    },
  );
});

describe("the rights of docs/clients.md", () => {
  const USERS = ["node", "viewer", "developer", "reviewer"] as const;
  let test: NatsForTest;
  const clients = new Map<string, MyriadClient>();
  let close = (): Promise<void> => Promise.resolve();
  before(async () => {
    const [, block = ""] = /```\n(authorization \{[^]*?)```/.exec(readSource("docs/clients.md")) ?? [];
    const lines = block.replaceAll(/\$[A-Z]+_PASSWORD/g, "secret").split("\n");
    assert.ok(lines.length > 10);
    test = await openNats(1, lines);
    const optionsOf = (user: string): NatsOptions => ({
      servers: [test.server.url],
      auth: { user, password: "secret" },
      ...(user === "node" ? {} : { inboxPrefix: `_INBOX_${user}` }),
    });
    const nats = await test.connect(optionsOf("node"));
    const system = new ScriptedSystem("a", () => Promise.resolve(PROVED));
    const root = join(ROOT, "test", "fixtures", "cli");
    const node = await openJobs({ nats, subjects: new Subjects("main"), system, node: "a", root });
    for (const user of USERS) clients.set(user, await connectClient(optionsOf(user)));
    close = async () => {
      await Promise.all([...clients.values()].map((client) => client.close()));
      await node.close();
    };
  });
  after(async () => {
    await close();
    await test.close();
  });

  const as = (user: (typeof USERS)[number]): MyriadClient => clients.get(user)!;
  const forbidden = hasCode("SERVICE_FORBIDDEN");
  const RUN = { command: "run", task: STAIRS, approval: true } as const;

  it("let a viewer look and follow, and neither submit nor cancel nor approve", async () => {
    const { id } = await as("developer").submit(RUN);
    assert.equal((await as("viewer").ended(id)).state, "waiting");
    assert.equal((await as("viewer").list()).jobs.length, 1);
    assert.equal((await as("viewer").result(id)).document?.["verdict"], "improved");
    assert.equal((await as("viewer").node("a")).node, "a");
    await assert.rejects(as("viewer").submit(RUN), forbidden);
    await assert.rejects(as("viewer").cancel(id), forbidden);
    await assert.rejects(as("viewer").approve(id), forbidden);
  });

  it("let a developer submit and cancel, a reviewer approve, and neither do the other's", async () => {
    const [one, other] = [await as("developer").submit(RUN), await as("developer").submit(RUN)];
    await Promise.all([one, other].map(({ id }) => as("developer").ended(id)));
    await assert.rejects(as("developer").approve(one.id), forbidden);
    await assert.rejects(as("reviewer").submit(RUN), forbidden);
    await assert.rejects(as("reviewer").cancel(one.id), forbidden);
    assert.equal((await as("reviewer").approve(one.id)).state, "done");
    assert.equal((await as("developer").cancel(other.id)).state, "cancelled");
  });
});
