/**
 * `JSON.parse(JSON.stringify(x))` becomes a call of a function that copies what JSON would keep.
 *
 * Precondition: `x` is surely there, and its type is proved JSON-safe: strings, numbers, booleans, null, and
 * arrays and plain objects of these without methods, not recursive (so no cycles, which JSON refuses). The copy
 * does what the way through text does: NaN and the infinities become null, −0 becomes 0, undefined fields are
 * left out and undefined elements (holes too) become null, key order is kept, `__proto__` is a field like any
 * other, prototypes, symbol keys and hidden fields are lost, shared objects are copied apart. An object may
 * have more members than its type says: functions and symbols are left out, and what is no plain object (a
 * Date, a class's instance) or has a `toJSON` goes the old way. Not applied to any and unknown, to types with
 * a method, or where `stringify` or `parse` gets more arguments.
 */
import ts from "typescript";
import { isTakenOnTrust } from "./presence.ts";
import { bare, isMethodCall, type MethodCall } from "./expressions.ts";
import { type RewriteContext, type RewriteRule, rewriteAt } from "./rule.ts";
import { parts, type TypeFacts } from "./type-facts.ts";

const name = "json-clone-to-copy";

export const jsonCloneToCopy: RewriteRule = {
  name,
  summary: "Copies JSON-safe data directly instead of through text.",
  find: (context) => {
    const clones = context.nodes((node): node is MethodCall => isClone(context, node));
    const [first] = clones;
    if (first === undefined) return [];
    const edit = context.edit();
    const copy = edit.freshName("copyJson");
    for (const clone of clones) edit.replace(clone, `${copy}(${stringified(clone).getText(context.file)})`);
    edit.append(copyFunction(copy, context.typescript, edit.step));
    return [rewriteAt(context, name, first, "copies the data directly instead of through JSON text", edit)];
  },
};

function isClone(context: RewriteContext, node: ts.Node): boolean {
  const { types } = context;
  const isJson = (call: MethodCall): boolean => types.isGlobal(call.expression.expression, "JSON");
  if (!isMethodCall(node, "parse", 1) || !isJson(node)) return false;
  const [inner] = node.arguments;
  if (!isMethodCall(inner!, "stringify", 1) || !isJson(inner)) return false;
  const [value] = inner.arguments;
  const type = types.of(bare(value!));
  // Without a value there is no text, which `parse` refuses.
  if (ts.isSpreadElement(value!) || !types.excludesUndefined(type)) return false;
  return !isTakenOnTrust(context, value!) && isJsonSafe(types, type, inner, []);
}

function stringified(clone: MethodCall): ts.Expression {
  return (clone.arguments[0] as MethodCall).arguments[0]!;
}

function isJsonSafe(types: TypeFacts, type: ts.Type, at: ts.Node, path: readonly ts.Type[]): boolean {
  return parts(type).every((part) => {
    if (types.isPrimitive(part)) return true;
    if (path.includes(part) || types.isUnknown(part)) return false;
    const within = [...path, part];
    if (types.isArray(part)) {
      const element = types.elementType(part);
      return element !== null && isJsonSafe(types, element, at, within);
    }
    return (
      types.isPlainObject(part) &&
      fieldTypes(types, part, at).length > 0 && // `{}` may be anything
      fieldTypes(types, part, at).every((one) => isJsonSafe(types, one, at, within))
    );
  });
}

function fieldTypes({ checker }: TypeFacts, type: ts.Type, at: ts.Node): readonly ts.Type[] {
  const fields = checker
    .getPropertiesOfType(type)
    .map((field) => checker.getTypeOfSymbolAtLocation(field, at));
  return [...fields, ...checker.getIndexInfosOfType(type).map((info) => info.type)];
}

function copyFunction(copy: string, typescript: boolean, step: string): string {
  const typed = (type: string): string => (typescript ? `: ${type}` : "");
  const as = (text: string, type: string): string => (typescript ? `(${text} as ${type})` : text);
  const given = (text: string): string => `return ${typescript ? `${text} as Value` : text};`;
  const number = "Number.isFinite(value) ? value + 0 : null";
  return [
    "/** A copy of JSON-safe data, equal to what `JSON.parse(JSON.stringify(value))` gives. */",
    `function ${copy}${typescript ? "<Value>" : ""}(value${typed("Value")})${typed("Value")} {`,
    `  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;`,
    `  if (typeof value === "number") ${given(typescript ? `(${number})` : number)}`,
    `  const isData = (one${typed("unknown")}) => one !== undefined && typeof one !== "function" && typeof one !== "symbol";`,
    `  if (Array.isArray(value)) {`,
    `    const list${typed("unknown[]")} = [];`,
    `    for (const one of ${as("value", "readonly unknown[]")}) list.push(isData(one) ? ${copy}(one) : null);`,
    `    ${given("list")}`,
    `  }`,
    `  const isPlain = Object.getPrototypeOf(value) === Object.prototype && !("toJSON" in ${as("value", "object")});`,
    `  if (!isPlain) ${given("JSON.parse(JSON.stringify(value))")}`,
    `  const object${typed("Record<string, unknown>")} = {};`,
    `  for (const [key, one] of Object.entries(${typescript ? "value as Record<string, unknown>" : "value"})) {`,
    `    if (!isData(one)) continue;`,
    `    // Assigned, this one name would set the prototype.`,
    `    if (key !== "__proto__") object[key] = ${copy}(one);`,
    `    else Object.defineProperty(object, key, { value: ${copy}(one), writable: true, enumerable: true, configurable: true });`,
    `  }`,
    `  ${given("object")}`,
    "}",
  ]
    .join("\n")
    .replaceAll("  ", step);
}
