/**
 * Holds a candidate against its subject: rules, security, architecture, method. It reads, it never runs. A
 * candidate that does not parse, or has no such function, gets a report that says so and nothing else.
 */
import { MyriadError } from "../../runtime/contracts/index.ts";
import { architectureScores, NO_ARCHITECTURE } from "./architecture.ts";
import { CHECKS, failed, passed } from "./audit-checks.ts";
import { auditSides } from "./audit-scope.ts";
import type { AuditedModule, AuditSides } from "./audit-scope.ts";
import { constraintCheck } from "./audit-constraints.ts";
import { added, codeLines, commentsOf } from "./code-facts.ts";
import type { AuditCheck, AuditReport, AuditRequest, ModuleText } from "./protocol.ts";
import { securityFindings } from "./security.ts";
import { loadModule } from "./typed-module.ts";
import type { TypedModule } from "./typed-module.ts";

/** @throws AUDIT_UNKNOWN_CONSTRAINT; what `loadModule` throws for the subject. */
export function auditCandidate(request: AuditRequest): AuditReport {
  const asked = request.constraints.map(constraintCheck);
  const subject = loadModule(request.subject);
  const candidate = loadCandidate(request.candidate);
  if ("rule" in candidate) return refusal(candidate);
  const sides = auditSides(subject, candidate);
  const checks = [passed("parses", "parses"), ...[...CHECKS, ...asked].map((check) => check(sides))];
  return {
    checks,
    security: securityFindings(sides),
    architecture: architectureScores(sides),
    methodologyScore: methodologyScore(sides, checks),
  };
}

function loadCandidate(module: ModuleText): TypedModule | AuditCheck {
  try {
    return loadModule(module);
  } catch (thrown) {
    if (!(thrown instanceof MyriadError) || !thrown.code.startsWith("SUBJECT_")) throw thrown;
    const rule = thrown.code === "SUBJECT_SYNTAX_ERROR" ? "parses" : "same-exports";
    const line = /:(\d+):\d+$/.exec(thrown.location ?? "")?.[1];
    return failed(rule, thrown.message, line === undefined ? null : Number(line));
  }
}

function refusal(check: AuditCheck): AuditReport {
  const checks = check.rule === "parses" ? [check] : [passed("parses", "parses"), check];
  return {
    checks,
    security: [],
    architecture: NO_ARCHITECTURE,
    methodologyScore: checks.length === 1 ? 0 : 0.25,
  };
}

/**
 * Mean of four shares: parsed; no type errors added; lines of the subject outside of the function that still
 * stand; comments of the subject that still stand. A candidate by hand changes no file: the first two alone.
 */
function methodologyScore({ subject, candidate, byHand }: AuditSides, checks: readonly AuditCheck[]): number {
  const typed = checks.some(({ rule, passed }) => rule === "type-checks" && passed) ? 1 : 0;
  if (byHand) return (1 + typed) / 2;
  const minimal = keptShare(linesOutside(subject), codeLines(candidate.functionFile.text));
  const documented = keptShare(commentsOf(subject.nodes), commentsOf(candidate.nodes));
  return (1 + typed + minimal + documented) / 4;
}

function linesOutside({ functionFile, declaration }: AuditedModule): readonly string[] {
  return codeLines(
    functionFile.text.slice(0, declaration.getStart()) + functionFile.text.slice(declaration.getEnd()),
  );
}

function keptShare(before: readonly string[], after: readonly string[]): number {
  const lost = added(after, before, (text) => text).length;
  return before.length === 0 ? 1 : 1 - lost / before.length;
}
