/**
 * `text.split(separator)[0]` becomes `text.split(separator, 1)[0]`: pieces that nobody reads are not made.
 *
 * Precondition: receiver and separator are strings (or a RegExp) by their types, the index a literal below 100, and the array is read by that
 * index alone. A limit leaves the first pieces as they are and only stops after them; for regular expressions
 * as well, captured groups being pieces of their own.
 */
import ts from "typescript";
import { isMethodCall, type MethodCall } from "./expressions.ts";
import { isWriteTarget } from "./references.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";

const name = "split-limit";

export const splitLimit: RewriteRule = {
  name,
  summary: "Splits a string no further than the piece that is read.",
  find: (context) =>
    context
      .nodes((node): node is MethodCall => isMethodCall(node, "split", 1))
      .flatMap((call) => {
        const index = indexRead(context, call);
        if (index === null) return [];
        const edit = context.edit();
        const [separator] = call.arguments;
        edit.replaceRange(separator!.end, separator!.end, `, ${index + 1}`);
        return [rewriteAt(context, name, call, `splits off no more than ${index + 1} of the pieces`, edit)];
      }),
};

function indexRead({ types }: RewriteContext, call: MethodCall): number | null {
  const access = call.parent;
  const isRead = ts.isElementAccessExpression(access) && access.expression === call && !isWriteTarget(access);
  if (!isRead || !types.isString(types.of(call.expression.expression))) return null;
  if (ts.isCallExpression(access.parent) && access.parent.expression === access) return null;
  const separator = types.of(call.arguments[0]!);
  if (!types.isString(separator) && !types.isGlobalInstance(separator, ["RegExp"])) return null;
  const { argumentExpression: index } = access;
  return ts.isNumericLiteral(index) && /^\d{1,2}$/.test(index.text) ? Number(index.text) : null;
}
