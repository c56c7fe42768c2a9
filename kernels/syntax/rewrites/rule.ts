/**
 * What a rewrite rule is, and what it is given.
 *
 * A rule looks at the subject function and the functions of the same module that it reaches, and answers
 * with whole new module texts, one for each place where it applies. A rule's precondition holds by itself:
 * it is read off the syntax and the checker's types, which are believed (see README.md for what that covers).
 */
import type ts from "typescript";
import type { Rewrite } from "../protocol.ts";
import type { Edit } from "./edit.ts";
import type { Effects } from "./effects.ts";
import type { References } from "./references.ts";
import type { TypeFacts } from "./type-facts.ts";

export interface RewriteRule {
  /** Kebab-case. */
  readonly name: string;
  /** One sentence: what is exchanged for what. */
  readonly summary: string;
  /** In source order of the sites. */
  find(context: RewriteContext): readonly Rewrite[];
}

export interface RewriteContext {
  readonly file: ts.SourceFile;
  /** False for plain JavaScript, where no type syntax may be written. */
  readonly typescript: boolean;
  /** Array reads give `T | undefined`: where not, `find` needs a `!` that `[0]` did not. */
  readonly checkedIndexing: boolean;
  readonly types: TypeFacts;
  readonly references: References;
  readonly effects: Effects;
  /** The subject, then the functions of this file it reaches, outermost ones only. */
  readonly functions: readonly ts.Node[];
  /** Every node of `functions` that `guard` accepts, in source order. */
  nodes<Kind extends ts.Node>(guard: (node: ts.Node) => node is Kind): readonly Kind[];
  edit(): Edit;
}

/** The `Rewrite` of one edit, made for `site`. */
export function rewriteAt(
  context: RewriteContext,
  rule: string,
  site: ts.Node,
  description: string,
  edit: Edit,
): Rewrite {
  const { line } = context.file.getLineAndCharacterOfPosition(site.getStart(context.file));
  return { rule, description, line: line + 1, source: edit.toString() };
}
