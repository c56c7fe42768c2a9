/**
 * Node's own modules inside a sandbox. Importing one does nothing. Reading a member gives a stub; calling or
 * constructing the stub, or using it in any other way, throws an Error that carries the module's name under
 * `Symbol.for("myriad.unavailable")`. Two uses are let through, because modules make them while they load:
 * a class may extend a stub, and a member may be read without being used. `env` of node:process is an empty
 * object. `require` of a name that was not bundled throws the same way.
 */
import { builtinModules } from "node:module";
import type { OnLoadResult, Plugin } from "esbuild";

const NAMESPACE = "myriad-unavailable";

const BUILTINS: ReadonlySet<string> = new Set(builtinModules);

export function unavailableModules(): Plugin {
  return {
    name: NAMESPACE,
    setup(build): void {
      build.onResolve({ filter: /^(?:node|bun):|^[\w/]+$/ }, ({ path }) => {
        const schemed = /^(?:node|bun):/.test(path);
        if (!schemed && !BUILTINS.has(path)) return undefined;
        return { path: schemed ? path : `node:${path}`, namespace: NAMESPACE, sideEffects: false };
      });
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }): OnLoadResult => {
        return { contents: stubModule(path), loader: "js" };
      });
    },
  };
}

/** Defines `require` for what the bundler left alone. */
export const UNAVAILABLE_REQUIRE: string = `var require = function (name) {
  throw Object.defineProperty(new Error("require(" + String(name) + ") is not available in a sandbox"),
    Symbol.for("myriad.unavailable"), { value: "require " + String(name), configurable: true });
};`;

function stubModule(name: string): string {
  return `
var name = ${JSON.stringify(name)};
function refuse(member) {
  var error = new Error(name + " is not available in a sandbox (" + member + ")");
  throw Object.defineProperty(error, Symbol.for("myriad.unavailable"), { value: name, configurable: true });
}
function stub(member) {
  var refuseUse = function () { return refuse(member); };
  var prototype = {};
  return new Proxy(function () {}, {
    get: function (target, key) { return key === "prototype" ? prototype : refuse(member + "." + String(key)); },
    apply: refuseUse, construct: refuseUse, set: refuseUse, has: refuseUse, deleteProperty: refuseUse,
    defineProperty: refuseUse, getPrototypeOf: refuseUse, ownKeys: refuseUse,
  });
}
var members = new Proxy({}, {
  get: function (target, key) {
    return typeof key === "symbol" || key === "then" || key === "__esModule" ? undefined : stub(key);
  },
  set: function (target, key) { return refuse(String(key)); },
});
// Importers copy a module's own properties and keep its prototype: members stand there.
module.exports = Object.create(members);
${name === "node:process" ? "module.exports.env = {};" : ""}`;
}
