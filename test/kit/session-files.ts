/** What a session has left in its state directory, read without the command line. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFileJournal, openStateDirectory } from "../../storage/index.ts";

interface SessionEvent {
  readonly kind: string;
  readonly phase?: string;
  readonly fork?: { readonly version: string; readonly fork: number };
}

/** All segments, one after another. */
export function journalBytes(state: string): Buffer {
  const folder = join(state, "journal");
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".journal")) : [];
  return Buffer.concat(names.toSorted().map((name) => readFileSync(join(folder, name))));
}

/** The last segment's path. */
export function lastSegment(state: string): string {
  const folder = join(state, "journal");
  return join(
    folder,
    readdirSync(folder)
      .filter((name) => name.endsWith(".journal"))
      .toSorted()
      .at(-1)!,
  );
}

/** How many forks the journal holds; may be asked while the session runs. */
export function forksKept(state: string): number {
  return journalBytes(state).toString("latin1").split("fork_finished").length - 1;
}

export function lastSession(state: string): string {
  return readFileSync(join(state, "last-session"), "utf8");
}

/** The whole frames of a journal whose owner is dead: a torn end is not part of it. The files are left alone. */
export async function confirmedBytes(state: string): Promise<Buffer> {
  const bytes = journalBytes(state);
  const copy = await mkdtemp(join(tmpdir(), "myriad-journal-"));
  try {
    await cp(join(state, "journal"), copy, { recursive: true });
    const journal = await openFileJournal(copy);
    await journal.close();
    return bytes.subarray(0, bytes.length - (journal.recovery?.truncatedBytes ?? 0));
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/**
 * Holds an ended session to: every phase finished once, every planned fork measured once, and exactly its
 * samples in the database.
 */
export async function assertWhole(path: string, session: string, plan: WholePlan): Promise<void> {
  const state = await openStateDirectory(path);
  try {
    const events: SessionEvent[] = [];
    for await (const entry of state.journal.read(`session/${session}`))
      events.push(entry.event as SessionEvent);
    assert.deepEqual(
      events.flatMap(({ kind, phase }) => (kind === "phase_finished" ? [phase] : [])),
      plan.phases,
    );
    const forks = events.flatMap(({ fork }) => (fork === undefined ? [] : [`${fork.version}/${fork.fork}`]));
    const planned = plan.versions.flatMap((version) =>
      Array.from({ length: plan.forks }, (_, fork) => `${version}/${fork}`),
    );
    assert.deepEqual(forks.toSorted(), planned.toSorted(), "each fork once");
    assert.equal(events.at(-1)?.kind, "session_ended");
    const rows = await state.analytics.forksOf(session);
    assert.deepEqual(rows.map(({ version, fork }) => `${version}/${fork}`).toSorted(), planned.toSorted());
    for (const version of plan.versions) {
      const samples = await state.analytics.samplesOf(session, plan.caseId, version, "wall_time");
      assert.deepEqual(
        samples.map(({ length }) => length),
        Array.from({ length: plan.forks }, () => plan.iterations),
      );
    }
  } finally {
    await state.close();
  }
}

export interface WholePlan {
  readonly caseId: string;
  readonly phases: readonly string[];
  readonly versions: readonly string[];
  /** A version. */
  readonly forks: number;
  /** A fork. */
  readonly iterations: number;
}
