/** What clients may ask about jobs and nodes, of which form request and reply are. */
import type { Subjects } from "../nats/subjects.ts";
import type { EndpointSpec } from "../services/endpoint.ts";
import { anonymous, orNull, record, text, type Schema } from "../services/schema.ts";
import { JOB_COMMANDS, JOB_STATES } from "./job.ts";
import { JOB_ENDPOINTS, JOB_RIGHTS, jobSubject, MOST_LISTED } from "./job-exchange.ts";
import type { JobEndpointName } from "./job-exchange.ts";
import { JOB_ID_SCHEMA, JOB_SCHEMA, requestSchema } from "./job-schema.ts";

/** @param task the JSON Schema of task documents. */
export function jobEndpoints(
  subjects: Subjects,
  task: Schema,
): Readonly<Record<JobEndpointName, EndpointSpec>> {
  const one = record({ job: text(64) });
  const request = requestSchema(anonymous(task));
  const forms: Readonly<Record<JobEndpointName, readonly [Schema, Schema]>> = {
    submit: [submissionSchema(anonymous(task)), JOB_SCHEMA],
    cancel: [one, JOB_SCHEMA],
    approve: [one, JOB_SCHEMA],
    status: [one, JOB_SCHEMA],
    inspect: [one, record({ job: JOB_SCHEMA, request })],
    result: [one, record({ job: JOB_SCHEMA, document: orNull({ type: "object" }) })],
    list: [QUERY_SCHEMA, record({ jobs: { type: "array", items: JOB_SCHEMA }, next: orNull(JOB_ID_SCHEMA) })],
  };
  const specOf = (name: JobEndpointName): EndpointSpec => ({
    name,
    subject: jobSubject(subjects, name),
    right: JOB_RIGHTS[name],
    request: forms[name][0],
    reply: forms[name][1],
  });
  return Object.fromEntries(JOB_ENDPOINTS.map((name) => [name, specOf(name)])) as Readonly<
    Record<JobEndpointName, EndpointSpec>
  >;
}

/** One node, asked by its name. */
export function nodeEndpoints(
  subjects: Subjects,
  node: string,
): Readonly<Record<"info" | "apply", EndpointSpec>> {
  return {
    info: {
      name: "info",
      subject: subjects.node(node, "info"),
      right: "read",
      request: record({}),
      reply: record({
        node: text(1_000),
        version: text(100),
        startedAt: text(40),
        job: orNull(JOB_ID_SCHEMA),
      }),
    },
    // Where a session was run its change can be applied; `approve` asks that node.
    apply: {
      name: "apply",
      subject: subjects.admin(node, "apply"),
      right: "admin",
      request: record({ job: text(64) }),
      reply: JOB_SCHEMA,
    },
  };
}

function submissionSchema(task: Schema): Schema {
  return record(
    {
      command: { enum: JOB_COMMANDS },
      task,
      directory: text(1_000),
      approval: { type: "boolean" },
      id: JOB_ID_SCHEMA,
    },
    "directory",
    "approval",
    "id",
  );
}

const QUERY_SCHEMA: Schema = record(
  {
    state: { enum: JOB_STATES },
    command: { enum: JOB_COMMANDS },
    limit: { type: "integer", minimum: 1, maximum: MOST_LISTED },
    before: JOB_ID_SCHEMA,
  },
  "state",
  "command",
  "limit",
  "before",
);
