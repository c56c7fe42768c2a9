/**
 * A job: a session that some node is to run, as clients see it.
 *
 *     pending -> running -> done | failed                what it ended in is its result
 *     running -> waiting -> done                         it waits for an approval, which was asked for
 *     running -> pending                                 its node stops in order; another goes on
 *     pending | running | waiting -> cancelled
 *
 * `done` says that the session came to its end, `verdict` and `success` what it found; `failed` that it could not.
 */
import { isValid, ulid } from "ulid";
import type { Clock } from "../../runtime/contracts/index.ts";
import { clusterError } from "../errors.ts";

/** A ULID. */
export type JobId = string & { readonly brand: "JobId" };

/** What a session is to do. */
export type JobCommand = "run" | "burst" | "compare";

/** How far a job is; `done`, `failed` and `cancelled` are ends. */
export type JobState = "pending" | "running" | "waiting" | "done" | "failed" | "cancelled";

/** `given` once somebody approved; the change may be on its way into the file. */
export type JobApproval = "not_needed" | "needed" | "given";

/** What is to be done; never changes. */
export interface JobRequest {
  readonly command: JobCommand;
  /** As a task file has it; its paths are relative to `directory`. */
  readonly task: Readonly<Record<string, unknown>>;
  /** Of the nodes' machines, relative to their root; empty: the root itself. */
  readonly directory: string;
  /** The change of an improved run waits for an approval, and is written into the file then; otherwise never. */
  readonly approval: boolean;
}

/** Why it failed. */
export interface JobError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly location: string | null;
}

/** How a job stands. Times are ISO 8601, UTC. */
export interface Job {
  readonly id: JobId;
  readonly command: JobCommand;
  /** The task's id. */
  readonly task: string;
  readonly state: JobState;
  readonly approval: JobApproval;
  readonly submittedAt: string;
  /** When the state became what it is. */
  readonly changedAt: string;
  /** Which ran it last; null: none yet. */
  readonly node: string | null;
  /** Of that node; with its state directory it can be looked at there. */
  readonly session: string | null;
  /** What the session does now, or did last. */
  readonly phase: string | null;
  /** How often a node took it up; who took it up last holds it. */
  readonly attempts: number;
  /** How often a node gave it back that stopped in order. */
  readonly releases: number;
  readonly isCancelAsked: boolean;
  readonly verdict: string | null;
  readonly success: boolean | null;
  readonly error: JobError | null;
  /** The tag that an approved change has become the baseline under. */
  readonly baseline: string | null;
}

/** Said on a job's progress subject. */
export interface JobProgress {
  readonly job: JobId;
  readonly at: string;
  readonly state: JobState;
  readonly phase: string | null;
  /** Of the phase: sandboxes run, candidates tried; null: the phase, or the state, has just begun. */
  readonly done: number | null;
  /** null: it is not known. */
  readonly total: number | null;
  readonly unit: string | null;
  readonly text: string | null;
}

export const JOB_COMMANDS: readonly JobCommand[] = ["run", "burst", "compare"];
export const JOB_APPROVALS: readonly JobApproval[] = ["not_needed", "needed", "given"];
export const JOB_STATES: readonly JobState[] = [
  "pending",
  "running",
  "waiting",
  "done",
  "failed",
  "cancelled",
];

const NEXT: Readonly<Record<JobState, readonly JobState[]>> = {
  pending: ["running", "cancelled"],
  running: ["pending", "waiting", "done", "failed", "cancelled"],
  waiting: ["done", "cancelled"],
  done: [],
  failed: [],
  cancelled: [],
};

export function canBecome(from: JobState, to: JobState): boolean {
  return NEXT[from].includes(to);
}

/** Nothing comes after it. */
export function isOver(state: JobState): boolean {
  return NEXT[state].length === 0;
}

/** Sortable by time; whoever submits may make it, so that submitting twice is submitting once. */
export function makeJobId(clock: Clock): JobId {
  return ulid(clock.now()) as JobId;
}

/** @throws JOB_UNKNOWN */
export function parseJobId(given: string): JobId {
  if (isValid(given)) return given.toUpperCase() as JobId;
  throw clusterError("JOB_UNKNOWN", `${given.slice(0, 64)} is no id of a job`);
}

export function newJob(id: JobId, { command, task, approval }: JobRequest, now: number): Job {
  const at = new Date(now).toISOString();
  return {
    id,
    command,
    task: String(task["id"]),
    state: "pending",
    approval: approval ? "needed" : "not_needed",
    submittedAt: at,
    changedAt: at,
    node: null,
    session: null,
    phase: null,
    attempts: 0,
    releases: 0,
    isCancelAsked: false,
    verdict: null,
    success: null,
    error: null,
    baseline: null,
  };
}
