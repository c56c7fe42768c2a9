/**
 * Reward of a session: 10·passed checks − 2·violations + 5·[architecture compliant] − 5·[regression]
 * + 3·methodology score. The total grows with the number of checks; `normalised` divides the first two
 * terms by it, and is what learners use.
 */
import type { AuditReport } from "../../kernels/syntax/index.ts";
import type { GateResult, Reward } from "../workflow/session-document.ts";

export function rewardOf(audit: AuditReport, gates: readonly GateResult[], regression: boolean): Reward {
  const passed = audit.checks.filter((check) => check.passed).length;
  const violations = audit.checks.length - passed;
  const architecture = gates.some((gate) => gate.name === "architectural_integrity" && gate.passed);
  const components = {
    passed: 10 * passed,
    violations: violations === 0 ? 0 : -2 * violations,
    architecture: architecture ? 5 : 0,
    regression: regression ? -5 : 0,
    methodology: 3 * audit.methodologyScore,
  };
  const rest = components.architecture + components.regression + components.methodology;
  const counted = components.passed + components.violations;
  return { total: counted + rest, normalised: counted / Math.max(1, audit.checks.length) + rest, components };
}
