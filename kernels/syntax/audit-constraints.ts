/** Rules that a task asks for by id, on top of those that always hold. README.md lists them. */
import ts from "typescript";
import { addedNodes, bounded, failed, noneAdded, passed } from "./audit-checks.ts";
import type { Check } from "./audit-checks.ts";
import type { AuditedModule, AuditSides } from "./audit-scope.ts";
import type { TypedModule } from "./typed-module.ts";
import {
  added,
  codeLines,
  commentsOf,
  cyclomaticComplexity,
  importsOf,
  nodesOf,
  rootOf,
  writtenBy,
} from "./code-facts.ts";
import { syntaxError } from "./errors.ts";
import type { AuditCheck } from "./protocol.ts";

/** From the number after the colon, null where there is none, to the check. */
const CONSTRAINTS: Readonly<
  Record<string, { readonly counted: boolean; readonly make: (limit: number) => Check }>
> = {
  "max-lines": { counted: true, make: (limit) => (sides) => maxLines(sides, limit) },
  "max-complexity": { counted: true, make: (limit) => (sides) => maxComplexity(sides, limit) },
  "no-comments-removed": { counted: false, make: () => noCommentsRemoved },
  "no-mutation-of-parameters": { counted: false, make: () => noMutationOfParameters },
  "no-new-dependencies": { counted: false, make: () => noNewDependencies },
};

/** What ids there are, as a regular expression. */
export const CONSTRAINT_PATTERN: string = `^(${Object.entries(CONSTRAINTS)
  .map(([id, { counted }]) => (counted ? `${id}:[0-9]+` : id))
  .join("|")})$`;

/** @throws AUDIT_UNKNOWN_CONSTRAINT, listing the ids there are. */
export function constraintCheck(id: string): Check {
  const [name, count] = id.split(/:(.*)/s);
  const constraint = Object.hasOwn(CONSTRAINTS, name!) ? CONSTRAINTS[name!] : undefined;
  const isWellFormed = constraint?.counted === true ? /^\d+$/.test(count ?? "") : count === undefined;
  if (constraint !== undefined && isWellFormed) return constraint.make(Number(count ?? 0));
  const known = Object.entries(CONSTRAINTS).map(([known, { counted }]) => (counted ? `${known}:N` : known));
  throw syntaxError(
    "AUDIT_UNKNOWN_CONSTRAINT",
    `There is no constraint ${JSON.stringify(id)}; there are ${known.join(", ")}.`,
    {
      location: "constraints",
    },
  );
}

function maxLines({ candidate }: AuditSides, limit: number): AuditCheck {
  const lines = codeLines(candidate.declaration.getText()).length;
  return bounded("max-lines", `the function has ${lines} lines, at most ${limit}`, lines <= limit);
}

function maxComplexity({ candidate }: AuditSides, limit: number): AuditCheck {
  const complexity = cyclomaticComplexity(nodesOf(candidate.declaration));
  return bounded(
    "max-complexity",
    `the function's cyclomatic complexity is ${complexity}, at most ${limit}`,
    complexity <= limit,
  );
}

function noCommentsRemoved({ subject, candidate }: AuditSides): AuditCheck {
  const removed = added(commentsOf(candidate.nodes), commentsOf(subject.nodes), (comment) => comment);
  if (removed.length === 0) return passed("no-comments-removed", "keeps every comment");
  return failed(
    "no-comments-removed",
    `removes ${removed.length} comments, the first: ${removed[0]!.slice(0, 80)}`,
  );
}

const MUTATORS: ReadonlySet<string> = new Set([
  "push",
  "pop",
  "shift",
  "unshift",
  "splice",
  "sort",
  "reverse",
  "fill",
  "copyWithin",
  "set",
  "add",
  "delete",
  "clear",
]);

/** Sees what is written through a parameter's own name; an alias of a part of it is not followed. */
function noMutationOfParameters(sides: AuditSides): AuditCheck {
  return noneAdded(
    "no-mutation-of-parameters",
    "a change of a parameter's value",
    addedNodes(sides, mutatesParameter),
  );
}

function mutatesParameter(node: ts.Node, { checker, declaration }: TypedModule): boolean {
  const parameters = new Set<ts.Node>(declaration.parameters);
  const standsForParameter = (expression: ts.Expression): boolean => {
    const holder = checker.getSymbolAtLocation(rootOf(expression))?.valueDeclaration;
    return (
      holder !== undefined &&
      parameters.has(ts.isBindingElement(holder) ? ts.walkUpBindingElementsAndPatterns(holder) : holder)
    );
  };
  const written = writtenBy(node);
  if (written !== undefined) return !ts.isIdentifier(written) && standsForParameter(written);
  const callee = ts.isCallExpression(node) ? node.expression : undefined;
  if (callee === undefined || !ts.isPropertyAccessExpression(callee)) return false;
  return MUTATORS.has(callee.name.text) && standsForParameter(callee.expression);
}

function noNewDependencies({ subject, candidate }: AuditSides): AuditCheck {
  const packagesOf = ({ nodes, checker }: AuditedModule): readonly string[] =>
    importsOf(nodes, checker)
      .map(({ name }) => name.text)
      .filter((name) => !name.startsWith("."))
      .map((name) =>
        name
          .split("/")
          .slice(0, name.startsWith("@") ? 2 : 1)
          .join("/"),
      );
  const before = packagesOf(subject);
  const fresh = packagesOf(candidate).find((name) => !before.includes(name));
  if (fresh === undefined) return passed("no-new-dependencies", "uses no new package");
  return failed("no-new-dependencies", `uses the package ${fresh}, which the subject does not`);
}
