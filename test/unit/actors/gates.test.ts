import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { evaluateGates, GATES } from "../../../actors/workflow/gates.ts";
import type { Gate } from "../../../actors/workflow/gates.ts";
import type { GateResult } from "../../../actors/workflow/session-document.ts";
import { cleanAudit, violatedCheck } from "../../kit/audit.ts";

const outcomes = (results: readonly GateResult[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    results.map(({ name, passed, reason }) => [name, passed ? "passed" : (reason ?? "failed")]),
  );

describe("quality gates", () => {
  it("pass a clean audit before the burst, in topological order", () => {
    const results = evaluateGates("before_burst", { audit: cleanAudit(), verdict: null });
    assert.deepEqual(
      results.map(({ name, passed }) => [name, passed]),
      [
        ["constraint_compliance", true],
        ["architectural_integrity", true],
        ["security_validation", true],
        ["methodology_adherence", true],
      ],
    );
  });

  it("one violated rule fails constraint compliance, and as it is critical the rest is not run", () => {
    const audit = { ...cleanAudit(), checks: [...cleanAudit().checks, violatedCheck()] };
    assert.deepEqual(outcomes(evaluateGates("before_burst", { audit, verdict: null })), {
      constraint_compliance: "1 of 3 rules violated",
      architectural_integrity: "not_run",
      security_validation: "not_run",
      methodology_adherence: "not_run",
    });
  });

  it("architecture passes at a mean of 0.95 and fails just below", () => {
    const audit = cleanAudit();
    const scored = (score: number): GateResult =>
      evaluateGates("before_burst", {
        audit: { ...audit, architecture: { ...audit.architecture, modularity: score } },
        verdict: null,
      })[1]!;
    assert.equal(scored(0.75).passed, true);
    assert.equal(scored(0.7499).passed, false);
  });

  it("a high security finding fails, a medium one does not", () => {
    const finding = { rule: "prototype-write", detail: "writes to __proto__", line: 3 };
    const judged = (severity: "medium" | "high"): boolean =>
      evaluateGates("before_burst", {
        audit: { ...cleanAudit(), security: [{ ...finding, severity }] },
        verdict: null,
      })[2]!.passed;
    assert.deepEqual([judged("medium"), judged("high")], [true, false]);
  });

  it("methodology below 0.85 fails without stopping anything, as it is not critical", () => {
    const before = evaluateGates("before_burst", {
      audit: { ...cleanAudit(), methodologyScore: 0.84 },
      verdict: null,
    });
    const all = evaluateGates("after_burst", { audit: cleanAudit(), verdict: "improved" }, before);
    assert.equal(all[3]!.passed, false);
    assert.equal(all[4]!.passed, true);
  });

  it("performance is judged after the burst: any verdict but regressed and rejected passes", () => {
    const before = evaluateGates("before_burst", { audit: cleanAudit(), verdict: null });
    const passed = (["improved", "non_inferior", "inconclusive", "regressed", "rejected"] as const).map(
      (verdict) => evaluateGates("after_burst", { audit: cleanAudit(), verdict }, before)[4]!.passed,
    );
    assert.deepEqual(passed, [true, true, true, false, false]);
  });

  it("a gate that throws fails with reason error; one that depends on a failed one with dependency_failure", () => {
    const gate = (name: string, dependencies: readonly string[], judge: Gate["judge"]): Gate => ({
      name,
      dependencies,
      critical: false,
      when: "before_burst",
      judge,
    });
    const fine = { passed: true, score: 1, reason: null, details: [] };
    const gates = [
      gate("second", ["first"], () => fine),
      gate("first", [], () => {
        throw new Error("broken rule");
      }),
      gate("third", [], () => fine),
    ];
    const results = evaluateGates("before_burst", { audit: cleanAudit(), verdict: null }, [], gates);
    assert.deepEqual(outcomes(results), { first: "error", second: "dependency_failure", third: "passed" });
    assert.deepEqual(results[0]!.details, ["Error: broken rule"]);
  });

  it("are the five of the specification, with their dependencies", () => {
    assert.deepEqual(
      GATES.map(({ name, critical, dependencies }) => [name, critical, dependencies]),
      [
        ["constraint_compliance", true, []],
        ["architectural_integrity", true, ["constraint_compliance"]],
        ["security_validation", true, ["constraint_compliance"]],
        ["methodology_adherence", false, ["constraint_compliance", "architectural_integrity"]],
        ["performance_baseline", false, ["constraint_compliance"]],
      ],
    );
  });
});
