/** The generator: the hand-written candidate where the task brings one, else the search. */
import { seededRandom } from "../../runtime/contracts/index.ts";
import { phaseAgent } from "../agent/agent.ts";
import type { Agent } from "../agent/agent.ts";
import { searchRewrites } from "./search.ts";

export const generator: Agent<"generate"> = phaseAgent(
  "generator",
  "generate",
  async ({ session }, services, call) => {
    const { task, seed } = session.start!;
    const { other, subject, search, searchBatch, sandboxSeed, info } = session.outputs.prepare!;
    if (other !== null) {
      const link = { source: other.source, program: other.program, rules: [other.label] };
      return { chain: [link], summary: { candidates: 1, accepted: 1, history: [] } };
    }
    const request = {
      ref: info.ref,
      source: info.source,
      program: subject.program,
      inputs: search,
      batch: searchBatch,
      constraints: task.constraints,
      seed: sandboxSeed,
      limits: task.limits,
      random: seededRandom(seed),
    };
    const listener = {
      progress: (tried: number, accepted: number): void =>
        call.progress({
          done: tried,
          total: null,
          unit: "candidates",
          text: `${accepted} rewrites accepted`,
        }),
    };
    const { candidates, chain, history } = await searchRewrites(request, services, listener, call.signal);
    return { chain, summary: { candidates, accepted: chain.length, history } };
  },
);
