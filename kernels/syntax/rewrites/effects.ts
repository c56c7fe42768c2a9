/**
 * What code may change, and what an expression leans on.
 *
 * The heap is seen as four kinds of cells: named fields, the contents of arrays (elements and length), the
 * contents of Maps and Sets, and "anything". A write reaches a read if their cells may be the same and
 * neither lies in an object that only one of the two variables can reach (`References.isConfined`).
 *
 * Believed without proof: types are true, property reads of declared data run no code, and no object is a
 * Proxy or has the standard library's methods replaced.
 */
import ts from "typescript";
import { bare } from "./expressions.ts";
import {
  ARRAY_ITERATORS,
  ARRAY_READERS,
  ARRAY_WRITERS,
  COLLECTION_READERS,
  COLLECTION_WRITERS,
  PURE_GLOBAL_FUNCTIONS,
  PURE_STATICS,
} from "./known-calls.ts";
import { isFresh, isWriteTarget } from "./references.ts";
import type { References } from "./references.ts";
import type { TypeFacts } from "./type-facts.ts";

export type Cell =
  | { readonly kind: "field"; readonly name: string }
  /** Some named field, which one is not known. */
  | { readonly kind: "fields" }
  | { readonly kind: "array" }
  | { readonly kind: "collection" }
  | { readonly kind: "anything" };

export interface HeapAccess {
  readonly cell: Cell;
  /** The variable that holds the object itself; null when it lies deeper or is not known. */
  readonly root: ts.Symbol | null;
  readonly node: ts.Node;
}

export interface Writes {
  readonly variables: ReadonlySet<ts.Symbol>;
  readonly heap: readonly HeapAccess[];
  /** Calls code that is not known, or gives way to other code (`await`, `yield`). */
  readonly opaque: boolean;
  /** Functions of this file that it calls. */
  readonly entered: ReadonlySet<ts.Node>;
}

interface Collector {
  readonly variables: Set<ts.Symbol>;
  readonly heap: HeapAccess[];
  opaque: boolean;
  readonly entered: Set<ts.Node>;
}

export class Effects {
  readonly #types: TypeFacts;
  readonly #references: References;
  readonly #known: Map<ts.Node, Writes> = new Map();

  constructor(types: TypeFacts, references: References) {
    this.#types = types;
    this.#references = references;
  }

  /** What running `node` any number of times may write, the functions defined in it included. */
  writesOf(node: ts.Node): Writes {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const collector: Collector = { variables: new Set(), heap: [], opaque: false, entered: new Set() };
    this.#collect(node, collector);
    this.#known.set(node, collector);
    return collector;
  }

  /** Whether one of the writes may change what the read sees. */
  mayAlias(write: HeapAccess, read: HeapAccess): boolean {
    if (!sameCell(write.cell, read.cell)) return false;
    if (write.root === read.root && write.root !== null) return true;
    const apart = (root: ts.Symbol | null): boolean => root !== null && this.#references.isConfined(root);
    return !apart(write.root) && !apart(read.root);
  }

  /** The function of this file that a call or a callback argument names or is. */
  functionOf(node: ts.Expression): ts.FunctionLikeDeclaration | null {
    const inner = bare(node);
    if (ts.isArrowFunction(inner) || ts.isFunctionExpression(inner)) return inner;
    if (!ts.isIdentifier(inner)) return null;
    const symbol = this.#references.symbolOf(inner);
    const [declaration] = symbol?.declarations ?? [];
    if (declaration === undefined || declaration.getSourceFile() !== node.getSourceFile()) return null;
    if (ts.isFunctionDeclaration(declaration)) {
      return declaration.body === undefined || this.#references.isAssigned(symbol!) ? null : declaration;
    }
    const constant =
      ts.isVariableDeclaration(declaration) &&
      (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0;
    const value = constant ? declaration.initializer : undefined;
    return value !== undefined && (ts.isArrowFunction(value) || ts.isFunctionExpression(value))
      ? value
      : null;
  }

  #collect(node: ts.Node, into: Collector): void {
    if (ts.isAwaitExpression(node) || ts.isYieldExpression(node)) into.opaque = true;
    if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) into.opaque = true;
    if (ts.isTaggedTemplateExpression(node) || this.#runsHiddenCode(node)) into.opaque = true;
    if (isWriteTarget(node)) this.#collectWrite(node, into);
    if (ts.isIdentifier(node) && node.text === "arguments") this.#collectArguments(node, into);
    if (ts.isCallExpression(node)) this.#collectCall(node, into);
    else if (ts.isNewExpression(node)) this.#collectNew(node, into);
    ts.forEachChild(node, (child) => this.#collect(child, into));
  }

  /** Beside being counted and read by index, `arguments` may be written, and with it the parameters. */
  #collectArguments(node: ts.Identifier, into: Collector): void {
    const access = node.parent;
    const reads =
      (ts.isPropertyAccessExpression(access) || ts.isElementAccessExpression(access)) &&
      access.expression === node &&
      !isWriteTarget(access) &&
      !(ts.isCallExpression(access.parent) && access.parent.expression === access);
    if (reads || ts.isSpreadElement(access) || ts.isForOfStatement(access)) return;
    into.opaque = true;
    const owner = ts.findAncestor(node, (above) => ts.isFunctionLike(above) && !ts.isArrowFunction(above));
    for (const { name } of owner !== undefined && ts.isFunctionLike(owner) ? owner.parameters : []) {
      const symbol = ts.isIdentifier(name) ? this.#references.symbolOf(name) : undefined;
      if (symbol !== undefined) into.variables.add(symbol);
    }
  }

