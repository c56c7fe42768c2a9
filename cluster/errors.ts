import { checksOf, errorsOf } from "../runtime/contracts/index.ts";
import type { Check, ErrorDefinition, ErrorDetail, MyriadError } from "../runtime/contracts/index.ts";

export type ClusterErrorCode =
  | "CLUSTER_OPTION_INVALID"
  | "NATS_UNREACHABLE"
  | "NATS_REFUSED"
  | "NATS_SERVER_MISSING"
  | "NATS_SERVER_FAILED"
  | "NATS_SERVER_NOT_INSTALLED"
  | "NATS_NO_RESPONDERS"
  | "NATS_TIMED_OUT"
  | "NATS_CONNECTION_LOST"
  | "STREAM_UNAVAILABLE"
  | "STREAM_REFUSED"
  | "QUEUE_FULL"
  | "QUEUE_CLOSED"
  | "ENVELOPE_INVALID"
  | "DEAD_LETTER_UNKNOWN"
  | "ARTIFACT_UNKNOWN"
  | "ARTIFACT_DAMAGED"
  | "ARTIFACT_REFUSED"
  | "TRANSPORT_CLOSED"
  | "NO_AGENT_AVAILABLE"
  | "TASK_NOT_AWARDED"
  | "TRACES_TOO_MANY"
  | "NODE_CONFIG_UNREADABLE"
  | "NODE_CONFIG_INVALID"
  | "NODE_APP_INVALID"
  | "NODE_HEALTH_FAILED"
  | "NODE_NOT_READY"
  | "NODE_DRAIN_DEADLINE"
  | "LOCAL_CLUSTER_FAILED"
  | "REQUEST_TOO_LARGE"
  | "REQUEST_TYPE_UNKNOWN"
  | "REQUEST_UNREADABLE"
  | "REQUEST_INVALID"
  | "REPLY_TOO_LARGE"
  | "SERVICE_BUSY"
  | "SERVICE_SILENT"
  | "SERVICE_FORBIDDEN"
  | "SERVICE_REPLY_INVALID"
  | "STORE_UNAVAILABLE"
  | "JOB_UNKNOWN"
  | "JOB_CONFLICT"
  | "JOB_ENDED"
  | "JOB_NOT_ENDED"
  | "JOB_NOT_WAITING"
  | "JOB_NODE_AWAY"
  | "JOB_RESULT_TOO_LARGE"
  | "KEY_VALUE_CONFLICT"
  | "KEY_VALUE_FAILED"
  | "NODE_NAME_TAKEN"
  | "SHARD_BUFFER_FULL"
  | "SHARD_MESSAGE_INVALID"
  | "SHARD_MOVED"
  | "SHARDS_DIFFER";

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
  NODE_CONFIG_UNREADABLE: {
    fault: "input",
    meaning: "The configuration of a node, or a file that it names, cannot be read.",
    hint: "Give the path of a file that this user may read.",
  },
  NODE_CONFIG_INVALID: {
    fault: "input",
    meaning: "A setting of a node is not what it should be, or no setting at all.",
    hint: "Correct the field that the message names; schemas/node.schema.json tells them all.",
  },
  NODE_APP_INVALID: {
    fault: "input",
    meaning: "The app module of a node cannot be loaded, or exports no app.",
    hint: "Name a module with: export const app = defineApp({ actors, module: import.meta.url }).",
  },
  NODE_HEALTH_FAILED: {
    fault: "internal",
    meaning: "A node's health cannot be served at its address.",
    hint: "Choose another health.port, or end what listens there.",
  },
  NODE_NOT_READY: {
    fault: "internal",
    meaning: "A node's threads did not run in time.",
    hint: "Look at the thread-lost entries of its log: often the app module cannot be imported there.",
  },
  NODE_DRAIN_DEADLINE: {
    fault: "internal",
    meaning: "A node was told to end, and gave up what was not done before the deadline.",
    hint: "Raise drainMs, or make what the message names quicker.",
  },
  LOCAL_CLUSTER_FAILED: {
    fault: "internal",
    meaning: "A node of a local cluster ended before it was ready.",
    hint: "Read the end of its log, which the message shows.",
  },
  NATS_SERVER_NOT_INSTALLED: {
    fault: "input",
    meaning: "nats-server could not be fetched from the machine's package sources.",
    hint: "Install it by hand, and name it in MYRIAD_NATS_SERVER when it is not on the PATH.",
  },
  NATS_NO_RESPONDERS: {
    fault: "internal",
    meaning: "Nobody listens to the subject of a request now; it was not carried out.",
    hint: "Look whether what serves it runs, then ask again.",
  },
  NATS_TIMED_OUT: {
    fault: "internal",
    meaning: "A request was not answered in time; whether it was carried out is not known.",
    hint: "Ask again, if what is asked for bears to be done twice.",
  },
  NATS_CONNECTION_LOST: {
    fault: "internal",
    meaning:
      "There is no connection to a NATS server, or it was lost during a request; whether that was carried out is not known.",
    hint: "Ask again when the connection is back, if what is asked for bears to be done twice.",
  },
  STREAM_UNAVAILABLE: {
    fault: "internal",
    meaning:
      "No server kept or read a message of a stream within the time that it was tried; it may be kept nevertheless.",
    hint: "Look whether the servers can be reached and have a leader, then try again with the same message id.",
  },
  STREAM_REFUSED: {
    fault: "internal",
    meaning: "JetStream refused what it was asked, or what answered is no JetStream.",
    hint: "Correct what the message shows: JetStream may be off, or the account may lack the right.",
  },
  QUEUE_FULL: {
    fault: "internal",
    meaning: "The queue, or the server that keeps it, has no room; the task was not taken, none was lost.",
    hint: "Wait until workers have made room, or raise the limit; then enqueue again.",
  },
  QUEUE_CLOSED: {
    fault: "internal",
    meaning: "A queue or its worker was used after it was closed.",
    hint: "Open the queue again.",
  },
  ENVELOPE_INVALID: {
    fault: "input",
    meaning: "A message between agents has a field that is missing, wrong or too large.",
    hint: "Correct the field that the message names.",
  },
  DEAD_LETTER_UNKNOWN: {
    fault: "input",
    meaning:
      "The queue has no dead letter of this id, or one that cannot be replayed, since it is no envelope.",
    hint: "List the dead letters of the queue.",
  },
  ARTIFACT_UNKNOWN: {
    fault: "input",
    meaning: "No artifact has this hash.",
    hint: "Check the hash, and that the artifact was stored in this cluster.",
  },
  ARTIFACT_DAMAGED: {
    fault: "internal",
    meaning: "What was read of an artifact does not match its hash.",
    hint: "Use nothing of it; store the artifact again.",
  },
  ARTIFACT_REFUSED: {
    fault: "internal",
    meaning: "The object store did not take or give an artifact.",
    hint: "Look whether the servers can be reached and have room, then try again.",
  },
  KEY_VALUE_CONFLICT: {
    fault: "internal",
    meaning: "Somebody else has changed that key meanwhile; nothing was changed.",
    hint: "Read it again, and decide anew.",
  },
  KEY_VALUE_FAILED: {
    fault: "internal",
    meaning: "A bucket of keys and values gave no answer, or refused; a change may have been made.",
    hint: "Look at the cause: the connection, the server's JetStream, or its disk.",
  },
  NODE_NAME_TAKEN: {
    fault: "input",
    meaning: "Another node of that name announces itself in the cluster.",
    hint: "Give each node a name of its own; one that was killed frees its name when its lease is over.",
  },
  SHARD_BUFFER_FULL: {
    fault: "internal",
    meaning: "A shard has no owner just now, and as many messages wait for it as may.",
    hint: "Send it again later, raise bufferSize, or see why no node takes the shard.",
  },
  SHARD_MESSAGE_INVALID: {
    fault: "internal",
    meaning: "A region of sharded actors was sent what no region and no ref of it sends.",
    hint: "Send to the refs that a region gives.",
  },
  SHARD_MOVED: {
    fault: "internal",
    meaning:
      "A message reached a node that has lost its shard meanwhile, and would have come out of order elsewhere.",
    hint: "Send it again; the question was not handled.",
  },
  SHARDS_DIFFER: {
    fault: "input",
    meaning: "A region was opened with another number of shards than it has in this cluster.",
    hint: "Give all nodes the same number; it holds for as long as the cluster does.",
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
  REQUEST_TOO_LARGE: {
    fault: "input",
    meaning: "A request is larger than a service takes.",
    hint: "Send less: a task's inputs can come of a module on the nodes' machines.",
  },
  REQUEST_TYPE_UNKNOWN: {
    fault: "input",
    meaning: "A request's body is in a form that services do not read.",
    hint: "Send JSON, or MessagePack with the header Content-Type: application/msgpack.",
  },
  REQUEST_UNREADABLE: {
    fault: "input",
    meaning: "A request's body is broken, or nested too deeply.",
    hint: "Send what a JSON or MessagePack library writes.",
  },
  REQUEST_INVALID: {
    fault: "input",
    meaning: "A request does not have the form that its endpoint asks for.",
    hint: "See the endpoint's request_schema: nats micro info myriad.",
  },
  REPLY_TOO_LARGE: {
    fault: "internal",
    meaning: "A reply is larger than the server lets a message be.",
    hint: "Raise max_payload in the server's configuration.",
  },
  SERVICE_BUSY: {
    fault: "interrupted",
    meaning: "A node answers as many requests as it can at the moment.",
    hint: "Ask again in a moment.",
  },
  SERVICE_SILENT: {
    fault: "interrupted",
    meaning: "No node answered in time.",
    hint: "See whether the cluster's nodes run, and whether its name is right.",
  },
  SERVICE_FORBIDDEN: {
    fault: "rejected",
    meaning: "The connection's user has no right to ask this.",
    hint: "See docs/clients.md for the permissions that each right takes.",
  },
  SERVICE_REPLY_INVALID: {
    fault: "internal",
    meaning: "What answered a client is no service of this program.",
    hint: "See what listens at the subject: nats micro ls.",
  },
  STORE_UNAVAILABLE: {
    fault: "interrupted",
    meaning: "JetStream could not be used: it is off, full, or without a leader at the moment.",
    hint: "Ask again in a moment; see nats stream report.",
  },
  JOB_UNKNOWN: {
    fault: "input",
    meaning: "There is no job of that id.",
    hint: "List the jobs; those that ended a month ago are forgotten.",
  },
  JOB_CONFLICT: {
    fault: "input",
    meaning: "A job of that id was submitted already, to do something else.",
    hint: "Submit without an id, or with a new one.",
  },
  JOB_ENDED: {
    fault: "rejected",
    meaning: "The job has ended, and stays as it is.",
    hint: "Submit a new one.",
  },
  JOB_NOT_ENDED: {
    fault: "rejected",
    meaning: "The job has no result yet.",
    hint: "Wait until it has ended.",
  },
  JOB_NOT_WAITING: {
    fault: "rejected",
    meaning: "The job waits for no approval.",
    hint: "Only an improved run that was submitted with approval: true waits for one.",
  },
  JOB_NODE_AWAY: {
    fault: "interrupted",
    meaning: "The node that ran the job, and alone has its change, does not answer.",
    hint: "Start that node again, then approve.",
  },
  JOB_RESULT_TOO_LARGE: {
    fault: "internal",
    meaning: "What a job ended in is larger than the server lets a message be.",
    hint: "Raise max_payload in the server's configuration, or look at the session on its node.",
  },
};

/** Makes an error of this floor. */
export const clusterError: (code: ClusterErrorCode, message: string, detail?: ErrorDetail) => MyriadError =
  errorsOf(CLUSTER_ERRORS);

/** Refuses what a caller gave, unless it holds. */
export const check: Check<ClusterErrorCode> = checksOf(clusterError);
