import { checksOf, errorsOf } from "../runtime/contracts/index.ts";
import type { Check, ErrorDefinition, ErrorDetail, MyriadError } from "../runtime/contracts/index.ts";

export type ClusterErrorCode =
  | "CLUSTER_OPTION_INVALID"
  | "NATS_UNREACHABLE"
  | "NATS_REFUSED"
  | "NATS_SERVER_MISSING"
  | "NATS_SERVER_FAILED"
  | "NATS_SERVER_NOT_INSTALLED"
  | "TRANSPORT_CLOSED"
  | "NO_AGENT_AVAILABLE"
  | "TASK_NOT_AWARDED"
  | "TRACES_TOO_MANY";

export const CLUSTER_ERRORS: Readonly<Record<ClusterErrorCode, ErrorDefinition>> = {
  CLUSTER_OPTION_INVALID: {
    fault: "input",
    meaning: "An option of the cluster is not what it should be.",
    hint: "Correct what the message shows.",
  },
  NATS_UNREACHABLE: {
    fault: "input",
    meaning: "No NATS server answered in time under any of the addresses.",
    hint: "Start nats-server, or correct the addresses.",
  },
  NATS_REFUSED: {
    fault: "input",
    meaning:
      "The NATS server refused the connection: wrong or missing credentials, or TLS that does not match.",
    hint: "Give the user, token, nkey or credentials file that the server knows, and its certificate authority.",
  },
  NATS_SERVER_MISSING: {
    fault: "input",
    meaning: "There is no nats-server on this machine, or the one that was named cannot be run.",
    hint: "Install it (Debian: apt-get install nats-server), or name it in MYRIAD_NATS_SERVER.",
  },
  NATS_SERVER_FAILED: {
    fault: "internal",
    meaning: "A nats-server that was started here ended, or did not listen in time.",
    hint: "Read the end of its log, which the message shows.",
  },
  NATS_SERVER_NOT_INSTALLED: {
    fault: "input",
    meaning: "nats-server could not be fetched from the machine's package sources.",
    hint: "Install it by hand, and name it in MYRIAD_NATS_SERVER when it is not on the PATH.",
  },
  TRANSPORT_CLOSED: {
    fault: "internal",
    meaning: "A transport was opened twice, or after it was closed.",
    hint: "Make a transport for each system.",
  },
  NO_AGENT_AVAILABLE: {
    fault: "rejected",
    meaning: "No agent bid for a task with enough confidence, or none that did accepted it.",
    hint: "Start agents that can do it, or announce it again later.",
  },
  TASK_NOT_AWARDED: {
    fault: "internal",
    meaning: "An agent was to execute a task that it was not awarded, or no longer held.",
    hint: "Announce the task again.",
  },
  TRACES_TOO_MANY: {
    fault: "rejected",
    meaning: "A node publishes as many traces as it does at once.",
    hint: "End one, or wait until those that nobody looks at have ended.",
  },
};

/** Makes an error of this floor. */
export const clusterError: (code: ClusterErrorCode, message: string, detail?: ErrorDetail) => MyriadError =
  errorsOf(CLUSTER_ERRORS);

/** Refuses what a caller gave, unless it holds. */
export const check: Check<ClusterErrorCode> = checksOf(clusterError);
