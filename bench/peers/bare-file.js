/**
 * What a file gives at best, without streams, revisions, checksums or actors: records of 300 bytes appended by
 * hand, each confirmed when fdatasync has returned. Many clients share a write and a sync: all that wait go
 * together. What was kept is read back, outside the time measured.
 */
/* global queueMicrotask */
import { Buffer } from "node:buffer";
import { close, fdatasync, openSync, write } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { serve, timed } from "./child.js";

const RECORD_BYTES = 300;
const FIRST_BYTES = 64 * 1024;
const [, , , folder = tmpdir()] = process.argv.slice(2);

function newRecord(value) {
  const record = Buffer.alloc(RECORD_BYTES, "x");
  record.writeDoubleLE(value);
  return record;
}

/** While one batch is on its way to the disk, records gather for the next one. */
class GroupFile {
  #file;
  #at = 0;
  #filling = newBatch();
  #spare = newBatch();
  #busy = false;

  constructor(path) {
    this.#file = openSync(path, "w");
  }

  append(record) {
    return new Promise((resolve, reject) => {
      add(this.#filling, record);
      this.#filling.waiting.push({ resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      queueMicrotask(() => void this.#run());
    });
  }

  async #run() {
    while (this.#filling.waiting.length > 0) {
      const batch = this.#filling;
      this.#filling = this.#spare;
      await this.#commit(batch);
      this.#at += batch.length;
      batch.length = 0;
      this.#spare = batch;
    }
    this.#busy = false;
  }

  async #commit(batch) {
    const { bytes, length, waiting } = batch;
    batch.waiting = [];
    try {
      await appended(this.#file, bytes, length, this.#at);
      for (const { resolve } of waiting) resolve();
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  close() {
    return settled((done) => close(this.#file, done));
  }
}

const newBatch = () => ({ bytes: Buffer.allocUnsafe(FIRST_BYTES), length: 0, waiting: [] });

function add(batch, record) {
  const end = batch.length + record.length;
  if (end > batch.bytes.length) {
    const grown = Buffer.allocUnsafe(batch.bytes.length * 2);
    batch.bytes.copy(grown, 0, 0, batch.length);
    batch.bytes = grown;
  }
  record.copy(batch.bytes, batch.length);
  batch.length = end;
}

/** One record at a time. */
class PlainFile {
  #file;
  #at = 0;

  constructor(path) {
    this.#file = openSync(path, "w");
  }

  async append(record) {
    await appended(this.#file, record, record.length, this.#at);
    this.#at += record.length;
  }

  close() {
    return settled((done) => close(this.#file, done));
  }
}

async function appended(file, bytes, length, at) {
  const written = await settled((done) => write(file, bytes, 0, length, at, done));
  if (written !== length) throw new Error(`${written} of ${length} bytes were written`);
  await settled((done) => fdatasync(file, done));
}

/** Callbacks: faster than promise-based file handles. */
function settled(start) {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === null ? resolve(value) : reject(error)));
  });
}

function events(clients, open) {
  return async (size) => {
    const own = await mkdtemp(join(folder, "bare-"));
    const path = join(own, "records");
    try {
      const measured = await keep(open(path), clients, size);
      return { ...measured, ...(await kept(path)) };
    } finally {
      await rm(own, { recursive: true });
    }
  };
}

async function keep(file, clients, size) {
  const latenciesMs = [];
  const client = async (_, index) => {
    for (let value = index; value < size; value += clients) {
      const sentAt = performance.now();
      await file.append(newRecord(value));
      latenciesMs.push(performance.now() - sentAt);
    }
  };
  const measured = await timed(size, async (finish) => {
    await Promise.all(Array.from({ length: clients }, client));
    finish(0);
  });
  await file.close();
  latenciesMs.sort((a, b) => a - b);
  return { ...measured, figure: latenciesMs[Math.ceil(0.99 * latenciesMs.length) - 1] };
}

/** How many records the file holds, and the sum of their values. */
async function kept(path) {
  const bytes = await readFile(path);
  let check = 0;
  for (let at = 0; at < bytes.length; at += RECORD_BYTES) {
    const value = bytes.readDoubleLE(at);
    if (!bytes.subarray(at, at + RECORD_BYTES).equals(newRecord(value))) throw new Error("not what was kept");
    check += value;
  }
  return { done: bytes.length / RECORD_BYTES, check };
}

await serve({
  "events-1000": () => events(1_000, (path) => new GroupFile(path)),
  "events-1": () => events(1, (path) => new PlainFile(path)),
});
