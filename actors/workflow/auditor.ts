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
    const { info } = session.outputs.prepare!;
    const subject = { ref: info.ref, source: info.source };
    const candidate = { ref: task.candidate ?? info.ref, source: otherVersion(session)!.source };
    return services.executor.run(
      auditKernel,
      { subject, candidate, constraints: task.constraints },
      { signal },
    );
  },
);
