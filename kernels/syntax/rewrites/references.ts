/** Who mentions which variable, and how. Made once for a file. */
import ts from "typescript";
import { bare } from "./expressions.ts";
import {
  ARRAY_ITERATORS,
  ARRAY_READERS,
  ARRAY_WRITERS,
  COLLECTION_READERS,
  COLLECTION_WRITERS,
  FRESH_METHODS,
  SELF_RETURNING,
} from "./known-calls.ts";
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

  /** The variable an identifier stands for, also in `{ a }` and `export { a }`. */
  symbolOf(node: ts.Node): ts.Symbol | undefined {
    const { checker } = this.#types;
    const { parent } = node;
    if (ts.isShorthandPropertyAssignment(parent) && parent.name === node) {
      return checker.getShorthandAssignmentValueSymbol(parent);
    }
    const local = ts.isExportSpecifier(parent) && parent.parent.parent.moduleSpecifier === undefined;
    if (local && (parent.propertyName ?? parent.name) === node) {
      return checker.getExportSpecifierLocalTargetSymbol(parent);
    }
    return checker.getSymbolAtLocation(node);
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
   * use or export hands it on. (Giving it back by `return` is no use that other code of the call could see,
   * unless a closure lives on that mentions it.)
   */
  isConfined(symbol: ts.Symbol): boolean {
    const declaration = this.declarationOf(symbol);
    if (declaration?.initializer === undefined || isExported(declaration)) return false;
    if (!isFresh(this.#types, declaration.initializer)) return false;
    const uses = this.uses(symbol);
    if (!uses.every((node) => keepsToItself(this.#types, node))) return false;
    const givesBack = uses.some((node) => ts.isReturnStatement(node.parent));
    return !givesBack || uses.every((node) => runsWithin(this.#types, node, functionAround(declaration)));
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
  if (ts.isNewExpression(inner)) return isCollectionClass(types, inner.expression, ["Map", "Set", "Array"]);
  if (!ts.isCallExpression(inner) || !ts.isPropertyAccessExpression(inner.expression)) return false;
  const { expression: owner, name } = inner.expression;
  if (SELF_RETURNING.has(name.text)) return isBuiltIn(types, types.of(owner)) && isFresh(types, owner);
  const known =
    types.isGlobal(owner, "Object") || types.isGlobal(owner, "Array") || isBuiltIn(types, types.of(owner));
  return known && FRESH_METHODS.has(name.text);
}

/** The library's own class of one of these names. */
function isCollectionClass(types: TypeFacts, node: ts.Expression, names: readonly string[]): boolean {
  return names.some((name) => types.isGlobal(node, name));
}

function isBuiltIn(types: TypeFacts, type: ts.Type): boolean {
  return types.isArray(type) || types.isString(type) || types.isGlobalInstance(type, ["Map", "Set"]);
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

function isExported(declaration: ts.VariableDeclaration): boolean {
  return (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Export) !== 0;
}

/** The use reads the object or calls a method of the library on it; it does not hand it on. */
export function keepsToItself(types: TypeFacts, node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node && !leaksBySelf(types, parent);
  if (ts.isElementAccessExpression(parent)) return parent.expression === node && !isCallee(parent);
  return (
    (ts.isReturnStatement(parent) && parent.expression === node) ||
    (ts.isSpreadElement(parent) && !isWriteTarget(node)) ||
    (ts.isSpreadAssignment(parent) && !isWriteTarget(node)) ||
    (ts.isForOfStatement(parent) && parent.expression === node) ||
    (ts.isNewExpression(parent) && isCollectionClass(types, parent.expression, ["Map", "Set"]))
  );
}

/**
 * A method gets the object as `this`: only the library's are known not to keep it. `sort` and its like give
 * it back, and callbacks may get it as their last parameter.
 */
function leaksBySelf(types: TypeFacts, access: ts.PropertyAccessExpression): boolean {
  if (!isCallee(access)) return false;
  const call = access.parent as ts.CallExpression;
  const method = access.name.text;
  if (!isLibraryMethod(types, types.of(access.expression), method)) return true;
  if (SELF_RETURNING.has(method)) {
    return !ts.isExpressionStatement(call.parent) && !ts.isReturnStatement(call.parent);
  }
  if (!ARRAY_ITERATORS.has(method) || method === "toSorted") return false;
  const [callback] = call.arguments;
  return callback === undefined || mayTakeParameter(types, callback, method.startsWith("reduce") ? 3 : 2);
}

function isLibraryMethod(types: TypeFacts, type: ts.Type, method: string): boolean {
  if (types.isArray(type)) return ARRAY_READERS.has(method) || ARRAY_WRITERS.has(method);
  if (!types.isGlobalInstance(type, ["Map", "Set"])) return false;
  return COLLECTION_READERS.has(method) || COLLECTION_WRITERS.has(method);
}

/** The callback may have a parameter at that place, by name, by `...rest` or by `arguments`. */
function mayTakeParameter(types: TypeFacts, callback: ts.Expression, place: number): boolean {
  if (ts.isArrowFunction(callback)) {
    const { parameters } = callback;
    return parameters.length > place || parameters.some((one) => one.dotDotDotToken !== undefined);
  }
  return !isConversion(types, callback);
}

/** `Boolean`, `Number`, `String`: they take one argument. */
function isConversion(types: TypeFacts, callback: ts.Expression): boolean {
  return isCollectionClass(types, callback, ["Boolean", "Number", "String"]);
}

function isCallee(access: ts.Node): boolean {
  return ts.isCallExpression(access.parent) && access.parent.expression === access;
}

/** The node runs while `home` does: it stands there itself or in inline callbacks of array methods. */
export function runsWithin(types: TypeFacts, node: ts.Node, home: ts.Node): boolean {
  let around = functionAround(node);
  while (around !== home && iterationCall(types, around) !== null) around = functionAround(around);
  return around === home;
}

/** The array method's call that runs an inline callback for each element; null for every other function. */
export function iterationCall(types: TypeFacts, callback: ts.Node): ts.CallExpression | null {
  const call = callback.parent as ts.Node | undefined;
  // An async callback goes on when the call is over.
  if (ts.isFunctionLike(callback) && !isPlainFunction(callback)) return null;
  if (call === undefined || !ts.isCallExpression(call) || !ts.isPropertyAccessExpression(call.expression))
    return null;
  const method = call.expression;
  if (call.arguments[0] !== callback || !ARRAY_ITERATORS.has(method.name.text)) return null;
  return types.isArray(types.of(method.expression)) ? call : null;
}

/** Neither async nor a generator: it runs when it is called, and is over when the call is. */
export function isPlainFunction(node: ts.SignatureDeclaration): boolean {
  const generates = "asteriskToken" in node && node.asteriskToken !== undefined;
  return !generates && (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Async) === 0;
}
