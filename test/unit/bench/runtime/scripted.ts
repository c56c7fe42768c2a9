/** A small question with scripted children: contenders that print what a test says. */
import type { Measured } from "../../../../bench/myriad/measuring.ts";
import type { Command, Contender } from "../../../../bench/runtime/contenders.ts";
import type { Plan } from "../../../../bench/runtime/plan.ts";
import type { Field } from "../../../../bench/runtime/question.ts";

export const PLAN: Plan = {
  name: "tell",
  workload: "tell",
  size: 1_000,
  quickSize: 100,
  step: 10,
  check: (size) => 2 * size,
  rows: [
    { name: "tell vs rival", unit: "messages/s", measure: "rate", bound: { than: "rival", atLeast: 2 } },
    {
      name: "tell vs best",
      unit: "messages/s",
      measure: "rate",
      bound: { than: "best JS peer", atLeast: 4 },
    },
  ],
};

export function contender(name: string, given: Partial<Contender> = {}): Contender {
  const start = (_plan: Plan, size: number): Command => ({ file: name, args: [String(size)] });
  return { name, needs: null, library: false, shares: { [PLAN.name]: 1 }, start, ...given };
}

/** Does all that is asked of it, in `seconds`. */
export const working = (size: number, seconds: number): Measured => ({
  done: size,
  seconds,
  check: 2 * size,
});

export type Script = Readonly<Record<string, (size: number) => unknown>>;

export interface Scripted extends Field {
  /** `name size`, in the order in which the children ran. */
  readonly ran: readonly string[];
}

export function scripted(contenders: readonly Contender[], script: Script, plan: Plan = PLAN): Scripted {
  const ran: string[] = [];
  return {
    plans: [plan],
    contenders,
    installed: { missing: { erlang: "no erlc" }, versions: "rival 1.0" },
    filesystem: "ext4",
    ran,
    runChild({ file, args }) {
      ran.push(`${file} ${args[0]!}`);
      return Promise.resolve().then(() => `hello\n${JSON.stringify(script[file]!(Number(args[0])))}\n`);
    },
  };
}
