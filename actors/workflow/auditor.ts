/** The auditor: parses, type-checks and holds the candidate against the rules; it never runs the code. */
import { auditKernel } from "../../kernels/syntax/index.ts";
import { phaseAgent } from "../agent/agent.ts";
import type { Agent } from "../agent/agent.ts";
import { otherVersion } from "./session-state.ts";

export const auditor: Agent<"validate"> = phaseAgent(
  "auditor",
  "validate",
  ({ session }, services, { signal }) => {
    const { task } = session.start!;
    const subject = { ref: task.subject, source: session.outputs.prepare!.info.source };
    const candidate = { ref: task.candidate ?? task.subject, source: otherVersion(session)!.source };
    return services.executor.run(auditKernel, { subject, candidate, constraints: task.constraints }, { signal });
  },
);
