import type { AnyActorType } from "./actor.ts";
import { isActorType } from "./actor-type.ts";
import { isObject, isText } from "./contracts/index.ts";
import { check, runtimeError } from "./errors.ts";

/** The app module: every actor type that can be spawned by name. Each thread and node imports the same one. */
export interface App {
  readonly actors: ReadonlyMap<string, AnyActorType>;
  /** URL of the module that exports it as `app` or by default; null: it can be used on one thread only. */
  readonly module: string | null;
}

/**
 * Names the actor types that a system can spawn by name, and on its threads.
 * @param definition.module `import.meta.url` of the module that exports the app; needed for threads.
 * @throws APP_INVALID, ACTOR_TYPE_INVALID, APP_DUPLICATE_TYPE
 */
export function defineApp(definition: {
  readonly actors: readonly AnyActorType[];
  readonly module?: string;
}): App {
  check(isObject(definition), "APP_INVALID", "An app is defined by an object", definition);
  const { actors: types, module } = definition;
  check(Array.isArray(types), "APP_INVALID", "The actors of an app are an array of actor types", types);
  const isModule = module === undefined || (isText(module) && URL.canParse(module));
  check(isModule, "APP_INVALID", "The module of an app is a URL, import.meta.url", module);
  const actors = new Map<string, AnyActorType>();
  for (const type of types) {
    check(isActorType(type), "ACTOR_TYPE_INVALID", "The actors of an app are made by actor(...)", type);
    if (actors.has(type.name)) {
      throw runtimeError("APP_DUPLICATE_TYPE", `Two actor types are named ${type.name}`, {
        location: type.name,
      });
    }
    actors.set(type.name, type);
  }
  return { actors, module: module ?? null };
}

export function isApp(given: unknown): given is App {
  return isObject(given) && "actors" in given && given.actors instanceof Map && "module" in given;
}
