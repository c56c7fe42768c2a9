/**
 * Artifacts by the hash of their content (SHA-256, in hexadecimal) in the cluster's object store: what has the same
 * content is kept once, and what is read is compared with its hash.
 *
 *     put ──▶ kept under a name of its own ──hash known──▶ renamed to it, or deleted if that is there already
 *
 * What a process has put halfway when it is killed stays under such a name until `sweep` deletes it.
 */
import { createHash, randomUUID } from "node:crypto";
import { ReadableStream } from "node:stream/web";
import { jetstream, StorageType } from "@nats-io/jetstream";
import { Objm, type ObjectInfo, type ObjectStore } from "@nats-io/obj";
import {
  isAsyncIterable,
  isBetween,
  isObject,
  isText,
  MyriadError,
  systemClock,
  type Clock,
} from "../../runtime/contracts/index.ts";
import { check, clusterError } from "../errors.ts";
import type { Nats } from "../nats/connect.ts";
import { JetStream } from "../nats/jetstream.ts";
import { readStream } from "../nats/stream-reader.ts";
import type { Subjects } from "../nats/subjects.ts";

/** How an artifact store is opened. */
export interface ArtifactStoreOptions {
  /** On how many servers each artifact is kept, 1 to 5; default: 1. A store that is there keeps what it has. */
  readonly replicas?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** An artifact that is kept. */
export interface Artifact {
  /** SHA-256 of its content: 64 hexadecimal digits. */
  readonly hash: string;
  readonly sizeBytes: number;
}

const HASH = /^[0-9a-f]{64}$/;
const BATCH = 16;
const RETRY_MS = 10_000;
const HALFWAY = "put-";
/** Longer than any put should take. */
const HALFWAY_MS = 24 * 3_600_000;

/** Opens the artifacts of a cluster. @throws CLUSTER_OPTION_INVALID, ARTIFACT_REFUSED */
export async function openArtifactStore(
  nats: Nats,
  subjects: Subjects,
  options: ArtifactStoreOptions = {},
): Promise<ArtifactStore> {
  const code = "CLUSTER_OPTION_INVALID";
  check(isObject(options), code, "The options of an artifact store are an object", options);
  const { replicas = 1, clock = systemClock } = options;
  const isCount = Number.isInteger(replicas) && isBetween(replicas, 1, 5);
  check(isCount, code, "replicas is a whole number from 1 to 5", replicas);
  return await asked("opening the artifacts", async () => {
    const objects = new Objm(jetstream(nats.connection));
    const bucket = subjects.bucket("artifacts");
    const store = await objects.create(bucket, { replicas, storage: StorageType.File });
    return new ArtifactStore(store, bucket, new JetStream(nats, clock));
  });
}

/** Artifacts by the hash of their content; opened by `openArtifactStore`. */
export class ArtifactStore {
  readonly #objects: ObjectStore;
  readonly #bucket: string;
  readonly #jetStream: JetStream;

  constructor(objects: ObjectStore, bucket: string, jetStream: JetStream) {
    this.#objects = objects;
    this.#bucket = bucket;
    this.#jetStream = jetStream;
  }

