/** Who mentions which variable, and how. Made once for a file. */
import ts from "typescript";
import { bare } from "./expressions.ts";
import { FRESH_METHODS, SELF_RETURNING } from "./known-calls.ts";
import type { TypeFacts } from "./type-facts.ts";

export class References {
  readonly #types: TypeFacts;
  readonly #uses: Map<ts.Symbol, ts.Identifier[]> = new Map();

  constructor(file: ts.SourceFile, types: TypeFacts) {
    this.#types = types;
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node)) this.#note(node);
      ts.forEachChild(node, visit);
    };
    visit(file);
  }

  /** The variable an identifier stands for; `{ a }` stands for the variable, not the property. */
  symbolOf(node: ts.Node): ts.Symbol | undefined {
    if (ts.isShorthandPropertyAssignment(node.parent) && node.parent.name === node) {
      return this.#types.checker.getShorthandAssignmentValueSymbol(node.parent);
    }
    return this.#types.checker.getSymbolAtLocation(node);
  }

  /** Every mention in the file in source order, declarations left out. */
  uses(symbol: ts.Symbol): readonly ts.Identifier[] {
    return (this.#uses.get(symbol) ?? []).filter((node) => !isDeclarationName(node));
  }

  usesIn(symbol: ts.Symbol, region: ts.Node): readonly ts.Identifier[] {
    return this.uses(symbol).filter((node) => contains(region, node));
  }

  isAssigned(symbol: ts.Symbol): boolean {
    return this.uses(symbol).some(isWriteTarget);
  }

  isDeclaredIn(symbol: ts.Symbol, region: ts.Node): boolean {
    return (symbol.declarations ?? []).some((node) => contains(region, node));
  }

  /** The variable's own declaration, when it is a plain `const x = …` or `let x = …`. */
  declarationOf(symbol: ts.Symbol): ts.VariableDeclaration | null {
    const [declaration] = symbol.declarations ?? [];
    const plain =
      declaration !== undefined && ts.isVariableDeclaration(declaration) && ts.isIdentifier(declaration.name);
    return plain && symbol.declarations!.length === 1 ? declaration : null;
  }

  /**
   * Its object is reachable through this variable alone: it was made here, is never assigned again, and no
   * use hands it on. (Giving it back by `return` is no use that other code of the call could see.)
   */
  isConfined(symbol: ts.Symbol): boolean {
    const declaration = this.declarationOf(symbol);
    return (
      declaration?.initializer !== undefined &&
      isFresh(this.#types, declaration.initializer) &&
      this.uses(symbol).every((node) => keepsToItself(node) && !givesBackElsewhere(node, declaration))
    );
  }

  #note(node: ts.Identifier): void {
    const symbol = this.symbolOf(node);
    if (symbol === undefined) return;
    const known = this.#uses.get(symbol);
    if (known === undefined) this.#uses.set(symbol, [node]);
    else known.push(node);
  }
}

export function contains(outer: ts.Node, inner: ts.Node): boolean {
  return inner.getSourceFile() === outer.getSourceFile() && outer.pos <= inner.pos && inner.end <= outer.end;
}

/** The innermost function around it, or the file. */
export function functionAround(node: ts.Node): ts.Node {
  let outer = node.parent;
  while (!ts.isFunctionLike(outer) && !ts.isSourceFile(outer)) outer = outer.parent;
  return outer;
}

/** Assigned to, incremented, or bound by a destructuring or a loop head without a declaration. */
export function isWriteTarget(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isBinaryExpression(parent)) return parent.left === node && isAssignment(parent.operatorToken.kind);
  if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) {
    return (
      parent.operator === ts.SyntaxKind.PlusPlusToken || parent.operator === ts.SyntaxKind.MinusMinusToken
    );
  }
  if (ts.isForOfStatement(parent) || ts.isForInStatement(parent)) return parent.initializer === node;
  if (ts.isDeleteExpression(parent)) return true;
  if (ts.isParenthesizedExpression(parent) || ts.isNonNullExpression(parent)) return isWriteTarget(parent);
  return isPatternPart(node, parent) && isWriteTarget(parent);
}

export function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

/** The expression makes an object (or gives a primitive) that nobody else holds. */
export function isFresh(types: TypeFacts, expression: ts.Expression): boolean {
  const inner = bare(expression);
  if (ts.isArrayLiteralExpression(inner) || ts.isObjectLiteralExpression(inner)) return true;
  if (ts.isNewExpression(inner)) {
    return ts.isIdentifier(inner.expression) && ["Map", "Set", "Array"].includes(inner.expression.text);
  }
  if (!ts.isCallExpression(inner) || !ts.isPropertyAccessExpression(inner.expression)) return false;
  const { expression: owner, name } = inner.expression;
  if (SELF_RETURNING.has(name.text)) return isFresh(types, owner);
  const known =
    types.isGlobal(owner, "Object") || types.isGlobal(owner, "Array") || isBuiltIn(types, types.of(owner));
  return known && FRESH_METHODS.has(name.text);
}

function isBuiltIn(types: TypeFacts, type: ts.Type): boolean {
  return types.isArray(type) || types.isString(type);
}

function isPatternPart(node: ts.Node, parent: ts.Node): boolean {
  return (
    ts.isArrayLiteralExpression(parent) ||
    ts.isObjectLiteralExpression(parent) ||
    ts.isSpreadElement(parent) ||
    ts.isSpreadAssignment(parent) ||
    ts.isShorthandPropertyAssignment(parent) ||
    (ts.isPropertyAssignment(parent) && parent.initializer === node)
  );
}

function isDeclarationName(node: ts.Identifier): boolean {
  return ts.isVariableDeclaration(node.parent) ||
    ts.isParameter(node.parent) ||
    ts.isBindingElement(node.parent)
    ? node.parent.name === node
    : ts.isFunctionDeclaration(node.parent) && node.parent.name === node;
}

/** The use reads the object or calls a method on it; it does not hand it on. */
export function keepsToItself(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent)) {
    return parent.expression === node && !leaksBySelf(parent);
  }
  return (
    (ts.isReturnStatement(parent) && parent.expression === node) ||
    (ts.isSpreadElement(parent) && !isWriteTarget(node)) ||
    (ts.isSpreadAssignment(parent) && !isWriteTarget(node)) ||
    (ts.isForOfStatement(parent) && parent.expression === node) ||
    (ts.isNewExpression(parent) &&
      ts.isIdentifier(parent.expression) &&
      /^(Set|Map)$/.test(parent.expression.text))
  );
}

/** A closure that returns the object gives it to other code of the same call. */
function givesBackElsewhere(use: ts.Node, declaration: ts.Node): boolean {
  return ts.isReturnStatement(use.parent) && functionAround(use) !== functionAround(declaration);
}

/** `sort` and its like give the object itself back, and third parameters of callbacks are the array. */
function leaksBySelf(access: ts.PropertyAccessExpression | ts.ElementAccessExpression): boolean {
  const call = access.parent;
  if (!ts.isCallExpression(call) || call.expression !== access) return isMethodValue(access);
  if (!ts.isPropertyAccessExpression(access)) return true;
  if (SELF_RETURNING.has(access.name.text)) {
    return !ts.isExpressionStatement(call.parent) && !ts.isReturnStatement(call.parent);
  }
  const room = access.name.text.startsWith("reduce") ? 3 : 2;
  return call.arguments.some(
    (argument) =>
      (ts.isArrowFunction(argument) && argument.parameters.length > room) ||
      ts.isFunctionExpression(argument),
  );
}

function isMethodValue(access: ts.Node): boolean {
  return ts.isCallExpression(access.parent) && access.parent.expression === access;
}
