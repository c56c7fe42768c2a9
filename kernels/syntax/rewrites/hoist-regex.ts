/**
 * A regular expression made anew in a loop is made once before it.
 *
 * Precondition: `new RegExp("literal", "flags")` with a valid pattern, so that making it early cannot throw;
 * it is used on the spot as receiver of `test` or `exec` or as argument of `match`, `replace`, `replaceAll`,
 * `search` or `split`, so that nobody else sees the object. It must not be sticky, and global only for
 * `match`, `replace` and `replaceAll`, which start at 0 and leave `lastIndex` at 0. Regular expression literals
 * stay where they are: engines make those once already.
 */
import ts from "typescript";
import { loopAnchors } from "./loops.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";
import type { Rewrite } from "../protocol.ts";

const name = "hoist-regex";

export const hoistRegex: RewriteRule = {
  name,
  summary: "Makes a regular expression once before a loop instead of in each round.",
  find: (context) =>
    context
      .nodes((node): node is ts.NewExpression => ts.isNewExpression(node) && isHoistable(context, node))
      .flatMap((node) => {
        const anchor = loopAnchors(context, node).at(-1);
        return anchor === undefined ? [] : [hoisted(context, node, anchor)];
      }),
};

function hoisted(context: RewriteContext, node: ts.NewExpression, anchor: ts.Node): Rewrite {
  const edit = context.edit();
  const pattern = edit.freshName("pattern");
  edit.insertBefore(anchor, [`const ${pattern} = ${node.getText(context.file)};`]);
  edit.replace(node, pattern);
  return rewriteAt(context, name, node, `makes \`${node.getText(context.file)}\` once before the loop`, edit);
}

function isHoistable(context: RewriteContext, node: ts.NewExpression): boolean {
  const [pattern, flags, ...more] = node.arguments ?? [];
  if (!context.types.isGlobal(node.expression, "RegExp") || more.length > 0) return false;
  if (pattern === undefined || !ts.isStringLiteralLike(pattern)) return false;
  if (flags !== undefined && !ts.isStringLiteralLike(flags)) return false;
  const marks = flags?.text ?? "";
  return (
    !marks.includes("y") &&
    isValid(pattern.text, marks) &&
    isUsedOnTheSpot(context, node, marks.includes("g"))
  );
}

function isValid(pattern: string, flags: string): boolean {
  try {
    new RegExp(pattern, flags);
    return true;
  } catch {
    return false;
  }
}

function isUsedOnTheSpot({ types }: RewriteContext, node: ts.NewExpression, global: boolean): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) {
    const called = ts.isCallExpression(parent.parent) && parent.parent.expression === parent;
    return called && !global && ["test", "exec"].includes(parent.name.text);
  }
  if (!ts.isCallExpression(parent) || parent.arguments[0] !== node) return false;
  if (
    !ts.isPropertyAccessExpression(parent.expression) ||
    !types.isString(types.of(parent.expression.expression))
  )
    return false;
  const method = parent.expression.name.text;
  return (
    ["match", "replace", "replaceAll"].includes(method) || (!global && ["search", "split"].includes(method))
  );
}
