/**
 * Every subject of a cluster, made in this one place. All begin with `myriad.<cluster>`, so that several
 * clusters can share servers, and an account's rights can be given by prefix. What stands between two dots is
 * a name in which dots and wildcards are written as `%` and two hexadecimal digits.
 */
import { createHash } from "node:crypto";
import { isText } from "../../runtime/contracts/index.ts";
import { check } from "../errors.ts";

/** A name as one part of a subject. */
export function tokenOf(name: string): string {
  return encodeURIComponent(name).replace(
    /[.*!'()~]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The name that a part of a subject stands for. @returns null: for none */
export function nameOf(token: string): string | null {
  try {
    return decodeURIComponent(token);
  } catch {
    return null;
  }
}

const LONGEST_TOKEN = 200;

/** The part of a subject that stands for a name of any length: a longer one's digest, marked by `~`. */
function boundedTokenOf(name: string): string {
  const token = tokenOf(name);
  if (token.length <= LONGEST_TOKEN) return token;
  return `~${createHash("sha256").update(name).digest("hex")}`;
}

/** A name as one part of a key of a bucket, where `%` may not stand. */
export function keyOf(name: string): string {
  return tokenOf(name).replaceAll("%", "=");
}

/** The name that a part of a key stands for. @returns null: for none */
export function nameOfKey(key: string): string | null {
  return nameOf(key.replaceAll("=", "%"));
}

const CLUSTER = /^[A-Za-z0-9_-]{1,32}$/;

/** The subjects of one cluster. */
export class Subjects {
  readonly cluster: string;
  readonly prefix: string;

  /** @param cluster letters, digits, `_` and `-`; 32 at most. @throws CLUSTER_OPTION_INVALID */
  constructor(cluster: string) {
    const isName = isText(cluster) && CLUSTER.test(cluster);
    check(isName, "CLUSTER_OPTION_INVALID", "A cluster's name is of letters, digits, _ and -", cluster);
    this.cluster = cluster;
    this.prefix = `myriad.${cluster}`;
  }

  /** Datagrams from one node to another. */
  datagram(to: string, from: string): string {
    return `${this.prefix}.to.${tokenOf(to)}.${tokenOf(from)}`;
  }

  /** All datagrams to a node. */
  datagramsTo(node: string): string {
    return `${this.prefix}.to.${tokenOf(node)}.*`;
  }

  /** What an operator asks of one node. */
  admin(node: string, endpoint: string): string {
    return `${this.prefix}.admin.${tokenOf(node)}.${endpoint}`;
  }

  /** What a trace tells to whoever has named it by that token. */
  trace(token: string): string {
    return `${this.prefix}.trace.${token}`;
  }

  /** What is asked about jobs: what only reads begins with `read.`, so that one permission gives the right to it. */
  jobs(what: string): string {
    return `${this.prefix}.jobs.${what}`;
  }

  /** How far a job is, as it goes on. */
  jobProgress(job: string): string {
    return `${this.prefix}.jobs.progress.${tokenOf(job)}`;
  }

  /** Jobs on their way to a node. */
  jobWork(): string {
    return `${this.prefix}.work.jobs`;
  }

  /** What one node is asked that anybody may ask who may read. */
  node(node: string, what: string): string {
    return `${this.prefix}.nodes.read.${tokenOf(node)}.${what}`;
  }

  /** Of a stream of the journal; of a name too long for a subject it holds the digest, which is no name again. */
  journal(stream: string): string {
    return `${this.prefix}.journal.${boundedTokenOf(stream)}`;
  }

  /** All streams of the journal. */
  get journals(): string {
    return `${this.prefix}.journal.*`;
  }

  /** Of the snapshot of a journal's stream, as `journal`. */
  snapshot(stream: string): string {
    return `${this.prefix}.snapshot.${boundedTokenOf(stream)}`;
  }

  /** All snapshots. */
  get snapshots(): string {
    return `${this.prefix}.snapshot.*`;
  }

  /** Tasks of one priority in a queue. */
  task(queue: string, priority: number): string {
    return `${this.prefix}.queue.${tokenOf(queue)}.${priority}`;
  }

  /** All tasks of a queue. */
  tasks(queue: string): string {
    return `${this.prefix}.queue.${tokenOf(queue)}.*`;
  }

  /** Of what a queue has given up. */
  deadLetter(queue: string, id: string): string {
    return `${this.prefix}.dead.${tokenOf(queue)}.${tokenOf(id)}`;
  }

  /** All that a queue has given up. */
  deadLetters(queue: string): string {
    return `${this.prefix}.dead.${tokenOf(queue)}.*`;
  }

  /** All that any queue has given up. */
  get allDeadLetters(): string {
    return `${this.prefix}.dead.*.*`;
  }

  /** Below it answers to a node come, which no other node needs to be allowed to see. */
  inboxes(node: string): string {
    return `_INBOX.${this.cluster}.${tokenOf(node)}`;
  }

  /** A JetStream stream, whose name may hold no dots: `MYRIAD_<cluster>_<what>`. */
  stream(what: string): string {
    return `MYRIAD_${this.cluster}_${what}`;
  }

  /** A bucket of keys and values, or of objects. */
  bucket(what: string): string {
    return `myriad_${this.cluster}_${what}`;
  }
}
