/** All layouts of an app, numbered alike on every thread, since every thread has the same app. */
import type { AnyActorType } from "../actor.ts";
import type { App } from "../app.ts";
import { compileLayout, type Codec } from "./layout.ts";

export interface LayoutEntry {
  readonly index: number;
  readonly codec: Codec;
}

export class LayoutTable {
  readonly codecs: readonly Codec[];
  readonly #entries = new Map<AnyActorType, ReadonlyMap<unknown, LayoutEntry>>();

  constructor(app: App) {
    const codecs: Codec[] = [];
    for (const name of [...app.actors.keys()].toSorted()) {
      const type = app.actors.get(name)!;
      const entries = Object.entries(type.layouts).map(([kind, layout]) => {
        const codec = compileLayout(kind, layout);
        codecs.push(codec);
        return [kind, { index: codecs.length - 1, codec }] as const;
      });
      if (entries.length > 0) this.#entries.set(type, new Map(entries));
    }
    this.codecs = codecs;
  }

  find(type: AnyActorType, message: unknown): LayoutEntry | null {
    const entries = this.#entries.get(type);
    if (entries === undefined || typeof message !== "object" || message === null) return null;
    return entries.get((message as { readonly kind?: unknown }).kind) ?? null;
  }
}
