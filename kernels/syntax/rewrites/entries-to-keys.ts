/**
 * `Object.entries(o)` of which only keys, or only values, are used becomes `Object.keys(o)` or `Object.values(o)`.
 *
 * Precondition: the entries are run through by `for … of` or by a callback whose first parameter takes them
 * apart and names one half alone; other parameters are not the array of entries. Keys, values and entries have
 * the same order and the same members. Fields are data by their type, so not reading values is unseen.
 */
import ts from "typescript";
import { isMethodCall, type MethodCall } from "./expressions.ts";
import { ARRAY_ITERATORS } from "./known-calls.ts";
import { isPure } from "./purity.ts";
import { type RewriteRule, rewriteAt } from "./rule.ts";

const name = "entries-to-keys";

export const entriesToKeys: RewriteRule = {
  name,
  summary: "Asks an object for its keys or its values alone where entries are taken apart for one of them.",
  find: (context) =>
    context
      .nodes((node): node is MethodCall => isMethodCall(node, "entries", 1))
      .flatMap((call) => {
        const pattern = entryPattern(call);
        const half = pattern === null ? null : usedHalf(pattern);
        if (half === null || !context.types.isGlobal(call.expression.expression, "Object")) return [];
        const object = call.arguments[0]!;
        if (context.types.isUnknown(context.types.of(object)) || !isPure(context, object)) return [];
        const edit = context.edit();
        edit.replace(call.expression.name, half.of);
        edit.replace(pattern!, half.name);
        return [rewriteAt(context, name, call, `asks for ${half.of} alone instead of entries`, edit)];
      }),
};

/** The `[key, value]` that every entry is taken apart by. */
function entryPattern(call: MethodCall): ts.ArrayBindingPattern | null {
  const { parent } = call;
  if (ts.isForOfStatement(parent) && parent.expression === call) {
    // `for await` would wait for values, but not for entries that hold them.
    if (parent.awaitModifier !== undefined || !ts.isVariableDeclarationList(parent.initializer)) return null;
    const [declaration] = parent.initializer.declarations;
    return declaration !== undefined && ts.isArrayBindingPattern(declaration.name) ? declaration.name : null;
  }
  if (!ts.isPropertyAccessExpression(parent) || !ts.isCallExpression(parent.parent)) return null;
  const method = parent.name.text;
  const [callback] = parent.parent.arguments;
  // What gives the elements back, or compares two of them, needs whole entries.
  if (
    !ARRAY_ITERATORS.has(method) ||
    /^(filter|find|findLast|reduce|reduceRight|sort|toSorted)$/.test(method)
  )
    return null;
  if (callback === undefined || !ts.isArrowFunction(callback) || callback.parameters.length > 2) return null;
  const [first] = callback.parameters;
  return first?.type === undefined && first !== undefined && ts.isArrayBindingPattern(first.name)
    ? first.name
    : null;
}

function usedHalf(pattern: ts.ArrayBindingPattern): { of: "keys" | "values"; name: string } | null {
  const [key, value, ...more] = pattern.elements;
  if (more.length > 0 || key === undefined) return null;
  if (value === undefined) return isName(key) ? { of: "keys", name: key.name.getText() } : null;
  return ts.isOmittedExpression(key) && isName(value) ? { of: "values", name: value.name.getText() } : null;
}

function isName(element: ts.ArrayBindingElement): element is ts.BindingElement {
  return (
    ts.isBindingElement(element) &&
    element.initializer === undefined &&
    element.dotDotDotToken === undefined &&
    ts.isIdentifier(element.name)
  );
}
