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
export function cyclomaticComplexity(root: ts.Node): number {
  let decisions = 0;
  for (const node of nodesOf(root)) if (isDecision(node)) decisions += 1;
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

export function functionsOf(file: ts.SourceFile): readonly ts.SignatureDeclaration[] {
  return [...nodesOf(file)]
    .filter((node) => ts.isFunctionLike(node))
    .filter((node) => "body" in node && node.body !== undefined);
}

/** Texts of all comments, each once for each place. */
export function commentsOf(file: ts.SourceFile): readonly string[] {
  const comments: string[] = [];
  const seen = new Set<number>();
  const collect = (ranges: readonly ts.CommentRange[] | undefined): void => {
    for (const { pos, end } of ranges ?? []) {
      if (seen.has(pos)) continue;
      seen.add(pos);
      comments.push(file.text.slice(pos, end).trim());
    }
  };
  for (const node of [file.endOfFileToken, ...nodesOf(file)]) {
    collect(ts.getLeadingCommentRanges(file.text, node.getFullStart()));
    collect(ts.getTrailingCommentRanges(file.text, node.getEnd()));
  }
  return comments;
}

/** A module's name in an import, a re-export, a literal `import()` or a literal `require`. */
export interface ImportSite {
  readonly name: string;
  readonly node: ts.Node;
  /** Erased when compiled. */
  readonly typeOnly: boolean;
}

export function importsOf(file: ts.SourceFile): readonly ImportSite[] {
  return [...nodesOf(file)].flatMap((node) => {
    const site = importSite(node);
    return site === undefined ? [] : [site];
  });
}

function importSite(node: ts.Node): ImportSite | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    const typeOnly = ts.isImportDeclaration(node)
      ? node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
      : node.isTypeOnly;
    const name = node.moduleSpecifier;
    return name !== undefined && ts.isStringLiteral(name) ? { name: name.text, node, typeOnly } : undefined;
  }
  if (!ts.isCallExpression(node)) return undefined;
  const loads = node.expression.kind === ts.SyntaxKind.ImportKeyword || isNamed(node.expression, "require");
  const [name] = node.arguments;
  return loads && name !== undefined && ts.isStringLiteralLike(name)
    ? { name: name.text, node, typeOnly: false }
    : undefined;
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
