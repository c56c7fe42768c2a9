/** The memory journal, with appends that a test holds back, lets go or refuses. */
import type { Journal } from "../../runtime/contracts/index.ts";
import { openMemoryJournal } from "../../storage/index.ts";

export interface ScriptedJournal {
  readonly journal: Journal;
  /** How many events each append brought, in the order of the calls. */
  readonly sizes: readonly number[];
  /** Appends that wait to be let go. */
  held(): number;
  /** From now on appends wait for `letGo`. */
  hold(): void;
  /** Carries out the append that has waited longest. */
  letGo(): void;
  /** Carries out all that wait, in their order; from now on appends do not wait. */
  goOn(): void;
  /** From now on appends reject with what `reason` gives, and nothing is written. */
  refuse(reason: () => Error): void;
  /** Ends `refuse`. */
  accept(): void;
}

export function scriptedJournal(memory: Journal = openMemoryJournal()): ScriptedJournal {
  const waiting: (() => void)[] = [];
  const sizes: number[] = [];
  let holding = false;
  let refusal: (() => Error) | null = null;
  const append: Journal["append"] = async (...call) => {
    sizes.push(call[2].length);
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
    sizes,
    held: () => waiting.length,
    hold: () => void (holding = true),
    letGo: () => waiting.shift()!(),
    goOn: () => {
      holding = false;
      for (const letGo of waiting.splice(0)) letGo();
    },
    refuse: (reason) => void (refusal = reason),
    accept: () => void (refusal = null),
  };
}
