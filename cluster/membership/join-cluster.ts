import { check } from "../errors.ts";
import type { Nats } from "../nats/connect.ts";
import { openKeyValue } from "../nats/nats-key-value.ts";
import type { Subjects } from "../nats/subjects.ts";
import { memberRules, type MemberOptions } from "./membership-options.ts";
import { Membership } from "./membership.ts";

/** How a node joins the cluster that those subjects name. */
export interface JoinOptions extends MemberOptions {
  readonly nats: Nats;
  readonly subjects: Subjects;
  /** Servers that keep a copy each of what is announced: 1 (default), 3 or 5. */
  readonly replicas?: number;
}

const LEAST_TIMEOUT_MS = 100;
const MOST_TIMEOUT_MS = 2_000;

/**
 * Joins, and stays a member until `leave`.
 * @throws (rejects) CLUSTER_OPTION_INVALID; NODE_NAME_TAKEN, up to a whole lease later; KEY_VALUE_FAILED
 */
export async function joinCluster(options: JoinOptions): Promise<Membership> {
  const { nats, subjects, replicas = 1, ...member } = options;
  const { leaseMs, clock } = memberRules(member);
  check([1, 3, 5].includes(replicas), "CLUSTER_OPTION_INVALID", "replicas are 1, 3 or 5", replicas);
  // Of an unanswered renewal there is to be another before the lease is over.
  const timeoutMs = Math.min(Math.max(leaseMs / 4, LEAST_TIMEOUT_MS), MOST_TIMEOUT_MS);
  const bucket = await openKeyValue(nats, subjects.bucket("members"), { replicas, timeoutMs, clock });
  return Membership.join(bucket, member);
}
