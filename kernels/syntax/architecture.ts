/**
 * Architecture of a candidate relative to its subject. Each score is min(1, allowed / candidate's figure), the
 * figures being "less is better" and `allowed` the subject's own figure or, where it is larger, a size that
 * needs no excuse: an unchanged candidate scores 1, one that doubles a large figure 0.5.
 *
 *   separationOfConcerns   1 + uses of console, timers, network and other globals with effects, + writes from
 *                          inside a function to a variable outside of it
 *   singleResponsibility   the highest cyclomatic complexity of a function; 10 needs no excuse (McCabe, 1976)
 *   dontRepeatYourself     1 + tokens standing in a run of 30 that occurs more than once, as a share of 30
 *   modularity             lines of the longest function; 50 need no excuse
 *   dependencyManagement   1 + modules imported for values, the subject's own left out
 */
import ts from "typescript";
import {
  codeLines,
  cyclomaticComplexity,
  functionsOf,
  isGlobal,
  nodesOf,
  rootOf,
  writtenBy,
} from "./code-facts.ts";
import { valueImports } from "./audit-checks.ts";
import type { AuditedModule, AuditSides } from "./audit-scope.ts";
import type { ArchitectureScores } from "./protocol.ts";

const RUN_TOKENS = 30;
const FREE_COMPLEXITY = 10;
const FREE_LINES = 50;

export function architectureScores({ subject, candidate }: AuditSides): ArchitectureScores {
  const score = (figureOf: (module: AuditedModule) => number, free = 0): number =>
    Math.min(1, Math.max(figureOf(subject), free) / figureOf(candidate));
  return {
    separationOfConcerns: score((module) => 1 + effects(module)),
    singleResponsibility: score(highestComplexity, FREE_COMPLEXITY),
    dontRepeatYourself: score(({ roots }) => 1 + repeatedTokens(roots) / RUN_TOKENS),
    modularity: score(longestFunction, FREE_LINES),
    dependencyManagement: score((module) => 1 + new Map(valueImports(module, subject)).size),
  };
}

export const NO_ARCHITECTURE: ArchitectureScores = {
  separationOfConcerns: 0,
  singleResponsibility: 0,
  dontRepeatYourself: 0,
  modularity: 0,
  dependencyManagement: 0,
};

const EFFECT_GLOBALS: ReadonlySet<string> = new Set([
  "console",
  "process",
  "fetch",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "document",
  "window",
  "localStorage",
  "globalThis",
  "crypto",
  "performance",
]);

function effects(module: AuditedModule): number {
  return module.nodes.filter((node) => isEffect(node, module)).length;
}

function isEffect(node: ts.Node, { checker }: AuditedModule): boolean {
  if (isGlobal(checker, node)) return EFFECT_GLOBALS.has(node.text);
  const written = writtenBy(node);
  const holder =
    written === undefined ? undefined : checker.getSymbolAtLocation(rootOf(written))?.valueDeclaration;
  const inside = ts.findAncestor(node, ts.isFunctionLike);
  const home =
    holder === undefined
      ? undefined
      : ts.findAncestor(holder, (above) => ts.isFunctionLike(above) || ts.isSourceFile(above));
  return inside !== undefined && home !== undefined && ts.isSourceFile(home);
}

function highestComplexity({ nodes }: AuditedModule): number {
  return functionsOf(nodes).reduce(
    (highest, node) => Math.max(highest, cyclomaticComplexity(nodesOf(node))),
    1,
  );
}

function longestFunction({ nodes }: AuditedModule): number {
  return functionsOf(nodes).reduce((longest, node) => Math.max(longest, codeLines(node.getText()).length), 0);
}

function repeatedTokens(roots: readonly ts.Node[]): number {
  const tokens = roots.flatMap(tokensOf);
  const starts = new Map<string, number[]>();
  for (let start = 0; start + RUN_TOKENS <= tokens.length; start++) {
    const run = tokens.slice(start, start + RUN_TOKENS).join(" ");
    starts.set(run, [...(starts.get(run) ?? []), start]);
  }
  const repeated = new Set<number>();
  for (const places of starts.values()) {
    for (const start of places.length > 1 ? places : []) {
      for (let offset = 0; offset < RUN_TOKENS; offset++) repeated.add(start + offset);
    }
  }
  return repeated.size;
}

/** Leaves of the tree; imports are alike by nature and left out. */
function tokensOf(root: ts.Node): readonly string[] {
  const tokens: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) return;
    const isLeaf = ts.isToken(node) || ts.isIdentifier(node);
    tokens.push(isLeaf ? node.getText() : ts.SyntaxKind[node.kind]);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(root, visit);
  return tokens;
}
