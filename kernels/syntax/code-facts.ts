/** Counts and places in one source file, for the audit. */
import ts from "typescript";

/** Every node below `root`, in source order, `root` itself not. */
export function* nodesOf(root: ts.Node): Iterable<ts.Node> {
  const children: ts.Node[] = [];
  ts.forEachChild(root, (child) => void children.push(child));
  for (const child of children) {
    yield child;
    yield* nodesOf(child);
  }
}

export function lineOf(node: ts.Node): number {
  const file = node.getSourceFile();
  return file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
}

/** Cyclomatic complexity: decisions plus one (T. J. McCabe, "A Complexity Measure", IEEE TSE 2(4), 1976). */
export function cyclomaticComplexity(nodes: Iterable<ts.Node>): number {
  let decisions = 0;
  for (const node of nodes) if (isDecision(node)) decisions += 1;
  return decisions + 1;
}

function isDecision(node: ts.Node): boolean {
  if (ts.isBinaryExpression(node)) return SHORT_CIRCUITS.has(node.operatorToken.kind);
  return DECISIONS.has(node.kind);
}

const DECISIONS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.IfStatement,
  ts.SyntaxKind.ConditionalExpression,
  ts.SyntaxKind.ForStatement,
  ts.SyntaxKind.ForInStatement,
  ts.SyntaxKind.ForOfStatement,
  ts.SyntaxKind.WhileStatement,
  ts.SyntaxKind.DoStatement,
  ts.SyntaxKind.CaseClause,
  ts.SyntaxKind.CatchClause,
]);

const SHORT_CIRCUITS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
  ts.SyntaxKind.AmpersandAmpersandEqualsToken,
  ts.SyntaxKind.BarBarEqualsToken,
  ts.SyntaxKind.QuestionQuestionEqualsToken,
]);

/** Lines that are not blank. */
export function codeLines(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
}

export function functionsOf(nodes: readonly ts.Node[]): readonly ts.SignatureDeclaration[] {
  return nodes
    .filter((node) => ts.isFunctionLike(node))
    .filter((node) => "body" in node && node.body !== undefined);
}

/** Texts of all comments beside the nodes, each once for each place. */
export function commentsOf(nodes: readonly ts.Node[]): readonly string[] {
  const comments = new Map<string, string>();
  for (const node of nodes) {
    const { fileName, text } = node.getSourceFile();
    const ranges = [
      ...(ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(text, node.getEnd()) ?? []),
    ];
    for (const { pos, end } of ranges) comments.set(`${fileName}:${pos}`, text.slice(pos, end).trim());
  }
  return [...comments.values()];
}

/** A module's name in an import, a re-export, a literal `import()` or a literal `require`. */
interface ImportSite {
  readonly name: ts.StringLiteralLike;
  readonly node: ts.Node;
}

/** Without what is erased when compiled: imports of types. */
export function importsOf(nodes: readonly ts.Node[], checker: ts.TypeChecker): readonly ImportSite[] {
  return nodes.flatMap((node) => {
    const site = importSite(node);
    return site === undefined || isErased(node, checker) ? [] : [site];
  });
}

function importSite(node: ts.Node): ImportSite | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    const name = node.moduleSpecifier;
    return name !== undefined && ts.isStringLiteral(name) ? { name, node } : undefined;
  }
  if (!ts.isCallExpression(node)) return undefined;
  const loads = node.expression.kind === ts.SyntaxKind.ImportKeyword || isNamed(node.expression, "require");
  const [name] = node.arguments;
  return loads && name !== undefined && ts.isStringLiteralLike(name) ? { name, node } : undefined;
}

function isErased(node: ts.Node, checker: ts.TypeChecker): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = ts.isImportDeclaration(node) ? node.importClause : undefined;
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { namedBindings } = clause;
  if (clause.name !== undefined || namedBindings === undefined || ts.isNamespaceImport(namedBindings))
    return false;
  const { elements } = namedBindings;
  return elements.length > 0 && elements.every((one) => one.isTypeOnly || isType(one.name, checker));
}

/** Known, and no value. */
function isType(name: ts.Identifier, checker: ts.TypeChecker): boolean {
  const alias = checker.getSymbolAtLocation(name);
  if (alias === undefined || (alias.flags & ts.SymbolFlags.Alias) === 0) return false;
  const { flags, declarations } = checker.getAliasedSymbol(alias);
  return declarations !== undefined && (flags & ts.SymbolFlags.Value) === 0;
}

export function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

/** An identifier that is used as a value and stands for nothing that the program itself declares. */
export function isGlobal(checker: ts.TypeChecker, node: ts.Node): node is ts.Identifier {
  if (!ts.isIdentifier(node) || isMemberName(node) || ts.isPartOfTypeNode(node)) return false;
  const declarations = checker.getSymbolAtLocation(node)?.declarations ?? [];
  return declarations.every((declaration) => declaration.getSourceFile().isDeclarationFile);
}

function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent))
    return node !== (ts.isQualifiedName(parent) ? parent.left : parent.expression);
  return (
    ("name" in parent && parent.name === node) ||
    ("propertyName" in parent && parent.propertyName === node) ||
    ts.isLabeledStatement(parent)
  );
}

/** The leftmost expression of `a.b[c].d`. */
export function rootOf(node: ts.Expression): ts.Expression {
  const isStep =
    ts.isPropertyAccessExpression(node) ||
    ts.isElementAccessExpression(node) ||
    ts.isParenthesizedExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isAsExpression(node);
  return isStep ? rootOf(node.expression) : node;
}

/** What a node writes to: the left side of an assignment, the operand of `++`, `--` and `delete`. */
export function writtenBy(node: ts.Node): ts.Expression | undefined {
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment
      ? node.left
      : undefined;
  }
  if (ts.isDeleteExpression(node)) return node.expression;
  const steps = ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node);
  const isStep =
    steps &&
    (node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken);
  return isStep ? node.operand : undefined;
}

/** Of what `before` and `after` hold, the items that `after` holds more often. */
export function added<Item>(
  before: readonly Item[],
  after: readonly Item[],
  keyOf: (item: Item) => string,
): readonly Item[] {
  const left = new Map<string, number>();
  for (const item of before) left.set(keyOf(item), (left.get(keyOf(item)) ?? 0) + 1);
  return after.filter((item) => {
    const count = left.get(keyOf(item)) ?? 0;
    left.set(keyOf(item), count - 1);
    return count <= 0;
  });
}
