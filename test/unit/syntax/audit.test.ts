import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { auditCandidate } from "../../../kernels/syntax/index.ts";
import type { AuditReport } from "../../../kernels/syntax/index.ts";
import { repeatsRepetition } from "../../../kernels/syntax/security.ts";
import { fixture, temporaryProject } from "./fixture.ts";

const REF = { file: fixture("dedupe.ts"), exportName: "dedupe" };
const TEXT = readFileSync(REF.file, "utf8");

function audit(source: string, constraints: readonly string[] = []): AuditReport {
  return auditCandidate({
    subject: { ref: REF, source: null },
    candidate: { ref: REF, source },
    constraints,
  });
}

/** The subject with statements put at the function's start. */
function withBody(statements: string): string {
  return TEXT.replace("  const kept", `${statements}\n  const kept`);
}

function failures(report: AuditReport): readonly string[] {
  return report.checks.filter(({ passed }) => !passed).map(({ rule }) => rule);
}

function findings(report: AuditReport): readonly string[] {
  return report.security.map(({ rule, severity }) => `${rule} ${severity}`);
}

describe("auditing a candidate", () => {
  const always = [
    "max-lines:50",
    "max-complexity:10",
    "no-comments-removed",
    "no-mutation-of-parameters",
    "no-new-dependencies",
  ];

  it("finds nothing in an unchanged one and scores it 1 throughout", () => {
    const report = audit(TEXT, always);
    assert.deepEqual(failures(report), []);
    assert.equal(report.checks.length, 15);
    assert.deepEqual(report.security, []);
    assert.deepEqual(new Set(Object.values(report.architecture)), new Set([1]));
    assert.equal(report.methodologyScore, 1);
  });

  it("passes an honest improvement", () => {
    const better = TEXT.replace("const kept", "const seen = new Set<string>();\n  const kept")
      .replace("!kept.some((other) => other.id === order.id)", "!seen.has(order.id)")
      .replace("kept.push(order)", "{ seen.add(order.id); kept.push(order); }");
    const report = audit(better, always);
    assert.deepEqual(failures(report), []);
    assert.deepEqual(report.security, []);
  });

  const broken: readonly (readonly [string, string, string])[] = [
    ["type-checks", "a type error", withBody("  const n: number = 'x';")],
    ["no-new-imports", "a new import", `import { sep } from "./other.ts";\n${TEXT}`],
    ["no-dynamic-code", "eval", withBody("  eval('1');")],
    ["no-dynamic-code", "the Function constructor", withBody("  new Function('return 1')();")],
    [
      "no-dynamic-code",
      "the Function constructor by a detour",
      withBody("  (() => 1).constructor('return 1');"),
    ],
    ["no-dynamic-code", "import()", withBody("  void import('./reexported.ts');")],
    ["no-dynamic-code", "process", withBody("  process.exit(1);")],
    ["no-dynamic-code", "globalThis", withBody("  globalThis.toString();")],
    ["same-exports", "a lost export", TEXT.replace("export const limit", "const limit")],
    ["same-exports", "an added export", `${TEXT}\nexport const more = 1;`],
    ["same-exports", "a lost function", TEXT.replace("export function dedupe", "function dedupe")],
    ["same-signature", "another parameter type", TEXT.replace("readonly Order[]", "Order[]")],
    ["same-signature", "another result", TEXT.replace(": Order[] {", ": readonly Order[] {")],
    [
      "no-global-writes",
      "a write to a built-in prototype",
      withBody("  Object.assign(Array.prototype, { x: 1 });"),
    ],
    ["no-global-writes", "a write to a global", withBody("  Math.abs = () => 1;")],
    [
      "complexity-bound",
      "too many branches",
      withBody("  if (limit) kept;\n".repeat(20).replaceAll("kept", "limit")),
    ],
    ["size-bound", "too many lines", withBody("  limit.toFixed();\n".repeat(100))],
    ["no-suppressions", "a silenced compiler", withBody("  // @ts-ignore\n  limit.absent;")],
    ["no-suppressions", "a silenced linter", withBody("  /* eslint-disable */")],
    ["no-suppressions", "any", withBody("  const loose: any = limit;\n  String(loose);")],
    ["parses", "a syntax error", "export function dedupe("],
  ];
  for (const [rule, what, source] of broken) {
    it(`fails ${rule} for ${what}`, () => {
      assert.ok(failures(audit(source)).includes(rule));
    });
  }

  it("tells the line of a failure", () => {
    const check = audit(withBody("  eval('1');")).checks.find(({ rule }) => rule === "no-dynamic-code");
    assert.equal(check?.line, TEXT.slice(0, TEXT.indexOf("  const kept")).split("\n").length);
  });

  it("does not blame the candidate for what the subject does", () => {
    const source = withBody("  eval('1'); Math.random();");
    const both = { ref: REF, source };
    const report = auditCandidate({ subject: both, candidate: both, constraints: [] });
    assert.deepEqual(failures(report), []);
    assert.deepEqual(report.security, []);
  });

  it("reports a candidate that does not parse and judges nothing else", () => {
    const report = audit("export function dedupe(");
    assert.deepEqual(
      report.checks.map(({ rule }) => rule),
      ["parses"],
    );
    assert.equal(report.methodologyScore, 0);
  });

  it("compares a candidate in a file of its own", () => {
    const directory = temporaryProject({
      "mine.ts": TEXT.replace("./reexported.ts", fixture("reexported.ts")),
    });
    const candidate = { ref: { file: path.join(directory, "mine.ts"), exportName: "dedupe" }, source: null };
    const report = auditCandidate({ subject: { ref: REF, source: null }, candidate, constraints: [] });
    assert.ok(!failures(report).includes("same-exports"));
  });

  it("audits scripts without types", () => {
    const directory = temporaryProject({ "a.cjs": "exports.f = function (a) { return a; };" });
    const ref = { file: path.join(directory, "a.cjs"), exportName: "f" };
    const source = "exports.f = function (a) { return undeclared = a; };";
    const report = auditCandidate({
      subject: { ref, source: null },
      candidate: { ref, source },
      constraints: [],
    });
    assert.deepEqual(failures(report), ["no-global-writes"]);
  });
});

