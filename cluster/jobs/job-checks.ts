/** Whether what buckets and streams hold about jobs is what it should be: others can write there, too. */
import { checkerOf, record } from "../services/schema.ts";
import type { Job, JobRequest } from "./job.ts";
import { JOB_ID_SCHEMA, JOB_SCHEMA, requestSchema } from "./job-schema.ts";
import type { QueuedJob } from "./job-queue.ts";

/** The task itself is read by whoever runs it. */
const REQUEST_SCHEMA = requestSchema({
  type: "object",
  required: ["id"],
  properties: { id: { type: "string" } },
});

const checkJob = checkerOf(JOB_SCHEMA);
const checkRequest = checkerOf(REQUEST_SCHEMA);
const checkQueued = checkerOf(record({ id: JOB_ID_SCHEMA, request: REQUEST_SCHEMA }));

export const isJob = (value: unknown): value is Job => checkJob(value) === null;
export const isJobRequest = (value: unknown): value is JobRequest => checkRequest(value) === null;
export const isQueuedJob = (value: unknown): value is QueuedJob => checkQueued(value) === null;