  /**
   * Keeps what is given, a chunk at a time; resolves when it is kept whole.
   * @throws (rejects) what the content throws; ARTIFACT_REFUSED
   */
  async put(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<Artifact> {
    const isContent = content instanceof Uint8Array || isAsyncIterable(content);
    check(isContent, "CLUSTER_OPTION_INVALID", "An artifact is bytes, or gives them", content);
    const halfway = `${HALFWAY}${randomUUID()}`;
    const hash = createHash("sha256");
    const failure: { thrown?: unknown } = {};
    const bytes = streamOf(content, (chunk) => hash.update(chunk), failure);
    const { size: sizeBytes } = await asked("keeping an artifact", async () => {
      try {
        return await this.#objects.put({ name: halfway }, bytes);
      } catch (error) {
        if ("thrown" in failure) throw new OwnFailure(failure.thrown);
        throw error;
      }
    });
    const name = hash.digest("hex");
    await this.#rename(halfway, name);
    return { hash: name, sizeBytes };
  }

  /** Whether it is there, and how large. @throws ARTIFACT_REFUSED, CLUSTER_OPTION_INVALID */
  async find(hash: string): Promise<Artifact | null> {
    const info = await this.#info(hash);
    return info === null ? null : { hash, sizeBytes: info.size };
  }

  /**
   * Its content, a chunk at a time. The hash is known at the end only: whoever must not use what is damaged keeps it
   * back until then.
   * @throws ARTIFACT_UNKNOWN, ARTIFACT_DAMAGED, ARTIFACT_REFUSED, CLUSTER_OPTION_INVALID
   */
  async *read(hash: string): AsyncGenerator<Uint8Array> {
    const info = await this.#info(hash);
    if (info === null) throw clusterError("ARTIFACT_UNKNOWN", `there is no artifact ${hash}`);
    const digest = createHash("sha256");
    const subject = `$O.${this.#bucket}.C.${info.nuid}`;
    const chunks = readStream(
      this.#jetStream,
      { stream: `OBJ_${this.#bucket}`, subject, batch: BATCH },
      RETRY_MS,
    );
    try {
      for await (const { data } of chunks) {
        digest.update(data);
        yield data;
      }
    } catch (cause) {
      throw cause instanceof MyriadError ? refused("reading an artifact", cause) : cause;
    }
    if (digest.digest("hex") === hash) return;
    throw clusterError("ARTIFACT_DAMAGED", `what was read of the artifact ${hash} is not what was put`);
  }

  /** Its content whole, for what fits into memory. @throws like `read` */
  async bytes(hash: string): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.read(hash)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** Deletes it. @returns whether it was there. @throws ARTIFACT_REFUSED, CLUSTER_OPTION_INVALID */
  async delete(hash: string): Promise<boolean> {
    if ((await this.#info(hash)) === null) return false;
    await asked("deleting an artifact", () => this.#objects.delete(hash));
    return true;
  }

  /** Deletes what was put halfway more than a day ago. @returns how many. @throws ARTIFACT_REFUSED */
  async sweep(): Promise<number> {
    const all = await asked("listing artifacts", () => this.#objects.list());
    const before = this.#jetStream.clock.now() - HALFWAY_MS;
    const left = all.filter(({ name, mtime }) => name.startsWith(HALFWAY) && Date.parse(mtime) < before);
    for (const { name } of left) await asked("deleting an artifact", () => this.#objects.delete(name));
    return left.length;
  }

  /** Leaves the connection open. */
  close(): void {
    this.#jetStream.close();
  }

  async #info(hash: string): Promise<ObjectInfo | null> {
    checkHash(hash);
    const info = await asked("looking for an artifact", () => this.#objects.info(hash));
    return info === null || info.deleted ? null : info;
  }

  async #rename(halfway: string, hash: string): Promise<void> {
    await asked("keeping an artifact", async () => {
      if ((await this.#info(hash)) === null) {
        try {
          await this.#objects.update(halfway, { name: hash });
          return;
        } catch (error) {
          // Somebody else may have put the same a moment ago.
          if ((await this.#info(hash)) === null) throw error;
        }
      }
      await this.#objects.delete(halfway);
    });
  }
}

/** What the caller's own content has thrown, which it gets back as it is. */
class OwnFailure extends Error {
  readonly thrown: unknown;

  constructor(thrown: unknown) {
    super("the content of an artifact could not be read");
    this.thrown = thrown;
  }
}

function streamOf(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  seen: (chunk: Uint8Array) => void,
  failure: { thrown?: unknown },
): ReadableStream<Uint8Array> {
  // A copy: what the caller does to its bytes afterwards is not our business.
  const chunks = content instanceof Uint8Array ? one(content.slice()) : content[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const next: IteratorResult<unknown, unknown> = await chunks.next();
        if (next.done === true) {
          controller.close();
          return;
        }
        const chunk = bytesOf(next.value);
        seen(chunk);
        controller.enqueue(chunk);
      } catch (thrown) {
        failure.thrown = thrown;
        controller.error(thrown);
      }
    },
    async cancel() {
      await chunks.return?.();
    },
  });
}

/** Whoever gives chunks may not be held to their type. */
function bytesOf(given: unknown): Uint8Array {
  if (given instanceof Uint8Array) return given;
  throw clusterError("CLUSTER_OPTION_INVALID", "An artifact gives bytes, and nothing else");
}

async function* one(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(content);
}

async function asked<Value>(what: string, ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof OwnFailure) throw cause.thrown;
    if (cause instanceof MyriadError) throw cause;
    throw refused(what, cause);
  }
}

function refused(what: string, cause: unknown): MyriadError {
  const why = cause instanceof Error ? cause.message : "no reason given";
  return clusterError("ARTIFACT_REFUSED", `${what} failed: ${why}`, { cause });
}

function checkHash(hash: string): void {
  const isHash = isText(hash) && HASH.test(hash);
  check(isHash, "CLUSTER_OPTION_INVALID", "A hash is 64 hexadecimal digits", hash);
}
