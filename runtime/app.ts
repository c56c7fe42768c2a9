import type { AnyActorType } from "./actor.ts";
import { runtimeError } from "./errors.ts";

/** The app module: every actor type that can be spawned by name. Each thread and node imports the same one. */
export interface App {
  readonly actors: ReadonlyMap<string, AnyActorType>;
  /** URL of the module that exports it as `app` or by default; null: it can be used on one thread only. */
  readonly module: string | null;
}

/**
 * Names the actor types that a system can spawn by name, and on its threads.
 * @param definition.module `import.meta.url` of the module that exports the app; needed for threads.
 * @throws APP_DUPLICATE_TYPE
 */
export function defineApp(definition: {
  readonly actors: readonly AnyActorType[];
  readonly module?: string;
}): App {
  const actors = new Map<string, AnyActorType>();
  for (const type of definition.actors) {
    if (actors.has(type.name)) {
      throw runtimeError("APP_DUPLICATE_TYPE", `Two actor types are named ${type.name}`, {
        location: type.name,
      });
    }
    actors.set(type.name, type);
  }
  return { actors, module: definition.module ?? null };
}
