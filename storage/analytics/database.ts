import { link, open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

import { DuckDBInstance } from "@duckdb/node-api";
import type { DuckDBConnection } from "@duckdb/node-api";

import { MyriadError } from "../../runtime/contracts/index.ts";
import { syncDirectory } from "../durable-file.ts";
import { storageError, systemCode } from "../errors.ts";
import { MIGRATIONS } from "./migrations.ts";
import {
  claimFile,
  inUse,
  otherClaims,
  ownMark,
  refuseOthers,
  releaseClaim,
  removeDeadClaims,
} from "./owner-claim.ts";

/**
 * One DuckDB file, owned by this object alone. Everything runs one after another on one connection: a
 * transaction is never entered by a stranger's statement, and closing waits for what was begun.
 * A write resolves when its commit is in the log on the disk.
 * After a failed write the database is usable again, reopened if the failure has shut it.
 */
export class Database {
  readonly #file: string;
  #instance: DuckDBInstance;
  #connection: DuckDBConnection;
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | null = null;

  private constructor(file: string, instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#file = file;
    this.#instance = instance;
    this.#connection = connection;
  }

  /**
   * @param rival what keeps the same in another form: while a living process has it, nothing is opened or made
   * @throws STATE_IN_USE, STATE_NEWER, STATE_UNWRITABLE, ANALYTICS_CORRUPT
   */
  static async open(file: string, rival: string): Promise<Database> {
    await claim(file);
    try {
      await refuseOthers(rival);
      if (!(await exists(file))) await create(file);
      const database = await Database.#connect(file);
      await removeDeadClaims(file);
      return database;
    } catch (error) {
      await releaseClaim(file);
      throw error;
    }
  }

  static async #connect(file: string): Promise<Database> {
    const instance = await openInstance(file);
    const database = new Database(file, instance, await instance.connect());
    await database.#migrate();
    return database;
  }

  /** @throws ANALYTICS_READ_FAILED, ANALYTICS_CLOSED */
  read<Answer>(query: (connection: DuckDBConnection) => Promise<Answer>): Promise<Answer> {
    return this.#inTurn(async () => {
      try {
        return await query(this.#connection);
      } catch (cause) {
        throw failure("ANALYTICS_READ_FAILED", "A query failed.", this.#file, cause);
      }
    });
  }

  /**
   * One transaction: all that `work` does, or nothing.
   * @throws what `work` throws, if coded; ANALYTICS_WRITE_FAILED, ANALYTICS_CLOSED
   */
  write<Answer>(work: (connection: DuckDBConnection) => Promise<Answer>): Promise<Answer> {
    return this.#inTurn(async () => {
      try {
        await this.#connection.run("BEGIN TRANSACTION");
        const answer = await work(this.#connection);
        await this.#connection.run("COMMIT");
        return answer;
      } catch (cause) {
        await this.#recover();
        throw failure("ANALYTICS_WRITE_FAILED", "A record could not be stored.", this.#file, cause);
      }
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#last.then(async () => {
      this.#shut();
      await releaseClaim(this.#file);
    });
    return this.#closing;
  }

  async #inTurn<Answer>(action: () => Promise<Answer>): Promise<Answer> {
    if (this.#closing !== null) throw storageError("ANALYTICS_CLOSED", "The analytics database is closed.");
    const turn = this.#last.then(action);
    this.#last = turn.catch(() => undefined);
    return await turn;
  }

  async #migrate(): Promise<void> {
    try {
      await this.#connection.run("CREATE TABLE IF NOT EXISTS schema_steps (step INTEGER NOT NULL)");
      const result = await this.#connection.run("SELECT count(*)::DOUBLE FROM schema_steps");
      await this.#takeSteps(Number((await result.getRows())[0]?.[0]));
    } catch (error) {
      this.#shut();
      throw failure("STATE_UNWRITABLE", "The analytics database cannot be prepared.", this.#file, error);
    }
  }

  async #takeSteps(taken: number): Promise<void> {
    if (taken > MIGRATIONS.length) {
      const message = `The analytics database has schema ${taken}; this version knows ${MIGRATIONS.length}.`;
      throw storageError("STATE_NEWER", message, { location: this.#file });
    }
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index < taken) continue;
      await this.#connection.run(
        `BEGIN TRANSACTION; ${sql}; INSERT INTO schema_steps VALUES (${index + 1}); COMMIT`,
      );
    }
  }

  /** After a full disk DuckDB may refuse everything until the file is opened anew. */
  async #recover(): Promise<void> {
    try {
      await this.#connection.run("ROLLBACK").catch(() => undefined);
      await this.#connection.run("SELECT 1");
    } catch {
      this.#shut();
      this.#instance = await openInstance(this.#file);
      this.#connection = await this.#instance.connect();
    }
  }

  #shut(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

async function claim(file: string): Promise<void> {
  try {
    await claimFile(file);
  } catch (error) {
    throw failure(
      "STATE_UNWRITABLE",
      `The analytics database cannot be written (${systemCode(error) ?? "unknown"}).`,
      file,
      error,
    );
  }
}

/**
 * A new database is made whole under another name and then linked: whatever stops us, the file is either
 * not there or sound. Linking, unlike renaming, never replaces what another process has made meanwhile.
 */
async function create(file: string): Promise<void> {
  const draft = `${file}.new-${ownMark()}`;
  try {
    await rm(draft, { force: true });
    (await DuckDBInstance.create(draft, OPTIONS)).closeSync();
    await link(draft, file).catch(ignoreExisting);
    await syncDirectory(dirname(file));
  } catch (error) {
    throw failure("STATE_UNWRITABLE", "The analytics database cannot be made.", file, error);
  } finally {
    await rm(draft, { force: true });
  }
}

function ignoreExisting(error: unknown): void {
  if (systemCode(error) !== "EEXIST") throw error;
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw failure("STATE_UNWRITABLE", "The analytics database cannot be reached.", file, error);
  }
}

/** One thread: what is measured on this machine shall not feel the database. Nothing is fetched from the network. */
const OPTIONS = { threads: "1", autoinstall_known_extensions: "false" };

async function openInstance(file: string): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.create(file, OPTIONS);
  } catch (cause) {
    throw await openingFailure(file, cause);
  }
}

/** DuckDB says why only in prose, so the reason is found by looking: at other owners first, then at the file. */
async function openingFailure(file: string, cause: unknown): Promise<Error> {
  const holders = await otherClaims(file);
  if (holders.length > 0) return inUse(file, holders);
  const code = await accessCode(file);
  if (code !== null)
    return storageError("STATE_UNWRITABLE", `${file} cannot be written (${code}).`, {
      location: file,
      cause,
    });
  return storageError("ANALYTICS_CORRUPT", `${file} is damaged, or is no analytics database.`, {
    location: file,
    cause,
  });
}

/** Only ever called when this process has not got the file open: closing any handle would drop its lock. */
async function accessCode(file: string): Promise<string | null> {
  try {
    if (!(await stat(file)).isFile()) return "EISDIR";
    await (await open(file, "r+")).close();
    return null;
  } catch (error) {
    return systemCode(error) ?? "unknown";
  }
}

type FailureCode = "ANALYTICS_READ_FAILED" | "ANALYTICS_WRITE_FAILED" | "STATE_UNWRITABLE";

function failure(code: FailureCode, message: string, file: string, cause: unknown): Error {
  return cause instanceof MyriadError ? cause : storageError(code, message, { location: file, cause });
}
