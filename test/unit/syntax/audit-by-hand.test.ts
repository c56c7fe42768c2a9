/** Candidates that a person wrote: another function, beside the subject or in a file of its own. */
import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import { auditCandidate } from "../../../kernels/syntax/index.ts";
import type { AuditReport } from "../../../kernels/syntax/index.ts";
import { temporaryProject } from "./fixture.ts";

const SUBJECT = `import { execSync } from "node:child_process";
import { first } from "./shared.ts";

/** A name on something. */
export type Tag = { readonly name: string; readonly weight?: number };

export const LIMIT = 1000;

// Keeps the first of each name.
export function unique(tags: readonly Tag[]): Tag[] {
  const kept: Tag[] = [];
  for (const tag of tags) {
    if (kept.length < LIMIT && !kept.some((other) => other.name === first(tag))) kept.push(tag);
  }
  return kept;
}

export function shell(command: string): string {
  return execSync(command).toString();
}
`;
const SHARED = `export const first = (tag: { readonly name: string }): string => tag.name;
export const made: unknown = eval("1");
`;
const HONEST = `(tags: readonly Tag[]): Tag[] {
  const seen = new Set<string>();
  const kept: Tag[] = [];
  for (const tag of tags) {
    if (kept.length >= LIMIT || seen.has(tag.name)) continue;
    seen.add(tag.name);
    kept.push(tag);
  }
  return kept;
}
`;

const project = temporaryProject({
  "a.ts": SUBJECT,
  "shared.ts": SHARED,
  "helper.ts": 'export const help = () => eval("1");',
});

/** `beside`: what stands behind the subject in its file; `own`: a file of the candidate's. Its name is `name`. */
function audit(
  code: { readonly beside: string } | { readonly own: string },
  constraints: readonly string[] = [],
  name = "evil",
): AuditReport {
  const own = "own" in code ? code.own : null;
  const text = SUBJECT + ("beside" in code ? code.beside : "");
  return auditCandidate({
    subject: { ref: { file: path.join(project, "a.ts"), exportName: "unique" }, source: text },
    candidate: {
      ref: { file: path.join(project, own === null ? "a.ts" : "b.ts"), exportName: name },
      source: own ?? text,
    },
    constraints,
  });
}

function failures({ checks }: AuditReport): readonly string[] {
  return checks.filter(({ passed }) => !passed).map(({ rule, detail }) => `${rule}: ${detail}`);
}

function assertFails(report: AuditReport, ...rules: readonly string[]): void {
  const found = new Set(report.checks.filter(({ passed }) => !passed).map(({ rule }) => rule));
  for (const rule of rules) assert.ok(found.has(rule), `${rule} passes; failed are ${[...found].join(", ")}`);
}

function assertPasses(report: AuditReport): void {
  assert.deepEqual(failures(report), []);
  assert.deepEqual(report.security, []);
  assert.deepEqual(new Set(Object.values(report.architecture)), new Set([1]));
  assert.equal(report.methodologyScore, 1);
}

const evil = (statements: string, name = "evil"): string =>
  `export function ${name}(tags: readonly Tag[]): Tag[] {\n  ${statements}\n  return unique(tags);\n}\n`;

