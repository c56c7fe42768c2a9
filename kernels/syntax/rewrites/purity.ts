/**
 * Pure: changes nothing, cannot throw, comes to an end, and gives the same value while what it reads stays the
 * same. Pure code may be evaluated earlier, later, twice, or not at all. (Each evaluation makes new objects
 * where it makes any; whoever shares a result asks `isOnlyReadOnTheSpot`.) A function that calls itself is not
 * pure, for it may not end; whoever keeps its calls as they are may allow it.
 */
import ts from "typescript";
import { bare } from "./expressions.ts";
import type { Cell, HeapAccess } from "./effects.ts";
import { ARRAY_ITERATORS, ARRAY_READERS, COLLECTION_READERS, STRING_THROWERS } from "./known-calls.ts";
import { isAssignment, isFresh } from "./references.ts";
import { isPresent, isTakenOnTrust } from "./presence.ts";
import type { RewriteContext } from "./rule.ts";
import type { Reads } from "./unchanged.ts";

/** What a pure expression reads; null when it is not proved pure. */
export function pureReads(context: RewriteContext, expression: ts.Node): Reads | null {
  const purity = new Purity(context, expression);
  return purity.expression(expression) ? purity.reads : null;
}

export function isPure(context: RewriteContext, expression: ts.Node): boolean {
  return pureReads(context, expression) !== null;
}

/** A function whose calls are pure, whatever its arguments of the declared types. */
export function isPureFunction(context: RewriteContext, node: ts.Expression): boolean {
  return new Purity(context, node).callback(node);
}

/** The same of a function that may call itself, and so may not come to an end. */
export function isPureRecursion(context: RewriteContext, node: ts.Expression): boolean {
  return new Purity(context, node, true).callback(node);
}

class Purity {
  readonly reads: { variables: Set<ts.Symbol>; heap: HeapAccess[] } = { variables: new Set(), heap: [] };
  readonly #context: RewriteContext;
  readonly #whole: ts.Node;
  readonly #recursive: boolean;
  readonly #entered: Set<ts.Node> = new Set();
  readonly #running: Set<ts.Node> = new Set();

  constructor(context: RewriteContext, whole: ts.Node, recursive = false) {
    this.#context = context;
    this.#whole = whole;
    this.#recursive = recursive;
  }

  expression(node: ts.Node): boolean {
    if (ts.isIdentifier(node)) return this.#variable(node);
    if (isLeaf(node)) return true;
    if (ts.isPropertyAccessExpression(node)) return this.#property(node);
    if (ts.isElementAccessExpression(node)) return this.#element(node);
    if (ts.isCallExpression(node)) return this.#call(node);
    if (ts.isNewExpression(node)) return this.#construction(node);
    if (ts.isBinaryExpression(node)) return this.#binary(node);
    if (ts.isPrefixUnaryExpression(node)) return this.#prefix(node);
    if (ts.isTemplateExpression(node)) {
      return node.templateSpans.every(
        ({ expression }) => this.#primitive(expression) && this.expression(expression),
      );
    }
    if (ts.isSpreadElement(node)) return this.#spread(node);
    if (ts.isSpreadAssignment(node)) return this.#objectSpread(node);
    return this.#composite(node);
  }

  callback(node: ts.Expression): boolean {
    const { effects } = this.#context;
    if (ts.isIdentifier(node) && effects.isPureGlobal(node)) return true;
    const target = effects.functionOf(node);
    return target !== null && this.#body(target);
  }

  #composite(node: ts.Node): boolean {
    if (
      ts.isParenthesizedExpression(node) ||
      ts.isAsExpression(node) ||
      ts.isSatisfiesExpression(node) ||
      ts.isNonNullExpression(node) ||
      ts.isTypeOfExpression(node)
    ) {
      return this.expression(node.expression);
    }
    if (ts.isConditionalExpression(node)) {
      return [node.condition, node.whenTrue, node.whenFalse].every((part) => this.expression(part));
    }
    if (ts.isArrayLiteralExpression(node)) return node.elements.every((part) => this.expression(part));
    if (ts.isObjectLiteralExpression(node)) return node.properties.every((part) => this.#member(part));
    return false;
  }

  #member(member: ts.ObjectLiteralElementLike): boolean {
    if (ts.isShorthandPropertyAssignment(member)) return this.#variable(member.name);
    if (ts.isSpreadAssignment(member)) return this.#objectSpread(member);
    if (!ts.isPropertyAssignment(member)) return false;
    const { name } = member;
    const named =
      !ts.isComputedPropertyName(name) ||
      (this.#primitive(name.expression) && this.expression(name.expression));
    return (
      named && !(ts.isIdentifier(name) && name.text === "__proto__") && this.expression(member.initializer)
    );
  }

