/**
 * Quality gates: five, in topological order. An unmet dependency fails a gate as `dependency_failure`; a
 * critical failure stops the evaluation and the rest are `not_run`; a gate that throws fails as `error`.
 * Four are evaluated before the burst; `performance_baseline` after it, since no measurement exists earlier.
 */
import type { AuditReport } from "../../kernels/syntax/index.ts";
import type { Verdict } from "../../kernels/statistics/index.ts";
import type { GateResult } from "./session-document.ts";

export interface GateEvidence {
  readonly audit: AuditReport;
  /** Overall verdict of the burst; null before it. */
  readonly verdict: Verdict | null;
}

export interface Gate {
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly critical: boolean;
  readonly when: "before_burst" | "after_burst";
  judge(evidence: GateEvidence): Judgement;
}

export interface Judgement {
  readonly passed: boolean;
  readonly score: number;
  readonly reason: string | null;
  readonly details: readonly string[];
}

const ARCHITECTURE_BAR = 0.95;
const METHODOLOGY_BAR = 0.85;

export const GATES: readonly Gate[] = [
  {
    name: "constraint_compliance",
    dependencies: [],
    critical: true,
    when: "before_burst",
    judge({ audit }) {
      const violated = audit.checks.filter((check) => !check.passed);
      const score = audit.checks.length === 0 ? 1 : 1 - violated.length / audit.checks.length;
      const reason =
        violated.length === 0 ? null : `${violated.length} of ${audit.checks.length} rules violated`;
      return { passed: violated.length === 0, score, reason, details: violated.map(describe) };
    },
  },
  {
    name: "architectural_integrity",
    dependencies: ["constraint_compliance"],
    critical: true,
    when: "before_burst",
    judge({ audit }) {
      const scores = Object.entries(audit.architecture as unknown as Record<string, number>);
      const score = scores.reduce((sum, [, value]) => sum + value, 0) / scores.length;
      return atLeast(
        score,
        ARCHITECTURE_BAR,
        scores.map(([name, value]) => `${name} ${value.toFixed(3)}`),
      );
    },
  },
  {
    name: "security_validation",
    dependencies: ["constraint_compliance"],
    critical: true,
    when: "before_burst",
    judge({ audit }) {
      const high = audit.security.filter((finding) => finding.severity === "high");
      const details = audit.security.map((finding) => `${finding.severity}: ${describe(finding)}`);
      const reason = high.length === 0 ? null : `${high.length} findings of high severity`;
      return { passed: high.length === 0, score: high.length === 0 ? 1 : 0, reason, details };
    },
  },
  {
    name: "methodology_adherence",
    dependencies: ["constraint_compliance", "architectural_integrity"],
    critical: false,
    when: "before_burst",
    judge: ({ audit }) => atLeast(audit.methodologyScore, METHODOLOGY_BAR, []),
  },
  {
    name: "performance_baseline",
    dependencies: ["constraint_compliance"],
    critical: false,
    when: "after_burst",
    judge({ verdict }) {
      const passed = verdict !== null && verdict !== "regressed" && verdict !== "rejected";
      return {
        passed,
        score: passed ? 1 : 0,
        reason: passed ? null : `verdict ${verdict ?? "missing"}`,
        details: [],
      };
    },
  },
];

/** Evaluates the gates of one moment on top of what was evaluated before; returns all results so far. */
export function evaluateGates(
  when: Gate["when"],
  evidence: GateEvidence,
  earlier: readonly GateResult[] = [],
  gates: readonly Gate[] = GATES,
): readonly GateResult[] {
  const results = [...earlier];
  for (const gate of topological(gates.filter((gate) => gate.when === when))) {
    results.push(evaluate(gate, evidence, results));
  }
  return results;
}

function evaluate(gate: Gate, evidence: GateEvidence, results: readonly GateResult[]): GateResult {
  const base = { name: gate.name, critical: gate.critical, dependencies: gate.dependencies };
  const failed = (reason: string): GateResult => ({
    ...base,
    passed: false,
    score: null,
    reason,
    details: [],
  });
  if (results.some((result) => result.critical && !result.passed)) return failed("not_run");
  const passed = new Set(results.filter((result) => result.passed).map((result) => result.name));
  if (!gate.dependencies.every((name) => passed.has(name))) return failed("dependency_failure");
  try {
    return { ...base, ...gate.judge(evidence) };
  } catch (error) {
    return { ...failed("error"), details: [String(error)] };
  }
}

/** Dependencies within the list come first; what stands outside the list is taken as evaluated before. */
function topological(gates: readonly Gate[]): readonly Gate[] {
  const byName = new Map(gates.map((gate) => [gate.name, gate]));
  const order = new Set<Gate>();
  const visit = (gate: Gate): void => {
    if (order.has(gate)) return;
    for (const name of gate.dependencies) {
      const dependency = byName.get(name);
      if (dependency !== undefined) visit(dependency);
    }
    order.add(gate);
  };
  gates.forEach(visit);
  return [...order];
}

function atLeast(score: number, bar: number, details: readonly string[]): Judgement {
  const passed = score >= bar;
  return { passed, score, reason: passed ? null : `${score.toFixed(3)} is below ${bar}`, details };
}

function describe(finding: {
  readonly rule: string;
  readonly detail: string;
  readonly line: number | null;
}): string {
  return `${finding.rule}${finding.line === null ? "" : ` (line ${finding.line})`}: ${finding.detail}`;
}
