/** Services and calls for agents under test: what a test does not give is not to be touched. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mkdtemp, rm } from "node:fs/promises";
import type { AgentCall } from "../../actors/agent/agent.ts";
import type { Services } from "../../actors/agent/services.ts";
import { evidenceActor, EvidenceStore } from "../../actors/evidence/evidence-store.ts";
import type { EvidenceMessage, EvidenceWrite } from "../../actors/evidence/evidence-store.ts";
import { actor } from "../../runtime/index.ts";
import { createTestSystem } from "../../runtime/testkit/index.ts";
import { openStateDirectory } from "../../storage/index.ts";
import type { StateDirectory } from "../../storage/index.ts";

export function servicesOf(given: Partial<Services>): Services {
  return new Proxy(given as Services, {
    get(target, name) {
      if (Object.hasOwn(target, name)) return target[name as keyof Services];
      throw new Error(`the test gives no service "${String(name)}"`);
    },
  });
}

export function callOf(part: Partial<AgentCall> = {}): AgentCall {
  return {
    signal: new AbortController().signal,
    progress: () => undefined,
    keepFork: () => Promise.resolve(),
    ...part,
  };
}

export interface Kept {
  readonly state: StateDirectory;
  readonly evidence: EvidenceStore;
  /** Closes both and removes the folder. */
  close(): Promise<void>;
}

/** A real state directory in a folder of its own, with the one writer of its database. */
export async function openKept(): Promise<Kept> {
  const folder = await mkdtemp(join(tmpdir(), "myriad-actors-"));
  const state = await openStateDirectory(folder);
  const { system } = createTestSystem({ startedAt: 5_000 });
  return {
    state,
    evidence: new EvidenceStore(system.spawn(evidenceActor, state.analytics)),
    async close() {
      await system.shutdown();
      await state.close();
      await rm(folder, { recursive: true });
    },
  };
}

const recordingActor = actor({
  name: "recording-evidence",
  initial: (onWrite: (write: EvidenceWrite) => void) => onWrite,
  receive(onWrite, message: EvidenceMessage) {
    if (message.kind === "write") {
      onWrite(message.write);
      message.reply.send(null);
    }
    return onWrite;
  },
});

/** Evidence that is told to the test instead of a database. */
export function recordingEvidence(onWrite: (write: EvidenceWrite) => void): EvidenceStore {
  const { system } = createTestSystem();
  return new EvidenceStore(system.spawn(recordingActor, onWrite));
}