  /** An accessor of a class, or an iterator of one's own. */
  #runsHiddenCode(node: ts.Node): boolean {
    if (ts.isPropertyAccessExpression(node)) {
      const symbol = this.#types.checker.getSymbolAtLocation(node.name);
      if (symbol === undefined || (symbol.flags & ts.SymbolFlags.Accessor) === 0) return false;
      return !this.#types.isFromLibrary(symbol);
    }
    const taken = ts.isArrayBindingPattern(node) ? node : iteratedBy(node);
    if (taken === null) return false;
    const type = this.#types.of(taken);
    return !this.#types.isUnknown(type) && !this.#iteratesQuietly(type);
  }

  #iteratesQuietly(type: ts.Type): boolean {
    const known = ["Map", "Set", "ReadonlyMap", "ReadonlySet", "MapIterator", "SetIterator", "ArrayIterator"];
    const others = ["IArguments", "RegExpStringIterator", "StringIterator", "ReadonlyArray", "Array"];
    return (
      this.#types.isArray(type) ||
      this.#types.isString(type) ||
      this.#types.isGlobalInstance(type, [...known, ...others])
    );
  }

  #collectWrite(node: ts.Node, into: Collector): void {
    if (ts.isIdentifier(node)) {
      const symbol = this.#references.symbolOf(node);
      if (symbol !== undefined) into.variables.add(symbol);
    } else if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
      into.heap.push({ cell: this.cellOf(node), root: this.rootOf(node.expression), node });
    }
  }

  #collectCall(call: ts.CallExpression, into: Collector): void {
    if (this.#isKnownCall(call, into)) {
      if (callsBack(call)) for (const argument of call.arguments) this.#enterCallback(argument, into);
      return;
    }
    const target = this.functionOf(call.expression);
    if (target === null) into.opaque = true;
    else this.#enter(target, into);
  }

  #isKnownCall(call: ts.CallExpression, into: Collector): boolean {
    const { expression } = call;
    if (ts.isIdentifier(expression)) return this.isPureGlobal(expression);
    if (!ts.isPropertyAccessExpression(expression)) return false;
    if (this.isPureStatic(expression)) return true;
    return this.#isKnownMethod(expression, call, into);
  }

  #isKnownMethod(access: ts.PropertyAccessExpression, call: ts.CallExpression, into: Collector): boolean {
    const owner = access.expression;
    const name = access.name.text;
    const write = (cell: Cell): boolean => {
      // What was made on the spot is nobody else's yet.
      if (!isFresh(this.#types, owner)) into.heap.push({ cell, root: this.rootOf(owner), node: call });
      return true;
    };
    const type = this.#types.checker.getNonNullableType(this.#types.of(owner));
    if (this.#types.isString(type)) return call.arguments.every((one) => this.#isKnownPattern(one, into));
    if (this.#types.isNumber(type) || this.#types.isBoolean(type)) return true;
    if (this.#types.isArray(type)) {
      return ARRAY_READERS.has(name) || (ARRAY_WRITERS.has(name) && write({ kind: "array" }));
    }
    if (this.#types.isGlobalInstance(type, ["Map", "Set", "ReadonlyMap", "ReadonlySet"])) {
      return COLLECTION_READERS.has(name) || (COLLECTION_WRITERS.has(name) && write({ kind: "collection" }));
    }
    if (this.#types.isGlobalInstance(type, ["RegExp"])) {
      return (name === "test" || name === "exec") && write({ kind: "field", name: "lastIndex" });
    }
    return this.#types.isGlobalInstance(type, ["Date"]) && /^(get|to[A-Z]|valueOf)/.test(name);
  }

  /** No object that could bring matching code of its own. A regular expression's `lastIndex` may move. */
  #isKnownPattern(argument: ts.Expression, into: Collector): boolean {
    if (ts.isRegularExpressionLiteral(argument) || this.functionOf(argument) !== null) return true;
    const type = this.#types.of(argument);
    if (this.#types.isPrimitive(type)) return true;
    if (!this.#types.isGlobalInstance(type, ["RegExp"])) return false;
    into.heap.push({
      cell: { kind: "field", name: "lastIndex" },
      root: this.rootOf(argument),
      node: argument,
    });
    return true;
  }

  #collectNew(node: ts.NewExpression, into: Collector): void {
    const known = "Array Date Error Map RangeError RegExp Set TypeError WeakMap WeakSet".split(" ");
    if (!known.some((name) => this.#types.isGlobal(node.expression, name))) into.opaque = true;
  }

  #enterCallback(argument: ts.Expression, into: Collector): void {
    if (ts.isArrowFunction(argument) || ts.isFunctionExpression(argument)) return; // part of the subtree
    if (ts.isIdentifier(argument) && this.isPureGlobal(argument)) return;
    const target = this.functionOf(argument);
    if (target !== null) this.#enter(target, into);
    else if (this.#isAny(argument) || this.#types.of(argument).getCallSignatures().length > 0)
      into.opaque = true;
  }

  #isAny(node: ts.Node): boolean {
    return this.#types.isUnknown(this.#types.of(node));
  }

  #enter(target: ts.FunctionLikeDeclaration, into: Collector): void {
    if (into.entered.has(target) || target.body === undefined) return;
    into.entered.add(target);
    this.#collect(target, into);
  }

  isPureGlobal(name: ts.Identifier): boolean {
    return PURE_GLOBAL_FUNCTIONS.has(name.text) && this.#types.isGlobal(name, name.text);
  }

  isPureStatic(access: ts.PropertyAccessExpression): boolean {
    const owner = access.expression;
    return (
      ts.isIdentifier(owner) &&
      PURE_STATICS.has(`${owner.text}.${access.name.text}`) &&
      this.#types.isGlobal(owner, owner.text)
    );
  }

  /** The cell that a property or element access stands for. */
  cellOf(access: ts.PropertyAccessExpression | ts.ElementAccessExpression): Cell {
    const owner = this.#types.checker.getNonNullableType(this.#types.of(access.expression));
    if (this.#types.isArray(owner)) return { kind: "array" };
    if (ts.isPropertyAccessExpression(access)) {
      if (this.#types.isUnknown(owner) && access.name.text === "length") return { kind: "anything" };
      if (access.name.text === "size" && this.#isCollection(owner)) return { kind: "collection" };
      return { kind: "field", name: access.name.text };
    }
    return this.#types.isPlainObject(owner) ? { kind: "fields" } : { kind: "anything" };
  }

  rootOf(owner: ts.Expression): ts.Symbol | null {
    const inner = bare(owner);
    return ts.isIdentifier(inner) ? (this.#references.symbolOf(inner) ?? null) : null;
  }

  #isCollection(type: ts.Type): boolean {
    return this.#types.isGlobalInstance(type, ["Map", "Set", "ReadonlyMap", "ReadonlySet"]);
  }
}

/** What the node runs through. */
function iteratedBy(node: ts.Node): ts.Expression | null {
  return ts.isForOfStatement(node) || ts.isSpreadElement(node) ? node.expression : null;
}

/** The library function calls what it is given; others only keep or compare it. */
function callsBack(call: ts.CallExpression): boolean {
  const { expression } = call;
  if (!ts.isPropertyAccessExpression(expression)) return false;
  const name = expression.name.text;
  return ARRAY_ITERATORS.has(name) || ["from", "replace", "replaceAll"].includes(name);
}

function sameCell(one: Cell, other: Cell): boolean {
  if (one.kind === "anything" || other.kind === "anything") return true;
  if (one.kind === "field" && other.kind === "field") return one.name === other.name;
  const named = (cell: Cell): boolean => cell.kind === "field" || cell.kind === "fields";
  return one.kind === other.kind || (named(one) && named(other));
}
