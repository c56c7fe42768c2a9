/** The examiner: decides whether the two versions behave the same, on the sealed inputs and all others. */
import { phaseAgent } from "../agent/agent.ts";
import type { Agent } from "../agent/agent.ts";
import { examineCommands } from "../command/command-phases.ts";
import { comparedVersions } from "../workflow/session-state.ts";
import { checkEquivalence } from "./equivalence.ts";

export const examiner: Agent<"equivalence"> = phaseAgent(
  "examiner",
  "equivalence",
  async ({ session }, services, call) => {
    if (session.start!.task.commands !== undefined) return await examineCommands(session, services, call);
    const { sealed, search, sandboxSeed } = session.outputs.prepare!;
    const { baseline, candidate } = comparedVersions(session);
    const inputs = [...sealed, ...search];
    const question = {
      subject: baseline!.program,
      candidate: candidate!.program,
      inputs,
      seed: sandboxSeed,
      limits: session.start!.task.limits,
    };
    const engines = [...new Set([services.realm, services.measuring])];
    const answer = await checkEquivalence(question, engines, call.signal);
    return {
      inputs: inputs.length,
      sealed: sealed.length,
      engines: engines.map((engine) => engine.name),
      ...answer,
    };
  },
);