  #variable(node: ts.Identifier): boolean {
    const { references, types } = this.#context;
    const symbol = references.symbolOf(node);
    if (symbol === undefined) return node.text === "undefined";
    if (types.isFromLibrary(symbol)) return ["undefined", "NaN", "Infinity"].includes(node.text);
    if ((symbol.flags & ts.SymbolFlags.Variable) === 0) return (symbol.flags & ts.SymbolFlags.Function) !== 0;
    if (!references.isDeclaredIn(symbol, this.#whole)) this.reads.variables.add(symbol);
    return true;
  }

  #read(cell: Cell, owner: ts.Expression, node: ts.Node): void {
    this.reads.heap.push({ cell, root: this.#context.effects.rootOf(owner), node });
  }

  #property(node: ts.PropertyAccessExpression): boolean {
    const { effects, types } = this.#context;
    if (ts.isIdentifier(node.expression) && /^(Math|Number)$/.test(node.expression.text)) {
      if (types.isGlobal(node.expression, node.expression.text)) return true;
    }
    const owner = types.of(node.expression);
    if (types.isUnknown(owner)) return false;
    const safe = node.questionDotToken !== undefined || this.#excludesNullish(node.expression);
    if (!safe || !types.isDataProperty(this.#propertySymbol(node, owner))) return false;
    if (!types.isString(owner)) this.#read(effects.cellOf(node), node.expression, node);
    return this.expression(node.expression);
  }

  #propertySymbol(node: ts.PropertyAccessExpression, owner: ts.Type): ts.Symbol | undefined {
    const { checker } = this.#context.types;
    const declared = checker.getPropertyOfType(checker.getNonNullableType(owner), node.name.text);
    // An index signature has no symbol of its own; its values are data.
    const indexed = checker.getIndexInfoOfType(owner, ts.IndexKind.String) !== undefined;
    return declared ?? (indexed ? checker.getSymbolAtLocation(node.expression) : undefined);
  }

  /** With null checks off nothing is excluded, so only arrays and literals made here count. */
  #excludesNullish(node: ts.Expression): boolean {
    const { references, effects } = this.#context;
    if (isPresent(this.#context, node)) return true;
    const root = effects.rootOf(node);
    return root !== null && references.isConfined(root);
  }

  #element(node: ts.ElementAccessExpression): boolean {
    const { effects, types } = this.#context;
    const owner = types.of(node.expression);
    if (types.isUnknown(owner) || !this.#primitive(node.argumentExpression)) return false;
    if (node.questionDotToken === undefined && !this.#excludesNullish(node.expression)) return false;
    if (!types.isString(owner)) this.#read(effects.cellOf(node), node.expression, node);
    return this.expression(node.expression) && this.expression(node.argumentExpression);
  }

  #primitive(node: ts.Node): boolean {
    return this.#context.types.isPrimitive(this.#context.types.of(node));
  }

  #binary(node: ts.BinaryExpression): boolean {
    const operator = node.operatorToken.kind;
    const both = (): boolean => this.expression(node.left) && this.expression(node.right);
    if (isAssignment(operator)) return this.#localAssignment(node.left) && this.expression(node.right);
    switch (operator) {
      case ts.SyntaxKind.EqualsEqualsEqualsToken:
      case ts.SyntaxKind.ExclamationEqualsEqualsToken:
      case ts.SyntaxKind.AmpersandAmpersandToken:
      case ts.SyntaxKind.BarBarToken:
      case ts.SyntaxKind.QuestionQuestionToken:
        return both();
      case ts.SyntaxKind.InKeyword:
      case ts.SyntaxKind.InstanceOfKeyword:
      case ts.SyntaxKind.CommaToken:
        return false;
      default:
        return this.#primitive(node.left) && this.#primitive(node.right) && both();
    }
  }

  #prefix(node: ts.PrefixUnaryExpression): boolean {
    if (node.operator === ts.SyntaxKind.ExclamationToken) return this.expression(node.operand);
    if (node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken) {
      return this.#localAssignment(node.operand);
    }
    return this.#primitive(node.operand) && this.expression(node.operand);
  }

  /** A variable of the judged code itself may be assigned: nobody outside sees it. */
  #localAssignment(target: ts.Expression): boolean {
    if (!ts.isIdentifier(target)) return false;
    const symbol = this.#context.references.symbolOf(target);
    return symbol !== undefined && this.#isLocal(symbol);
  }

