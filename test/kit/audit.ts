import type { AuditCheck, AuditReport } from "../../kernels/syntax/index.ts";

export function cleanAudit(): AuditReport {
  return {
    checks: [
      { rule: "parses", passed: true, detail: "", line: null },
      { rule: "type-checks", passed: true, detail: "", line: null },
    ],
    security: [],
    architecture: {
      separationOfConcerns: 1,
      singleResponsibility: 1,
      dontRepeatYourself: 1,
      modularity: 1,
      dependencyManagement: 1,
    },
    methodologyScore: 1,
  };
}

export function violatedCheck(): AuditCheck {
  return { rule: "no-new-imports", passed: false, detail: "imports node:fs", line: 1 };
}
