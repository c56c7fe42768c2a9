/** The memory journal, with appends that a test holds back, lets go or refuses. */
import type { Journal } from "../../runtime/contracts/index.ts";
import { openMemoryJournal } from "../../storage/index.ts";

export interface ScriptedJournal {
  readonly journal: Journal;
  /** Appends that wait to be let go. */
  held(): number;
  /** From now on appends wait for `letGo`. */
  hold(): void;
  /** Carries out the append that has waited longest. */
  letGo(): void;
  /** From now on appends reject with what `reason` gives, and nothing is written. */
  refuse(reason: () => Error): void;
}

export function scriptedJournal(memory: Journal = openMemoryJournal()): ScriptedJournal {
  const waiting: (() => void)[] = [];
  let holding = false;
  let refusal: (() => Error) | null = null;
  const append: Journal["append"] = async (...call) => {
    if (holding) await new Promise<void>((resolve) => waiting.push(resolve));
    if (refusal !== null) throw refusal();
    return await memory.append(...call);
  };
  return {
    journal: {
      append,
      read: (...call) => memory.read(...call),
      revision: (...call) => memory.revision(...call),
      streams: (...call) => memory.streams(...call),
      saveSnapshot: (...call) => memory.saveSnapshot(...call),
      loadSnapshot: (...call) => memory.loadSnapshot(...call),
      close: () => memory.close(),
    },
    held: () => waiting.length,
    hold: () => void (holding = true),
    letGo: () => waiting.shift()!(),
    refuse: (reason) => void (refusal = reason),
  };
}
