/** What clients may ask about jobs, by which right, and at which subject. */
import type { Subjects } from "../nats/subjects.ts";
import type { Right } from "../services/endpoint.ts";
import type { Job, JobCommand, JobId, JobRequest, JobState } from "./job.ts";

/** Jobs in one page of a list. */
export const MOST_LISTED = 200;
export const LISTED = 50;

/** A job to submit; what may be left out has its default. */
export interface Submission {
  readonly command: JobCommand;
  readonly task: Readonly<Record<string, unknown>>;
  readonly directory?: string;
  readonly approval?: boolean;
  /** A ULID; the same one with the same content is the same job. Default: drawn. */
  readonly id?: string;
}

/** Which jobs: newest first, all of them unless told. */
export interface JobQuery {
  readonly state?: JobState;
  readonly command?: JobCommand;
  /** How many; default: 50, at most 200. */
  readonly limit?: number;
  /** Only older ones: `next` of the page before. */
  readonly before?: string;
}

/** Some jobs of many. */
export interface JobPage {
  readonly jobs: readonly Job[];
  /** null: there are no more. */
  readonly next: JobId | null;
}

/** A job, and what it is to do. */
export interface JobInspection {
  readonly job: Job;
  readonly request: JobRequest;
}

/** What a job ended in. */
export interface JobResult {
  readonly job: Job;
  /** As `schemas/result.schema.json` has it; null: it was cancelled, or failed before there was one. */
  readonly document: Readonly<Record<string, unknown>> | null;
}

/** A node, as it tells itself. */
export interface NodeInfo {
  readonly node: string;
  readonly version: string;
  readonly startedAt: string;
  /** The job that it runs. */
  readonly job: JobId | null;
}

export interface JobExchange {
  readonly submit: { readonly request: Submission; readonly reply: Job };
  readonly cancel: { readonly request: { readonly job: string }; readonly reply: Job };
  readonly approve: { readonly request: { readonly job: string }; readonly reply: Job };
  readonly status: { readonly request: { readonly job: string }; readonly reply: Job };
  readonly inspect: { readonly request: { readonly job: string }; readonly reply: JobInspection };
  readonly result: { readonly request: { readonly job: string }; readonly reply: JobResult };
  readonly list: { readonly request: JobQuery; readonly reply: JobPage };
}

export type JobEndpointName = keyof JobExchange;

export const JOB_RIGHTS: Readonly<Record<JobEndpointName, Right>> = {
  submit: "submit",
  cancel: "submit",
  approve: "approve",
  status: "read",
  inspect: "read",
  result: "read",
  list: "read",
};

export const JOB_ENDPOINTS: readonly JobEndpointName[] = Object.keys(
  JOB_RIGHTS,
) as readonly JobEndpointName[];

/** What only reads lies below one prefix, so that one permission gives the right to it. */
export function jobSubject(subjects: Subjects, name: JobEndpointName): string {
  return subjects.jobs(JOB_RIGHTS[name] === "read" ? `read.${name}` : name);
}
