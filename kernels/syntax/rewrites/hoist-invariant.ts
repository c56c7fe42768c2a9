/**
 * A call that gives the same in every round of a loop is made once before it.
 *
 * Precondition: the call is pure (so it cannot throw, and the loop may run no round at all), nothing in the
 * loop changes what it reads, and its result is a primitive, or an object that is only read on the spot and makes
 * nothing that comes out of it, so that sharing it is unseen. The types that make it pure hold before the loop as
 * well. The outermost such call is taken; sorted copies (`[...xs].sort(…)`) count as one call.
 */
import ts from "typescript";
import { hoistAnchor } from "./loops.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";
import { isSharable } from "./sharing.ts";
import type { Rewrite } from "../protocol.ts";

const name = "hoist-invariant";

export const hoistInvariant: RewriteRule = {
  name,
  summary: "Makes a call once before a loop that gives the same in each of its rounds.",
  find: (context) =>
    context
      .nodes((node): node is ts.CallExpression | ts.NewExpression => isCandidate(context, node))
      .flatMap((call) => {
        const anchor = hoistAnchor(context, call);
        return anchor === null ? [] : [hoisted(context, call, anchor)];
      }),
};

function isCandidate(context: RewriteContext, node: ts.Node): boolean {
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return false;
  const sharable = context.types.isPrimitive(context.types.of(node)) || isSharable(context, node);
  return sharable && !isTrivial(context, node);
}

/** A single lookup costs about what reading a variable does. */
function isTrivial(context: RewriteContext, node: ts.CallExpression | ts.NewExpression): boolean {
  const { expression } = node;
  if (!ts.isPropertyAccessExpression(expression)) return false;
  if (/^(has|get|at|charAt|charCodeAt|codePointAt)$/.test(expression.name.text)) return true;
  return context.types.isGlobal(expression.expression, "Array") && expression.name.text === "isArray";
}

function hoisted(
  context: RewriteContext,
  call: ts.CallExpression | ts.NewExpression,
  anchor: ts.Node,
): Rewrite {
  const edit = context.edit();
  const text = call.getText(context.file);
  const constant = edit.freshName(nameOf(call));
  edit.insertBefore(anchor, [`const ${constant} = ${text};`]);
  edit.replace(call, constant);
  const shown = text.length > 60 || text.includes("\n") ? `${text.slice(0, 40).split("\n")[0]!}…` : text;
  return rewriteAt(context, name, call, `evaluates \`${shown}\` once before the loop`, edit);
}

const NAMES: Readonly<Record<string, string>> = {
  toLowerCase: "lowerCased",
  toUpperCase: "upperCased",
  trim: "trimmed",
  split: "pieces",
  sort: "sorted",
  toSorted: "sorted",
  filter: "chosen",
  map: "mapped",
  join: "joined",
  reduce: "total",
  slice: "part",
  keys: "keys",
  values: "values",
  entries: "entries",
  max: "largest",
  min: "smallest",
  indexOf: "position",
  findIndex: "position",
  Set: "set",
  Map: "map",
};

function nameOf(call: ts.CallExpression | ts.NewExpression): string {
  const { expression } = call;
  const called = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
  return Object.hasOwn(NAMES, called)
    ? NAMES[called]!
    : `${called.slice(0, 1).toLowerCase()}${called.slice(1)}Result`;
}