describe("auditing a candidate beside its subject", () => {
  it("passes an honest one", () => {
    assertPasses(
      audit({ beside: `\n// Keeps the first of each name.\nexport function evil${HONEST}` }, [
        "no-new-dependencies",
        "no-mutation-of-parameters",
        "max-lines:20",
      ]),
    );
  });

  it("finds what the candidate does and the subject does not, all at once", () => {
    const report = audit({
      beside: evil(
        "const made: any = globalThis; eval('1'); new Function('return 1')(made); Array.prototype.map = made;",
      ),
    });
    assertFails(report, "no-dynamic-code", "no-global-writes", "no-suppressions");
    const found = report.security.map(({ rule }) => rule);
    assert.ok(found.includes("dynamic-code") && found.includes("prototype-write"), found.join());
  });

  const detours: readonly (readonly [string, string, string])[] = [
    ["no-dynamic-code", "a helper", `const help = () => eval("1");\n${evil("help();")}`],
    [
      "no-dynamic-code",
      "a helper's helper",
      `const run = eval;\nconst help = () => run("1");\n${evil("help();")}`,
    ],
    [
      "no-dynamic-code",
      "a class",
      `class Help { run() { return eval("1"); } }\n${evil("new Help().run();")}`,
    ],
    [
      "no-dynamic-code",
      "one of several constants",
      `const one = 1, two = eval("2");\n${evil("void [one, two];")}`,
    ],
    [
      "no-dynamic-code",
      "a variable that is set when the file is loaded",
      `let hack: ((text: string) => unknown) | null = null;\nhack = eval;\n${evil("hack?.('1');")}`,
    ],
    [
      "no-dynamic-code",
      "an object that is filled by a function that is called when the file is loaded",
      `const box = { run: (_: string): unknown => 1 };\nfunction fill(): void { box.run = eval; }\nfill();\n${evil("box.run('1');")}`,
    ],
    [
      "no-dynamic-code",
      "a mention beside the subject",
      `${evil("eval('1');")}void [unique, evil];\nexport const all = { unique, evil };`,
    ],
    ["no-new-imports", "an import of the file that the subject does not use", evil("execSync('ls');")],
    ["no-new-imports", "another function's import", evil("shell('ls');")],
    [
      "no-dynamic-code",
      "another module's constant",
      `import { made } from "./shared.ts";\n${evil("void made;")}`,
    ],
    [
      "no-suppressions",
      "a type that is any",
      `type Loose = any;\n${evil("const loose: Loose = 1; void loose;")}`,
    ],
    ["no-suppressions", "a silenced compiler", `// @ts-ignore\n${evil("")}`],
    ["complexity-bound", "branches", evil("if (LIMIT > 1) void 0;\n".repeat(30))],
    ["size-bound", "lines", evil("void 0;\n".repeat(120))],
  ];
  for (const [rule, what, beside] of detours) {
    it(`fails ${rule} for ${what}`, () => {
      assertFails(audit({ beside }), rule);
    });
  }

  it("tells the line", () => {
    const check = audit({ beside: evil("eval('1');") }).checks.find(({ passed }) => !passed);
    assert.equal(check?.line, SUBJECT.split("\n").length + 1);
  });

  it("does not blame the candidate for what others in the file do, nor for what the subject does too", () => {
    const others = `export function loose(x: any): unknown { return eval(x); }\nloose("1");\n`;
    assertPasses(audit({ beside: `${others}export function evil${HONEST}` }));
    const both = temporaryProject({
      "a.ts":
        "const now = () => eval('1') as number;\nexport const f = (x: number) => x + now();\nexport const g = (x: number) => now() + x;",
    });
    const at = (exportName: string) => ({ ref: { file: path.join(both, "a.ts"), exportName }, source: null });
    const report = auditCandidate({ subject: at("f"), candidate: at("g"), constraints: [] });
    assert.deepEqual(failures(report), []);
    assert.deepEqual(report.security, []);
  });

  it("judges a function of an object by itself, not by its neighbours", () => {
    const directory = temporaryProject({
      "a.cjs": "module.exports = { f(x) { return x; }, g(x) { return eval(x); }, h(x) { return x + 0; } };",
    });
    const at = (exportName: string) => ({
      ref: { file: path.join(directory, "a.cjs"), exportName },
      source: null,
    });
    const rules = (exportName: string): readonly string[] =>
      failures(auditCandidate({ subject: at("f"), candidate: at(exportName), constraints: [] }));
    assert.deepEqual(rules("h"), []);
    assert.equal(rules("g").length, 1);
  });
});

