import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Revision, Snapshot } from "../../runtime/contracts/index.ts";
import { systemCode } from "../errors.ts";
import { makeDirectoryDurably, writeFileDurably } from "../durable-file.ts";
import { crc32 } from "./checksum.ts";
import { decodePlainData, encodePlainData } from "./plain-data.ts";
import { writeFailed } from "./segment-writer.ts";

/**
 * Snapshots in files of their own, one a stream, replaced whole: crc:u32, then plain data.
 * A damaged or missing snapshot reads as none: it costs time, never truth.
 */
export class SnapshotStore {
  readonly #directory: string;
  readonly #saving = new Set<Promise<void>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws JOURNAL_EVENT_REFUSED, JOURNAL_WRITE_FAILED (the older snapshot is still there) */
  async save(stream: string, snapshot: Snapshot): Promise<void> {
    const saving = this.#write(stream, snapshot);
    this.#saving.add(saving);
    await saving.finally(() => this.#saving.delete(saving));
  }

  /** Resolves when everything that was to be saved so far is, or has failed. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#saving);
  }

  async #write(stream: string, snapshot: Snapshot): Promise<void> {
    const body = encodePlainData({ stream, revision: snapshot.revision, state: snapshot.state });
    const bytes = Buffer.alloc(4 + body.length);
    bytes.writeUInt32LE(crc32(body), 0);
    bytes.set(body, 4);
    const path = this.#path(stream);
    try {
      await makeDirectoryDurably(this.#directory);
      await writeFileDurably(path, bytes);
    } catch (error) {
      throw writeFailed(path, error);
    }
  }

  async load(stream: string): Promise<Snapshot | null> {
    const bytes = await this.#read(stream);
    if (bytes === null || bytes.length < 5 || bytes.readUInt32LE(0) !== crc32(bytes.subarray(4))) return null;
    const { revision, state } = decodePlainData(bytes.subarray(4)) as { revision: Revision; state: unknown };
    return { revision, state };
  }

  async #read(stream: string): Promise<Buffer | null> {
    try {
      return await readFile(this.#path(stream));
    } catch (error) {
      if (systemCode(error) !== null) return null;
      throw error;
    }
  }

  /** By digest: a stream's name may hold anything, a file's may not. */
  #path(stream: string): string {
    return join(this.#directory, `${createHash("sha256").update(stream).digest("hex")}.snapshot`);
  }
}
