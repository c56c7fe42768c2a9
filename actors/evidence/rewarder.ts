/** The agent that scores a session. */
import { phaseAgent } from "../agent/agent.ts";
import type { Agent } from "../agent/agent.ts";
import { verdictOf } from "../workflow/session-state.ts";
import { rewardOf } from "./reward.ts";

export const rewarder: Agent<"reward"> = phaseAgent("rewarder", "reward", ({ session }) => {
  const { validate, gates, compare } = session.outputs;
  return Promise.resolve(
    rewardOf(validate!, compare?.gates ?? gates ?? [], verdictOf(session) === "regressed"),
  );
});
