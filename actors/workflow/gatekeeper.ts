/** The gatekeeper: evaluates the gates that stand before the burst. */
import { phaseAgent } from "../agent/agent.ts";
import type { Agent } from "../agent/agent.ts";
import { evaluateGates } from "./gates.ts";

export const gatekeeper: Agent<"gates"> = phaseAgent("gatekeeper", "gates", ({ session }) =>
  Promise.resolve(evaluateGates("before_burst", { audit: session.outputs.validate!, verdict: null })),
);