describe("auditing a candidate in a file of its own", () => {
  it("passes an honest one that uses types and constants of the subject's module", () => {
    assertPasses(
      audit({ own: `import { LIMIT, type Tag } from "./a.ts";\n\nexport function evil${HONEST}` }, [
        "no-new-dependencies",
        "no-mutation-of-parameters",
      ]),
    );
    assertPasses(
      audit({
        own: `import type { Tag } from "./a.ts";\n\nconst LIMIT = 1000;\n\nexport function evil${HONEST}`,
      }),
    );
  });

  it("passes one that writes its types out, or names them anew", () => {
    const plain = "{ readonly name: string; readonly weight?: number }";
    assertPasses(
      audit({ own: `const LIMIT = 1000;\nexport function evil${HONEST.replaceAll("Tag", plain)}` }),
    );
    const named = `interface Label { readonly weight?: number; readonly name: string }\n`;
    assertPasses(
      audit({ own: `const LIMIT = 1000;\n${named}export function evil${HONEST.replaceAll("Tag", "Label")}` }),
    );
  });

  it("passes one that takes the same helper, and one that calls the subject", () => {
    const own = `import { first } from "./shared.ts";\nimport { unique, type Tag } from "./a.ts";\n`;
    const body = "return tags.length < 2 || first(tags[0]!) === '' ? unique(tags) : unique([...tags]);";
    assertPasses(
      audit({ own: `${own}export const evil = (tags: readonly Tag[]): Tag[] => {\n  ${body}\n};\n` }),
    );
  });

  it("is not blamed for other functions in its file", () => {
    const own = `import { LIMIT, type Tag } from "./a.ts";\nexport function evil${HONEST}`;
    assertPasses(audit({ own: `${own}export function loose(x: any): unknown { return eval(x); }\n` }));
  });

  const imports = 'import { LIMIT, unique, shell, type Tag } from "./a.ts";\n';
  const bad: readonly (readonly [string, string, string])[] = [
    ["no-dynamic-code", "its function does", evil("eval('1');")],
    ["no-dynamic-code", "loading it does", `eval("1");\n${evil("")}`],
    ["no-dynamic-code", "a constant of its file does", `export const made = eval("1");\n${evil("")}`],
    ["no-global-writes", "loading it does", `Array.prototype.map = () => [];\n${evil("")}`],
    ["no-new-imports", "its import does", `import { help } from "./helper.ts";\n${evil("help();")}`],
    ["no-new-imports", "an import that is not used does", `import "./helper.ts";\n${evil("")}`],
    ["no-new-imports", "what it takes of the subject's module does", evil("shell('ls');")],
    ["no-suppressions", "the head of its file does", `// @ts-nocheck\n${evil("")}`],
    ["type-checks", "its function does not", evil("const n: number = 'x'; void n;")],
  ];
  for (const [rule, what, own] of bad) {
    it(`fails ${rule} where ${what}`, () => {
      const text = own.startsWith("// @ts-nocheck") ? own.replace("\n", `\n${imports}`) : imports + own;
      assertFails(audit({ own: text }), rule);
    });
  }

  const signatures = [
    "(tags: readonly Tag[]): readonly Tag[]",
    "(tags: Tag[]): Tag[]",
    "(tags: readonly Tag[], more?: number): Tag[]",
    "(tags?: readonly Tag[]): Tag[]",
    "(...tags: readonly Tag[]): Tag[]",
    "(tags: readonly { readonly name: string | number }[]): Tag[]",
    "(tags: readonly Tag[]): Promise<Tag[]>",
    "(tags: any): Tag[]",
    "(tags: readonly Tag[]): { readonly name: any }[]",
    "<T extends Tag>(tags: readonly T[]): T[]",
  ];
  const declared = signatures.map(
    (signature, index) => `export function evil${index}${signature} { return given; }\n`,
  );
  for (const [index, signature] of signatures.entries()) {
    it(`fails same-signature for ${signature}`, () => {
      const own = `import type { Tag } from "./a.ts";\nexport declare const given: never;\n`;
      assertFails(audit({ own: own + declared.join("") }, [], `evil${index}`), "same-signature");
    });
  }

  it("fails same-signature for another type of the same name", () => {
    const own = `type Tag = { readonly name: number };\nexport function evil(tags: readonly Tag[]): Tag[] { return [...tags]; }`;
    assertFails(audit({ own }), "same-signature");
  });

  it("compares generic functions", () => {
    const generic = "<Item, Key>(items: readonly Item[], key: (item: Item) => Key): Item[]";
    const directory = temporaryProject({
      "a.ts": `export function f${generic} { return items.filter((item) => key(item)); }`,
      "b.ts": `export const f = ${generic.replaceAll("Item", "T").replaceAll("Key", "K")} => items.filter((one) => key(one));`,
    });
    const at = (file: string) => ({
      ref: { file: path.join(directory, file), exportName: "f" },
      source: null,
    });
    assertPasses(auditCandidate({ subject: at("a.ts"), candidate: at("b.ts"), constraints: [] }));
  });
});

describe("reads of constructor", () => {
  const beside = (all: readonly string[]): string =>
    all.map((statement, index) => evil(statement, `evil${index}`)).join("");
  const reads = [
    "const F = (() => 1).constructor; void F;",
    "void (() => 1)['constructor'];",
    "void (() => 1)[`constructor`];",
    "const k = 'constructor'; void tags[k];",
    "void tags['con' + 'structor' as 'length'];",
    "void tags[`con${'structor'}` as 'length'];",
    "const { constructor: F } = () => 1; void F;",
    "const { constructor } = tags; void constructor;",
    "const { ['constructor']: F } = () => 1; void F;",
    "let F: unknown; ({ constructor: F } = () => 1); void F;",
    "let F: unknown; [{ constructor: F }] = [() => 1]; void F;",
    "let F: unknown; for ({ constructor: F } of [() => 1]) void F;",
    "void Reflect.get(() => 1, 'constructor');",
    "void Object.getOwnPropertyDescriptor(tags, 'constructor');",
    "const g: Record<string, unknown> & (() => number) = Object.assign(() => 1, {}); void g[tags[0]!.name];",
    "void tags.map(({ name: { constructor: F } }) => F);",
  ];
  for (const [index, statement] of reads.entries()) {
    it(`are dynamic code: ${statement}`, () => {
      assertFails(audit({ beside: beside(reads) }, [], `evil${index}`), "no-dynamic-code");
    });
  }

  const others = [
    "void (tags[0]?.name === 'constructor');",
    "void new Set(['__proto__', 'constructor']);",
    "void { constructor: 1 };",
    "class Own { constructor() { void 0; } } void Own;",
    "void Object.hasOwn(tags, 'constructor');",
    "const by: Record<string, number> = {}; void by[tags[0]!.name];",
  ];
  for (const [index, statement] of others.entries()) {
    it(`are not meant by ${statement}`, () => {
      assert.deepEqual(failures(audit({ beside: beside(others) }, [], `evil${index}`)), []);
    });
  }
});
