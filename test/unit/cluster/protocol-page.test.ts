/** Holds cluster/PROTOCOL.md against the code: what is said there is so, and what there is is said. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MOST_ATTEMPTS } from "../../../actors/jobs/job-runner.ts";
import { ADMIN_SERVICE, adminEndpoints, type AdminParts } from "../../../cluster/admin/admin-endpoints.ts";
import { CLUSTER_ERRORS, Subjects } from "../../../cluster/index.ts";
import { jobEndpoints, nodeEndpoints } from "../../../cluster/jobs/job-endpoints.ts";
import { JOB_RIGHTS, LISTED, MOST_LISTED } from "../../../cluster/jobs/job-exchange.ts";
import { JOB_SCHEMA, PROGRESS_SCHEMA } from "../../../cluster/jobs/job-schema.ts";
import { JOB_APPROVALS, JOB_COMMANDS, JOB_STATES } from "../../../cluster/jobs/job.ts";
import { SERVICE_NAME } from "../../../cluster/jobs/job-service.ts";
import { BESIDE_BYTES, JOB_BUCKET, KEPT_DAYS } from "../../../cluster/jobs/job-store.ts";
import { JOB_STREAM } from "../../../cluster/jobs/stream-job-queue.ts";
import { APPEND, FENCE, STREAM } from "../../../cluster/journal/append-format.ts";
import { PRIORITIES } from "../../../cluster/queue/band-schedule.ts";
import { CLAIM } from "../../../cluster/queue/claim.ts";
import { ENVELOPE_VERSION, makeEnvelope, type MessageType } from "../../../cluster/queue/envelope.ts";
import { MOST_DEPTH, MOST_REQUEST_BYTES } from "../../../cluster/services/body.ts";
import type { EndpointSpec } from "../../../cluster/services/endpoint.ts";
import { HEADER_BYTES, MOST_AT_A_TIME, QUEUE_GROUP } from "../../../cluster/services/micro-service.ts";
import { statusOf } from "../../../cluster/services/service-error.ts";
import * as datagrams from "../../../runtime/nodes/datagram.ts";
import { VirtualClock } from "../../../runtime/testkit/index.ts";
import { readSource, sourceFiles } from "../../kit/repository.ts";

const PAGE = readSource("cluster/PROTOCOL.md");
const subjects = new Subjects("main");

/** The rows of the table whose first heading is that one, cells without their marks. */
function table(title: string, heading: string): readonly (readonly string[])[] {
  const section = PAGE.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? "";
  const lines = section.split("\n");
  const at = lines.findIndex((line) => new RegExp(`^\\| ${heading} +\\|`).test(line));
  assert.ok(at >= 0, `a table "${heading}" in "${title}"`);
  const end = lines.findIndex((line, index) => index > at && !line.startsWith("|"));
  return lines.slice(at + 2, end === -1 ? undefined : end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const bare = (cell: string): string => cell.replaceAll("`", "");
const first = (rows: readonly (readonly string[])[]): readonly string[] => rows.map(([cell]) => bare(cell!));

describe("the protocol page", () => {
  it("has every subject that there is, and no other", () => {
    const told = first(table("Subjects", "Subject")).flatMap((cell) => cell.split(", "));
    const made = SUBJECTS.map(([, subject]) => subject.replaceAll("%3C", "<").replaceAll("%3E", ">"));
    assert.deepEqual(
      told.filter((subject) => !subject.startsWith("$SRV")),
      made,
    );
    const methods = Object.getOwnPropertyNames(Subjects.prototype).filter((name) => name !== "constructor");
    const named = SUBJECTS.map(([name]) => name);
    assert.deepEqual(
      [...named, "stream", "bucket"].toSorted(),
      methods.toSorted(),
      "each method has its row",
    );
  });

  it("has the streams and buckets that the sources make", () => {
    const sources = sourceFiles("cluster").map(readSource).join("\n");
    const made = [...sources.matchAll(/\b(stream|bucket)\(([^)]*)\)/g)].flatMap(([, kind, given]) => {
      const what = NAMES[given!] ?? /^"(\w+)"$/.exec(given!)?.[1];
      return what === undefined ? [] : [kind === "stream" ? subjects.stream(what) : subjects.bucket(what)];
    });
    assert.deepEqual(first(table("Streams and buckets", "Name")).toSorted(), [...new Set(made)].toSorted());
    assert.match(PAGE, new RegExp(`${KEPT_DAYS} days`));
    const headers = first(table("Streams and buckets", "Header"));
    assert.deepEqual(headers, ["Nats-Msg-Id", CLAIM, APPEND, FENCE, STREAM]);
  });

  it("has every field of an envelope", () => {
    const payload = { task_id: "t", task_type: "t", data: null };
    const more = { auth_token: "secret", parent_message_id: "m" };
    const envelope = makeEnvelope({ sender_id: "a", receiver_id: "b", payload, ...more }, new VirtualClock());
    const rows = table("Envelopes", "Field");
    assert.deepEqual(first(rows).toSorted(), Object.keys(envelope).toSorted());
    const told = (name: string): string => bare(rows.find(([cell]) => bare(cell!) === name)![1]!);
    const namesIn = (text: string): readonly string[] => text.match(/\w+/g)!.toSorted();
    assert.deepEqual(namesIn(told("payload")), Object.keys(envelope.payload).toSorted());
    assert.deepEqual(namesIn(told("metadata")), Object.keys(envelope.metadata).toSorted());
    assert.match(told("priority"), new RegExp(`0 to ${PRIORITIES - 1},.*; ${envelope.priority} unless told`));
    assert.match(told("ttl_seconds"), new RegExp(`; ${envelope.ttl_seconds} unless told`));
    assert.match(PAGE, new RegExp(`of version ${ENVELOPE_VERSION.replaceAll(".", "\\.")}\\.`));
    for (const type of told("message_type").split(", ")) {
      const typed = makeEnvelope({ ...envelope, message_type: type as MessageType }, new VirtualClock());
      assert.equal(typed.message_type, type);
    }
  });

  it("has every endpoint of operators", () => {
    const parts = { subjects, system: { node: "<node>" } } as unknown as AdminParts;
    const made = adminEndpoints(parts).map(({ name, request }) => [name, fieldsOf(request)]);
    assert.deepEqual(
      table("Requests and replies", "Operator's").map((row) => row.map(bare)),
      made,
    );
    assert.match(PAGE, new RegExp(`operators' \`${ADMIN_SERVICE}\``));
  });

  it("has every endpoint with its subject, right and fields", () => {
    const own = nodeEndpoints(subjects, "<node>");
    const specs: readonly EndpointSpec[] = [
      ...Object.values(jobEndpoints(subjects, {})),
      ...Object.values(own),
    ];
    const rows = table("Requests and replies", "Endpoint").map((row) => row.map(bare));
    const made = specs.map((spec) => [
      spec.name,
      spec.subject.replaceAll("%3C", "<").replaceAll("%3E", ">"),
      spec.right,
      fieldsOf(spec.request),
      replyOf(spec.reply),
    ]);
    assert.deepEqual(rows, made);
    assert.deepEqual(
      Object.keys(JOB_RIGHTS),
      rows.slice(0, -2).map(([name]) => name),
    );
  });

  it("has the limits", () => {
    const values = table("Requests and replies", "Limit").map(([, value]) => Number(value));
    const most = [MOST_REQUEST_BYTES, MOST_DEPTH, MOST_AT_A_TIME, HEADER_BYTES, BESIDE_BYTES, MOST_LISTED];
    assert.deepEqual(values, [...most, MOST_ATTEMPTS]);
    assert.match(PAGE, new RegExp(`newest first, ${LISTED} unless`));
    assert.match(PAGE, new RegExp(`Clients' service is called \`${SERVICE_NAME}\``));
    assert.match(PAGE, new RegExp(`queue group \`${QUEUE_GROUP}\``));
  });

  it("has every field of a job and of its progress, in their order", () => {
    const jobs = table("Jobs", "Field");
    assert.deepEqual(first(jobs), Object.keys(JOB_SCHEMA["properties"] as object));
    const progress = PAGE.slice(PAGE.indexOf("Progress is JSON"), PAGE.indexOf("## Envelopes"));
    const fields = [...progress.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    assert.deepEqual(fields, Object.keys(PROGRESS_SCHEMA["properties"] as object));
    const listed = (name: string): string => bare(jobs.find(([cell]) => bare(cell!) === name)![1]!);
    assert.equal(listed("state"), JOB_STATES.join(", "));
    assert.equal(listed("command"), JOB_COMMANDS.join(", "));
    assert.equal(listed("approval"), JOB_APPROVALS.join(", "));
  });

  it("has every code that a service answers with, and its status", () => {
    const rows = table("Codes", "Code").map(([code, status]) => [bare(code!), Number(status)] as const);
    for (const [code, status] of rows) {
      const fault =
        code === "UNEXPECTED" ? "internal" : CLUSTER_ERRORS[code as keyof typeof CLUSTER_ERRORS].fault;
      assert.equal(statusOf({ code, fault }), status, code);
    }
    // What a client says by itself, and what ends up in a job's error.
    const elsewhere = [
      "SERVICE_SILENT",
      "SERVICE_FORBIDDEN",
      "SERVICE_REPLY_INVALID",
      "JOB_RESULT_TOO_LARGE",
    ];
    const answered = Object.keys(CLUSTER_ERRORS).filter(
      (code) => /^(?:REQUEST|REPLY|SERVICE|STORE|JOB)_/.test(code) && !elsewhere.includes(code),
    );
    assert.deepEqual(rows.map(([code]) => code).toSorted(), [...answered, "UNEXPECTED"].toSorted());
  });

  it("has the head of a datagram as it is written, and its kinds", () => {
    const [kind, from, to, number, taken] = [2, 0x0a0b0c0d, 0x01020304, 7, 9];
    const bytes = Buffer.from(
      datagrams.writeDatagram({ kind, more: true, from, to, number, taken }, new Uint8Array(0)),
    );
    const rows = table("Datagrams between nodes", "At");
    const read = rows.map(([at, size, field]) => [bare(field!), bytes.readUIntLE(Number(at), Number(size))]);
    const version = datagrams.VERSION;
    assert.deepEqual(Object.fromEntries(read), {
      magic: 0x4d,
      version,
      kind,
      more: 1,
      from,
      to,
      number,
      taken,
    });
    assert.equal(
      rows.reduce((sum, [, size]) => sum + Number(size), 0),
      datagrams.HEAD_BYTES,
    );
    const { HELLO, FRAMES, ITEM, ALIVE, AGAIN, BYE } = datagrams;
    const kinds = table("Datagrams between nodes", "Kind").map(([value, name]) => [
      bare(name!),
      Number(value),
    ]);
    assert.deepEqual(Object.fromEntries(kinds), { HELLO, FRAMES, ITEM, ALIVE, AGAIN, BYE });
  });
});

/** One call of each method, in the order of the page. */
const SUBJECTS: readonly (readonly [method: string, subject: string])[] = [
  ["datagram", subjects.datagram("<node>", "<from>")],
  ["datagramsTo", subjects.datagramsTo("<node>")],
  ["admin", subjects.admin("<node>", "<what>")],
  ["trace", subjects.trace("<token>")],
  ["jobs", subjects.jobs("<what>")],
  ["jobProgress", subjects.jobProgress("<job>")],
  ["jobWork", subjects.jobWork()],
  ["node", subjects.node("<node>", "<what>")],
  ["inboxes", subjects.inboxes("<node>")],
  ["journal", subjects.journal("<stream>")],
  ["journals", subjects.journals],
  ["snapshot", subjects.snapshot("<stream>")],
  ["snapshots", subjects.snapshots],
  ["task", subjects.task("<queue>", 0).replace(/0$/, "<priority>")],
  ["tasks", subjects.tasks("<queue>")],
  ["deadLetter", subjects.deadLetter("<queue>", "<id>")],
  ["deadLetters", subjects.deadLetters("<queue>")],
  ["allDeadLetters", subjects.allDeadLetters],
];

/** What stands in the sources for the name of a stream or bucket. */
const NAMES: Readonly<Record<string, string>> = {
  JOB_STREAM,
  JOB_BUCKET,
  "`QUEUE_${name}`": "QUEUE_<queue>",
};

interface ObjectSchema {
  readonly required?: readonly string[];
  readonly properties?: object;
}

/** `{ needed, optional? }` */
function fieldsOf(schema: ObjectSchema): string {
  const names = Object.keys(schema.properties ?? {});
  if (names.length === 0) return "{}";
  return `{ ${names.map((name) => (schema.required?.includes(name) === true ? name : `${name}?`)).join(", ")} }`;
}

const replyOf = (schema: ObjectSchema): string => (schema === JOB_SCHEMA ? "a job" : fieldsOf(schema));
