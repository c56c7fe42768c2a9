/**
 * What a candidate adds that may be turned against its callers. Each rule looks at the syntax alone: it finds
 * shapes, and says nothing about whether they can be reached.
 */
import ts from "typescript";
import { addedNodes, isDynamicCode, isGlobalWrite, shortText } from "./audit-checks.ts";
import type { AuditSides } from "./audit-scope.ts";
import { isGlobal, isNamed, lineOf, writtenBy } from "./code-facts.ts";
import type { SecurityFinding } from "./protocol.ts";
import type { TypedModule } from "./typed-module.ts";

interface SecurityRule {
  readonly rule: string;
  readonly severity: SecurityFinding["severity"];
  readonly detail: string;
  readonly test: (node: ts.Node, module: TypedModule) => boolean;
}

const RULES: readonly SecurityRule[] = [
  {
    rule: "dynamic-code",
    severity: "high",
    detail: "makes or reaches code at run time",
    test: isDynamicCode,
  },
  { rule: "global-write", severity: "high", detail: "changes what all other code uses", test: isGlobalWrite },
  { rule: "dangerous-module", severity: "high", detail: "reaches the machine", test: isDangerousImport },
  { rule: "prototype-write", severity: "high", detail: "writes to a prototype", test: isPrototypeWrite },
  {
    rule: "prototype-pollution",
    severity: "medium",
    detail: "writes two keys deep by names from outside",
    test: isDeepKeyedWrite,
  },
  {
    rule: "catastrophic-regex",
    severity: "medium",
    detail: "repeats a repetition: time can grow exponentially",
    test: isCatastrophicRegex,
  },
  {
    rule: "dynamic-regex",
    severity: "low",
    detail: "makes a regular expression from a value",
    test: isDynamicRegex,
  },
  { rule: "chance-or-time", severity: "low", detail: "depends on chance or time", test: isChanceOrTime },
];

/** Findings of the candidate that the subject does not have. */
export function securityFindings(sides: AuditSides): readonly SecurityFinding[] {
  return RULES.flatMap(({ rule, severity, detail, test }) =>
    addedNodes(sides, test).map((node) => ({
      rule,
      severity,
      detail: `${detail}: ${shortText(node)}`,
      line: lineOf(node),
    })),
  );
}

const DANGEROUS =
  /^(?:node:)?(?:child_process|cluster|dgram|fs|http|http2|https|inspector|module|net|process|repl|tls|vm|worker_threads)(?:\/|$)/;

function isDangerousImport(node: ts.Node): boolean {
  const { parent } = node;
  const loads =
    ts.isStringLiteralLike(node) &&
    (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) || ts.isCallExpression(parent));
  if (!loads || !DANGEROUS.test(node.text)) return false;
  return (
    !ts.isCallExpression(parent) ||
    isNamed(parent.expression, "require") ||
    parent.expression.kind === ts.SyntaxKind.ImportKeyword
  );
}

function isPrototypeWrite(node: ts.Node): boolean {
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression))
    return node.expression.name.text === "setPrototypeOf";
  let target = writtenBy(node);
  while (
    target !== undefined &&
    (ts.isPropertyAccessExpression(target) || ts.isElementAccessExpression(target))
  ) {
    const name = ts.isPropertyAccessExpression(target) ? target.name : target.argumentExpression;
    if (isPrototypeName(name)) return true;
    target = target.expression;
  }
  return false;
}

function isPrototypeName(node: ts.Node): boolean {
  const isName = ts.isIdentifier(node) || ts.isStringLiteralLike(node);
  return isName && (node.text === "__proto__" || node.text === "prototype");
}

/** `a[key][name] = value`, where both are strings that the text does not show. */
function isDeepKeyedWrite(node: ts.Node, { checker }: TypedModule): boolean {
  const target = writtenBy(node);
  if (target === undefined || !ts.isElementAccessExpression(target)) return false;
  const outer = ts.isNonNullExpression(target.expression) ? target.expression.expression : target.expression;
  const isOpen = (key: ts.Expression): boolean => {
    const { flags } = checker.getTypeAtLocation(key);
    return (flags & (ts.TypeFlags.String | ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0;
  };
  return (
    ts.isElementAccessExpression(outer) &&
    isOpen(outer.argumentExpression) &&
    isOpen(target.argumentExpression)
  );
}

function isCatastrophicRegex(node: ts.Node): boolean {
  const source = ts.isRegularExpressionLiteral(node)
    ? node.text.slice(1, node.text.lastIndexOf("/"))
    : regexSource(node);
  return source !== undefined && repeatsRepetition(source);
}

function regexSource(node: ts.Node): string | undefined {
  const [pattern] = regexArguments(node);
  return pattern !== undefined && ts.isStringLiteralLike(pattern) ? pattern.text : undefined;
}

function isDynamicRegex(node: ts.Node): boolean {
  const [pattern] = regexArguments(node);
  return pattern !== undefined && !ts.isStringLiteralLike(pattern) && !ts.isRegularExpressionLiteral(pattern);
}

function regexArguments(node: ts.Node): readonly ts.Expression[] {
  const makes = (ts.isNewExpression(node) || ts.isCallExpression(node)) && isNamed(node.expression, "RegExp");
  return makes ? (node.arguments ?? []) : [];
}

/** A group without upper bound around a part without upper bound: `(a+)+`, `(?:x*y?)*`, `([a-z]+,?){2,}`. */
export function repeatsRepetition(source: string): boolean {
  const plain = source.replaceAll(/\\./g, "_").replaceAll(/\[[^\]]*\]/g, "_");
  const opened: boolean[] = [false];
  for (let index = 0; index < plain.length; index++) {
    const character = plain[index]!;
    if (character === "(") opened.push(false);
    const repeated = UNBOUNDED.test(plain.slice(index + 1));
    if (character === ")") {
      const inner = opened.pop() ?? false;
      if (inner && repeated) return true;
      if (inner || repeated) opened[opened.length - 1] = true;
    } else if (repeated && !/[(|^]/.test(character)) {
      opened[opened.length - 1] = true;
    }
  }
  return false;
}

const UNBOUNDED = /^(?:[*+]|\{\d+,\})/;

function isChanceOrTime(node: ts.Node, { checker }: TypedModule): boolean {
  if (ts.isNewExpression(node))
    return (
      isGlobal(checker, node.expression) &&
      node.expression.text === "Date" &&
      (node.arguments?.length ?? 0) === 0
    );
  return (
    ts.isPropertyAccessExpression(node) &&
    isGlobal(checker, node.expression) &&
    /^(?:Math\.random|Date\.now|performance\.now|crypto\.\w+)$/.test(node.getText())
  );
}
