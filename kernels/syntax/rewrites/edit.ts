/**
 * Text edits that leave a module looking as a person left it: only what changes is touched, indentation is
 * the neighbour's, and new names collide with nothing in the file.
 */
import MagicString from "magic-string";
import ts from "typescript";

export class Edit {
  readonly #file: ts.SourceFile;
  readonly #text: MagicString;
  readonly #names: Set<string>;
  /** Statements and concise bodies that already got braces, with what closes them. */
  readonly #braced: Set<ts.Node> = new Set();

  constructor(file: ts.SourceFile) {
    this.#file = file;
    this.#text = new MagicString(file.text);
    this.#names = identifiersOf(file);
  }

  toString(): string {
    return this.#text.toString();
  }

  /** A name no identifier of the file has: `base`, `base2`, `base3` … */
  freshName(base: string): string {
    let name = base;
    for (let number = 2; this.#names.has(name) || isReserved(name); number++) name = `${base}${number}`;
    this.#names.add(name);
    return name;
  }

  replace(node: ts.Node, text: string): void {
    const glue = /^[[(`+\-/]/.test(text) && followsOpenEnd(node, this.#file) ? ";" : "";
    this.#text.update(node.getStart(this.#file), node.getEnd(), glue + text);
  }

  replaceRange(start: number, end: number, text: string): void {
    if (start === end) this.#text.appendLeft(start, text);
    else this.#text.update(start, end, text);
  }

  /** The line's leading white space. */
  indentOf(node: ts.Node): string {
    return indentAt(this.#file.text, node.getStart(this.#file));
  }

  /** The file's step of indentation: a tab if it has one at a line's start, else two or four spaces. */
  get step(): string {
    if (/^\t/m.test(this.#file.text)) return "\t";
    return /^ {2}\S/m.test(this.#file.text) ? "  " : /^ {4}\S/m.test(this.#file.text) ? "    " : "  ";
  }

  /** Moves the lines inside of a block one step in; lines that begin within a template or a comment stay. */
  indentLines(block: ts.Block, step: string): void {
    const { text } = this.#file;
    for (const statement of block.statements) {
      for (const start of lineStarts(text, statement.getFullStart(), statement.end)) {
        if (!isInsideText(block, start) && text[start] !== "\n") this.#text.appendLeft(start, step);
      }
    }
  }

  /** Puts statements before `place`, which is a statement or the concise body of an arrow function. */
  insertBefore(place: ts.Node, lines: readonly string[]): void {
    const indent = this.#openBlock(place);
    const text = indented(lines, indent);
    this.#text.appendLeft(place.getStart(this.#file), `${text}\n${indent}`);
  }

  /** Puts statements after a statement. */
  insertAfter(place: ts.Node, lines: readonly string[]): void {
    const indent = this.#openBlock(place);
    this.#text.appendLeft(place.getEnd(), `\n${indent}${indented(lines, indent)}`);
  }

  /** Puts text at the end of the module, after an empty line. */
  append(text: string): void {
    this.#text.append(`${this.#file.text.endsWith("\n") ? "" : "\n"}\n${text}\n`);
  }

  /** Takes a whole statement out, with its line. */
  removeStatement(statement: ts.Node): void {
    const { text } = this.#file;
    let start = statement.getStart(this.#file);
    let end = statement.getEnd();
    while (start > 0 && (text[start - 1] === " " || text[start - 1] === "\t")) start--;
    if (text[end] === "\r") end++;
    if (text[end] === "\n") end++;
    this.#text.remove(start, end);
  }

  /** Gives `place` a block to stand in if it has none; returns the indentation of statements there. */
  #openBlock(place: ts.Node): string {
    const indent = this.indentOf(place);
    if (isInBlock(place)) return indent;
    const concise = ts.isArrowFunction(place.parent) && place.parent.body === place;
    const outer = this.indentOf(concise ? place.parent : headOf(place.parent));
    const inner = outer + this.step;
    if (this.#braced.has(place)) return inner;
    this.#braced.add(place);
    const start = place.getStart(this.#file);
    // The brace belongs on the line before, behind the parenthesis or the arrow.
    const gap = this.#file.text.slice(0, start).search(/\s*$/);
    if (this.#file.text.slice(gap, start).includes("\n")) this.#text.update(gap, start, " ");
    this.#text.prependLeft(start, `{\n${inner}`);
    if (concise) this.#text.prependRight(start, "return ");
    this.#text.appendRight(place.getEnd(), `${concise ? ";" : ""}\n${outer}}`);
    return inner;
  }
}

/** It begins a statement after one without a semicolon: a bracket there would go on with that one. */
function followsOpenEnd(node: ts.Node, file: ts.SourceFile): boolean {
  const start = node.getStart(file);
  const statement = ts.findAncestor(node, ts.isExpressionStatement);
  if (statement === undefined || statement.getStart(file) !== start || !isInBlock(statement)) return false;
  const { statements } = statement.parent as ts.Block;
  const before = statements[statements.indexOf(statement) - 1];
  if (before === undefined) return false;
  const closes = ts.isVariableStatement(before) || ts.isExpressionStatement(before) ? /;$/ : /[;}]$/;
  return !closes.test(before.getText(file));
}

/** Whether a `const` may be put before it without further ado. */
export function isInBlock(place: ts.Node): boolean {
  const { parent } = place;
  return ts.isBlock(parent) || ts.isSourceFile(parent) || ts.isModuleBlock(parent);
}

/** `else if` hangs on the line of the outermost `if`. */
function headOf(node: ts.Node): ts.Node {
  return ts.isIfStatement(node) && ts.isIfStatement(node.parent) && node.parent.elseStatement === node
    ? headOf(node.parent)
    : node;
}

function indented(lines: readonly string[], indent: string): string {
  return lines.join("\n").replaceAll("\n", `\n${indent}`);
}

function indentAt(text: string, position: number): string {
  const lineStart = text.lastIndexOf("\n", position - 1) + 1;
  return /^[ \t]*/.exec(text.slice(lineStart))![0];
}

function identifiersOf(file: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

function isReserved(name: string): boolean {
  const kind = ts.identifierToKeywordKind(ts.factory.createIdentifier(name));
  return kind !== undefined && kind <= ts.SyntaxKind.LastFutureReservedWord;
}

function lineStarts(text: string, start: number, end: number): number[] {
  const starts: number[] = [];
  for (let at = text.indexOf("\n", start); at !== -1 && at < end; at = text.indexOf("\n", at + 1))
    starts.push(at + 1);
  return starts;
}

function isInsideText(root: ts.Node, position: number): boolean {
  const within = (node: ts.Node): boolean => node.getStart() < position && position < node.end;
  const visit = (node: ts.Node): boolean =>
    (ts.isTemplateLiteralToken(node) && within(node)) ||
    (ts.forEachChild(node, (child) => visit(child) || undefined) ?? false);
  return visit(root);
}