  #isLocal(symbol: ts.Symbol): boolean {
    const inside = (node: ts.Node): boolean => this.#context.references.isDeclaredIn(symbol, node);
    return inside(this.#whole) || [...this.#entered].some(inside);
  }

  #spread(node: ts.SpreadElement): boolean {
    const { types } = this.#context;
    const type = types.of(node.expression);
    const known = types.isArray(type) || types.isString(type) || types.isGlobalInstance(type, ["Set", "Map"]);
    if (!known || !this.#excludesNullish(node.expression)) return false;
    const cell: Cell = { kind: types.isArray(type) ? "array" : "collection" };
    if (!types.isString(type)) this.#read(cell, node.expression, node);
    return this.expression(node.expression);
  }

  #objectSpread(node: ts.SpreadAssignment): boolean {
    const { types } = this.#context;
    if (types.isUnknown(types.of(node.expression))) return false;
    this.#read({ kind: "anything" }, node.expression, node);
    return this.expression(node.expression);
  }

  #construction(node: ts.NewExpression): boolean {
    const { types } = this.#context;
    const [source] = node.arguments ?? [];
    if (!types.isGlobal(node.expression, "Set") && !types.isGlobal(node.expression, "Map")) return false;
    if (source === undefined) return true;
    const type = types.of(source);
    // A Map's entries are objects of the declared pair type; anything else would throw.
    if (!types.isArray(type) || !this.#excludesNullish(source)) return false;
    this.#read({ kind: "anything" }, source, node);
    return this.expression(source);
  }

  #call(node: ts.CallExpression): boolean {
    const { effects } = this.#context;
    const callee = node.expression;
    const argumentsPure = (): boolean => node.arguments.every((argument) => this.#argument(argument));
    if (ts.isPropertyAccessExpression(callee)) {
      if (effects.isPureStatic(callee)) return this.#staticCall(node, callee) && argumentsPure();
      return this.#method(node, callee) && argumentsPure();
    }
    if (!ts.isIdentifier(callee)) return false;
    if (effects.isPureGlobal(callee))
      return node.arguments.every((one) => this.#primitive(one) && this.expression(one));
    const trusted = node.arguments.some((one) => isTakenOnTrust(this.#context, one));
    return !trusted && this.callback(callee) && argumentsPure();
  }

  #argument(node: ts.Expression): boolean {
    if (patternFlags(this.#context, node) !== null) return true;
    return this.#isFunction(node) ? this.callback(node) : this.expression(node);
  }

  #isFunction(node: ts.Expression): boolean {
    return this.#context.types.of(node).getCallSignatures().length > 0;
  }

  #staticCall(node: ts.CallExpression, callee: ts.PropertyAccessExpression): boolean {
    const { types } = this.#context;
    const owner = (callee.expression as ts.Identifier).text;
    if (owner === "Math") return node.arguments.every((one) => this.#isPrimitiveArgument(one));
    for (const argument of node.arguments) {
      if (types.isPrimitive(types.of(argument)) || this.#isFunction(argument)) continue;
      if (owner !== "Array" && owner !== "Object") return false;
      if (/^from/.test(callee.name.text) && !this.#runsThroughQuietly(argument)) return false;
      if (types.isUnknown(types.of(argument)) && callee.name.text !== "isArray") return false;
      this.#read({ kind: "anything" }, argument, node);
    }
    return owner !== "Object" || node.arguments.every((one) => this.#excludesNullish(one));
  }

  /** No iterator, which would be used up, and no iterable of one's own. */
  #runsThroughQuietly(node: ts.Expression): boolean {
    const { types } = this.#context;
    const type = types.of(node);
    return types.isArray(type) || types.isGlobalInstance(type, ["Map", "Set", "ReadonlyMap", "ReadonlySet"]);
  }

  #isPrimitiveArgument(node: ts.Expression): boolean {
    const { types } = this.#context;
    if (!ts.isSpreadElement(node)) return this.#primitive(node);
    const element = types.elementType(types.of(node.expression));
    return element !== null && types.isPrimitive(element);
  }

  #method(node: ts.CallExpression, callee: ts.PropertyAccessExpression): boolean {
    const { types } = this.#context;
    const owner = callee.expression;
    const name = callee.name.text;
    const type = types.of(owner);
    if (types.isUnknown(type) || callee.questionDotToken !== undefined) return false;
    if (!this.#excludesNullish(owner)) return false;
    if (types.isString(type)) return this.#stringMethod(node, name) && this.expression(owner);
    if (types.isArray(type)) return this.#arrayMethod(node, owner, name);
    if (types.isGlobalInstance(type, ["Map", "Set", "ReadonlyMap", "ReadonlySet"])) {
      this.#read({ kind: "collection" }, owner, node);
      return COLLECTION_READERS.has(name) && this.expression(owner);
    }
    if (types.isGlobalInstance(type, ["RegExp"])) {
      return name === "test" && patternFlags(this.#context, owner) === "";
    }
    return (
      types.isNumber(type) && name === "toString" && node.arguments.length === 0 && this.expression(owner)
    );
  }

  #stringMethod(node: ts.CallExpression, name: string): boolean {
    if (STRING_THROWERS.has(name) && !this.#hasLiteralArguments(node)) return false;
    if (name.startsWith("toLocale") || (name === "localeCompare" && node.arguments.length > 1)) return false;
    // Converting other objects than regular expression literals could run code.
    return node.arguments.every(
      (one) => patternFlags(this.#context, one) !== null || this.#primitive(one) || this.#isFunction(one),
    );
  }

  #hasLiteralArguments(node: ts.CallExpression): boolean {
    const plain = node.arguments.every((one) => ts.isStringLiteralLike(one) || ts.isNumericLiteral(one));
    const name = (node.expression as ts.PropertyAccessExpression).name.text;
    return name === "replaceAll" || name.startsWith("pad") ? plain : false;
  }

  #arrayMethod(node: ts.CallExpression, owner: ts.Expression, name: string): boolean {
    const { types } = this.#context;
    const ownArray = isFresh(types, owner);
    if (!ownArray) this.#read({ kind: "array" }, owner, node);
    // These look into further arrays: an argument, or what the elements or the callback give.
    if (/^(concat|flat|flatMap)$/.test(name))
      this.reads.heap.push({ cell: { kind: "array" }, root: null, node });
    if (name === "sort" || name === "reverse") {
      return ownArray && (name === "reverse" || this.#sortsQuietly(node, owner)) && this.expression(owner);
    }
    if (!ARRAY_READERS.has(name) || name === "with" || name === "toSpliced") return false;
    if (name.startsWith("reduce") && node.arguments.length < 2) return false;
    if (name === "join" && !types.isPrimitive(types.elementType(types.of(owner)) ?? types.of(owner)))
      return false;
    if (ARRAY_ITERATORS.has(name) && node.arguments[0] !== undefined && !this.#isFunction(node.arguments[0]))
      return false;
    return this.expression(owner);
  }

  /** Without a comparator elements become strings, which runs code unless they are primitive. */
  #sortsQuietly(node: ts.CallExpression, owner: ts.Expression): boolean {
    const element = this.#context.types.elementType(this.#context.types.of(owner));
    return node.arguments.length > 0 || (element !== null && this.#context.types.isPrimitive(element));
  }

  #body(target: ts.FunctionLikeDeclaration): boolean {
    const { body } = target;
    if (body === undefined || target.asteriskToken !== undefined) return false;
    if (ts.getCombinedModifierFlags(target) & ts.ModifierFlags.Async) return false;
    if (!target.parameters.every((parameter) => this.#parameter(parameter))) return false;
    if (this.#running.has(target)) return this.#recursive;
    if (this.#entered.has(target)) return true;
    this.#entered.add(target);
    this.#running.add(target);
    const pure = ts.isBlock(body)
      ? body.statements.every((one) => this.#statement(one))
      : this.expression(body);
    this.#running.delete(target);
    return pure;
  }

  #parameter(parameter: ts.ParameterDeclaration): boolean {
    if (parameter.initializer !== undefined || parameter.dotDotDotToken !== undefined) return false;
    return ts.isIdentifier(parameter.name) || this.#pattern(parameter.name);
  }

  /** Taking an object or an array apart reads data, if there is nothing nullish and no default in it. */
  #pattern(pattern: ts.BindingPattern): boolean {
    const { types } = this.#context;
    const type = types.of(pattern);
    if (types.isUnknown(type) || !types.excludesNullish(type)) return false;
    this.reads.heap.push({ cell: { kind: "anything" }, root: null, node: pattern });
    if (ts.isArrayBindingPattern(pattern) && !types.isArray(type)) return false;
    return pattern.elements.every(
      (element) =>
        ts.isOmittedExpression(element) ||
        (element.initializer === undefined &&
          (element.propertyName === undefined || !ts.isComputedPropertyName(element.propertyName)) &&
          (ts.isIdentifier(element.name) || this.#pattern(element.name))),
    );
  }

  #statement(node: ts.Statement): boolean {
    if (ts.isReturnStatement(node)) return node.expression === undefined || this.expression(node.expression);
    if (ts.isBlock(node)) return node.statements.every((one) => this.#statement(one));
    if (ts.isIfStatement(node)) {
      const branches = [
        node.thenStatement,
        ...(node.elseStatement === undefined ? [] : [node.elseStatement]),
      ];
      return this.expression(node.expression) && branches.every((one) => this.#statement(one));
    }
    if (ts.isVariableStatement(node))
      return node.declarationList.declarations.every((one) => this.#declaration(one));
    if (ts.isExpressionStatement(node)) {
      return ts.isBinaryExpression(node.expression) || ts.isPostfixUnaryExpression(node.expression)
        ? this.#localChange(node.expression)
        : false;
    }
    return false;
  }

  #localChange(node: ts.BinaryExpression | ts.PostfixUnaryExpression): boolean {
    return ts.isBinaryExpression(node) ? this.#binary(node) : this.#localAssignment(node.operand);
  }

  #declaration(node: ts.VariableDeclaration): boolean {
    const named = ts.isIdentifier(node.name) || this.#pattern(node.name);
    return named && (node.initializer === undefined || this.expression(node.initializer));
  }
}

function isLeaf(node: ts.Node): boolean {
  switch (node.kind) {
    case ts.SyntaxKind.NumericLiteral:
    case ts.SyntaxKind.StringLiteral:
    case ts.SyntaxKind.NoSubstitutionTemplateLiteral:
    case ts.SyntaxKind.RegularExpressionLiteral:
    case ts.SyntaxKind.TrueKeyword:
    case ts.SyntaxKind.FalseKeyword:
    case ts.SyntaxKind.NullKeyword:
    case ts.SyntaxKind.OmittedExpression:
    case ts.SyntaxKind.ArrowFunction:
    case ts.SyntaxKind.FunctionExpression:
      return true;
    default:
      return false;
  }
}

/**
 * The flags that matter, "g" or none, of a regular expression literal or a constant that holds a pattern made
 * from literals; null for a sticky one and for anything else. String methods start such a pattern at 0 and
 * leave it there, which nobody sees as long as they alone use it.
 */
function patternFlags(context: RewriteContext, node: ts.Expression): "" | "g" | null {
  const inner = bare(node);
  const made = ts.isIdentifier(inner) ? constantValue(context, inner) : inner;
  const flags = made === null ? null : writtenFlags(context, made);
  if (flags === null || flags.includes("y")) return null;
  if (!flags.includes("g")) return "";
  return ts.isIdentifier(inner) && !isUsedByStringsAlone(context, inner) ? null : "g";
}

function isUsedByStringsAlone({ references, types }: RewriteContext, pattern: ts.Identifier): boolean {
  const symbol = references.symbolOf(pattern)!;
  const declaration = references.declarationOf(symbol)!;
  if ((ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Export) !== 0) return false;
  return references.uses(symbol).every(({ parent }) => {
    const method = ts.isCallExpression(parent) ? parent.expression : undefined;
    return (
      method !== undefined &&
      ts.isPropertyAccessExpression(method) &&
      /^(match|replace|replaceAll|search|split)$/.test(method.name.text) &&
      types.isString(types.of(method.expression))
    );
  });
}

function constantValue({ references }: RewriteContext, node: ts.Identifier): ts.Expression | null {
  const symbol = references.symbolOf(node);
  const declaration = symbol === undefined ? null : references.declarationOf(symbol);
  if (declaration === null || (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) === 0) return null;
  return declaration.initializer ?? null;
}

function writtenFlags({ types }: RewriteContext, made: ts.Expression): string | null {
  if (ts.isRegularExpressionLiteral(made)) return made.text.slice(made.text.lastIndexOf("/") + 1);
  if (!ts.isNewExpression(made) || !types.isGlobal(made.expression, "RegExp")) return null;
  const [pattern, flags] = made.arguments ?? [];
  if (pattern === undefined || !ts.isStringLiteralLike(pattern)) return null;
  return flags === undefined ? "" : ts.isStringLiteralLike(flags) ? flags.text : null;
}
