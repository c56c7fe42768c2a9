/** Makes what the rules are given from a loaded module. */
import ts from "typescript";
import type { TypedModule } from "../typed-module.ts";
import { Edit } from "./edit.ts";
import { Effects } from "./effects.ts";
import { contains, References } from "./references.ts";
import type { RewriteContext } from "./rule.ts";
import { TypeFacts } from "./type-facts.ts";

export function rewriteContext(module: TypedModule): RewriteContext {
  const { program, checker, functionFile: file } = module;
  const types = new TypeFacts(program, checker);
  const references = new References(file, types);
  const effects = new Effects(types, references);
  const functions = reachedFunctions(module, references);
  return {
    file,
    typescript: /\.[cm]?tsx?$/.test(file.fileName),
    checkedIndexing: program.getCompilerOptions().noUncheckedIndexedAccess ?? false,
    types,
    references,
    effects,
    functions,
    nodes: (guard) =>
      functions.flatMap((root) => descendants(root, guard)).sort((one, other) => one.pos - other.pos),
    edit: () => new Edit(file),
  };
}

/** Every node under `root`, itself included, that `guard` accepts, in source order. */
export function descendants<Kind extends ts.Node>(
  root: ts.Node,
  guard: (node: ts.Node) => node is Kind,
): readonly Kind[] {
  const found: Kind[] = [];
  const visit = (node: ts.Node): void => {
    if (guard(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(root);
  return found;
}

function reachedFunctions(module: TypedModule, references: References): readonly ts.Node[] {
  const { functionFile: file } = module;
  const reached: ts.Node[] = [module.declaration];
  for (const root of reached) {
    for (const name of descendants(root, ts.isIdentifier)) {
      const target = functionBehind(references.symbolOf(name));
      const known = target === null || reached.some((other) => contains(other, target));
      if (!known && target.getSourceFile() === file) reached.push(target);
    }
  }
  return reached.filter((node) => !reached.some((other) => other !== node && contains(other, node)));
}

function functionBehind(symbol: ts.Symbol | undefined): ts.Node | null {
  const [declaration] = symbol?.declarations ?? [];
  if (declaration === undefined) return null;
  if (ts.isFunctionDeclaration(declaration)) return declaration;
  const value = ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
  return value !== undefined && ts.isFunctionLike(value) ? value : null;
}
