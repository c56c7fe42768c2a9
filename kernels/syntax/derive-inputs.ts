/**
 * Argument lists made from a function's parameter types, the same for the same seed. Sizes are mixed on purpose:
 * of every ten inputs seven are small and full of edge cases, two hold tens to hundreds of elements, one about a
 * thousand; half of each have many equal values, half few.
 */
import fc from "fast-check";
import ts from "typescript";
import type { EncodedInput } from "../sandbox/protocol.ts";
import { encodeInput } from "./encoded-input.ts";
import { syntaxError } from "./errors.ts";
import { callSignatures } from "./inspect.ts";
import type { DerivedInputs, DeriveInputsRequest } from "./protocol.ts";
import { TypeArbitraries } from "./type-arbitraries.ts";
import type { Refused } from "./type-arbitraries.ts";
import { loadModule, locationOf } from "./typed-module.ts";
import type { FunctionNode, TypedModule } from "./typed-module.ts";
import type { Profile } from "./value-arbitraries.ts";

type Size = Profile["size"];

/** Size of the input at each place of a round of ten. */
const ROUND: readonly Size[] = [
  "small",
  "medium",
  "small",
  "small",
  "large",
  "small",
  "small",
  "medium",
  "small",
  "small",
];

/** Values that mean "left out" at the end of an argument list. */
const ABSENT = Symbol("absent");

/** @throws INPUTS_NOT_DERIVABLE naming the parameter, its type and what to do; what `loadModule` throws. */
export function deriveInputs(request: DeriveInputsRequest): DerivedInputs {
  const module = loadModule({ ref: request.ref, source: null });
  const signatures = callSignatures(module.checker, module.declaration);
  const recursive = callsItself(module);
  const kinds = new Map<
    string,
    { readonly arbitrary: fc.Arbitrary<readonly unknown[]>; readonly places: number[] }
  >();
  for (let index = 0; index < request.count; index++) {
    const profile = profileAt(index, recursive);
    const overload = index % signatures.length;
    const key = `${profile.size} ${profile.variety} ${profile.free} ${overload}`;
    const arbitrary = kinds.get(key)?.arbitrary ?? argumentLists(module, signatures[overload]!, profile);
    const kind = kinds.get(key) ?? { arbitrary, places: [] };
    kind.places.push(index);
    kinds.set(key, kind);
  }
  const inputs = new Array<EncodedInput>(request.count);
  let seed = request.seed;
  for (const { arbitrary, places } of kinds.values()) {
    const samples = fc.sample(arbitrary, { seed: seed++, numRuns: places.length });
    places.forEach((place, index) => (inputs[place] = encodeInput(samples[index]!)));
  }
  return { inputs };
}

function profileAt(index: number, recursive: boolean): Profile {
  const round = Math.floor(index / ROUND.length);
  return {
    size: ROUND[index % ROUND.length]!,
    variety: (index + round) % 2 === 0 ? "low" : "high",
    free: Math.floor((index + round) / 2) % 2 === 0 ? "number" : "string",
    recursive,
  };
}

function argumentLists(
  module: TypedModule,
  signature: ts.Signature,
  profile: Profile,
): fc.Arbitrary<readonly unknown[]> {
  const { checker, declaration, program } = module;
  const types = new TypeArbitraries(program, declaration, profile);
  const parts = signature.getParameters().map((symbol): fc.Arbitrary<readonly unknown[]> => {
    const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
    const written = parameterOf(symbol);
    const made = types.make(type, written?.name.getText() ?? symbol.name);
    const optional = written !== undefined && checker.isOptionalParameter(written);
    const rest = written?.dotDotDotToken !== undefined;
    if (!("path" in made)) {
      return rest
        ? made.map((list) => (list as readonly unknown[]).slice(0, MAX_REST))
        : made.map((value) => [orAbsent(value, optional)]);
    }
    if (rest) return fc.constant([]);
    if (optional) return fc.constant([ABSENT]);
    throw notDerivable(module, made, written ?? declaration);
  });
  return fc.tuple(...parts).map((lists) => withoutAbsentTail(lists.flat()));
}

const MAX_REST = 50;

function orAbsent(value: unknown, optional: boolean): unknown {
  return optional && value === undefined ? ABSENT : value;
}

function withoutAbsentTail(list: readonly unknown[]): readonly unknown[] {
  const length = list.findLastIndex((value) => value !== ABSENT) + 1;
  return list.slice(0, length).map((value) => (value === ABSENT ? undefined : value));
}

function parameterOf(symbol: ts.Symbol): ts.ParameterDeclaration | undefined {
  const declaration = symbol.valueDeclaration;
  return declaration !== undefined && ts.isParameter(declaration) ? declaration : undefined;
}

function notDerivable({ home, functionFile }: TypedModule, refused: Refused, node: ts.Node): Error {
  const message = `No inputs for ${home.exportName}: \`${refused.path}\` of type \`${refused.type}\` ${refused.reason}.`;
  return syntaxError("INPUTS_NOT_DERIVABLE", message, {
    location: locationOf(functionFile, node.getStart()),
  });
}

/** Whether the function's name, or the constant that holds it, is used inside the function. */
function callsItself({ checker, declaration }: TypedModule): boolean {
  const names = ownSymbols(checker, declaration);
  const uses = (node: ts.Node): boolean =>
    (ts.isIdentifier(node) && names.has(checker.getSymbolAtLocation(node)!)) ||
    (ts.forEachChild(node, uses) ?? false);
  return declaration.body !== undefined && uses(declaration.body);
}

function ownSymbols(checker: ts.TypeChecker, declaration: FunctionNode): ReadonlySet<ts.Symbol> {
  const holder = ts.isVariableDeclaration(declaration.parent) ? declaration.parent.name : undefined;
  const symbols = [declaration.name, holder].flatMap((name) => {
    const symbol = name === undefined ? undefined : checker.getSymbolAtLocation(name);
    return symbol === undefined ? [] : [symbol];
  });
  return new Set(symbols);
}