describe("constraints of a task", () => {
  it("hold the function to lines and complexity", () => {
    assert.deepEqual(failures(audit(TEXT, ["max-lines:7", "max-complexity:4"])), []);
    assert.deepEqual(failures(audit(TEXT, ["max-lines:6", "max-complexity:3"])), [
      "max-lines",
      "max-complexity",
    ]);
  });

  it("keep comments", () => {
    assert.deepEqual(
      failures(audit(TEXT.replace("// Keeps the first of each id.\n", ""), ["no-comments-removed"])),
      ["no-comments-removed"],
    );
  });

  const mutations = [
    "(orders as Order[]).push(orders[0]!);",
    "(orders[0] as { id: string }).id = '';",
    "delete (orders as Order[])[0];",
  ];
  for (const statement of mutations) {
    it(`see that ${statement} changes a parameter`, () => {
      assert.deepEqual(failures(audit(withBody(`  ${statement}`), ["no-mutation-of-parameters"])), [
        "no-mutation-of-parameters",
      ]);
    });
  }

  it("refuse a new package", () => {
    const source = `import { x } from "@scope/pack/deep";\n${TEXT}`;
    assert.ok(failures(audit(source, ["no-new-dependencies"])).includes("no-new-dependencies"));
  });

  for (const id of ["nope", "max-lines", "max-lines:x", "no-comments-removed:3", "constructor", ""]) {
    it(`do not include ${JSON.stringify(id)}`, () => {
      assert.throws(() => audit(TEXT, [id]), {
        code: "AUDIT_UNKNOWN_CONSTRAINT",
        message: /max-lines:N.*no-new-dependencies/,
      });
    });
  }
});

describe("security findings", () => {
  const shapes: readonly (readonly [string, string])[] = [
    ["  eval('1');", "dynamic-code high"],
    ["  Math.abs = () => 1;", "global-write high"],
    ["  ({} as { __proto__: unknown }).__proto__ = null;", "prototype-write high"],
    [
      "  const d: Record<string, Record<string, number>> = {}; d[orders[0]!.id]![orders[1]!.id] = 1;",
      "prototype-pollution medium",
    ],
    ["  /(a+)+$/.test('');", "catastrophic-regex medium"],
    ["  new RegExp('(?:x*y?)*').test('');", "catastrophic-regex medium"],
    ["  new RegExp(orders[0]!.id).test('');", "dynamic-regex low"],
    ["  Math.random();", "chance-or-time low"],
    ["  new Date();", "chance-or-time low"],
  ];
  for (const [statement, finding] of shapes) {
    it(`hold ${finding} for ${statement.trim()}`, () => {
      assert.ok(findings(audit(withBody(statement))).includes(finding));
    });
  }

  it("hold a module that reaches the machine", () => {
    assert.ok(
      findings(audit(`import { execSync } from "node:child_process";\n${TEXT}`)).includes(
        "dangerous-module high",
      ),
    );
  });

  it("tell a repeated repetition from harmless patterns", () => {
    for (const bad of [
      "(a+)+",
      "(a*)*b",
      "([a-z]+,?)+",
      "(?:(x+)y?)*",
      "((ab)+c)*",
      String.raw`(\d+)*`,
      "(a{2,})+",
    ]) {
      assert.ok(repeatsRepetition(bad), bad);
    }
    for (const good of ["a+b*", "(ab)+", "[(+]+", String.raw`\(a+\)+`, "(a|b)*c", "(a{2})+", "(?:ab?)*"]) {
      assert.ok(!repeatsRepetition(good), good);
    }
  });
});

describe("scores", () => {
  it("fall with each figure that grows", () => {
    const twice =
      "\nfunction again(orders: readonly Order[]): Order[] {\n  const kept: Order[] = [];\n  for (const order of orders) {\n    if (!kept.some((other) => other.id === order.id)) kept.push(order);\n  }\n  return add(kept.length, 0) > 0 ? kept : [];\n}\nagain([]);\n";
    assert.ok(audit(TEXT + twice).architecture.dontRepeatYourself < 1);
    assert.ok(audit(withBody("  console.log(1);")).architecture.separationOfConcerns < 1);
    assert.ok(
      audit(withBody("  if (limit > 1) String(1);\n".repeat(12))).architecture.singleResponsibility < 1,
    );
    assert.ok(audit(withBody("  String(1);\n".repeat(60))).architecture.modularity < 1);
    assert.ok(audit(`import "./other.ts";\n${TEXT}`).architecture.dependencyManagement < 1);
  });

  it("leave a function alone that stays small by itself: complexity 10, 50 lines", () => {
    assert.equal(audit(withBody("  if (limit > 1) String(1);")).architecture.singleResponsibility, 1);
    assert.equal(audit(withBody("  String(1);\n".repeat(10))).architecture.modularity, 1);
  });

  it("lower the method's for types broken and comments and lines lost", () => {
    assert.equal(audit(withBody("  const n: number = 'x';")).methodologyScore, 0.75);
    assert.ok(audit(TEXT.replace("// Keeps the first of each id.\n", "")).methodologyScore < 1);
    assert.ok(audit(TEXT.replace("/** An order. */\n", "")).methodologyScore < 1);
  });
});
