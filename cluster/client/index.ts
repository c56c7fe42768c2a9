/**
 * The client of a cluster: `connectClient` and what it needs. It brings NATS' client and nothing heavy.
 */
export { connectClient } from "./client.ts";
export type { ClientOptions, MyriadClient } from "./client.ts";
export type { NatsAuth, NatsOptions, NatsTls } from "../nats/nats-options.ts";
export type {
  Job,
  JobApproval,
  JobCommand,
  JobError,
  JobId,
  JobProgress,
  JobRequest,
  JobState,
} from "../jobs/job.ts";
export type {
  JobInspection,
  JobPage,
  JobQuery,
  JobResult,
  NodeInfo,
  Submission,
} from "../jobs/job-exchange.ts";
export { MyriadError } from "../../runtime/contracts/errors.ts";
