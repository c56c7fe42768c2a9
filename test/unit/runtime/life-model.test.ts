/** Random lives of a tree of actors against a model of plain data: who lives, what state it has, who was told. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { actor, type ActorRef, type ActorType } from "../../../runtime/index.ts";
import { createTestSystem, type TestSystem } from "../../../runtime/testkit/index.ts";

interface Real extends TestSystem {
  readonly refs: ActorRef<Deed>[];
  /** Signals in the order they were handled: watcher → watched. */
  readonly signals: [number, number][];
  /** What the actors said of themselves: [id, messages handled in this life]. */
  readonly reports: [number, number][];
}

type Deed =
  | { readonly kind: "spawn"; readonly id: number }
  | { readonly kind: "watch"; readonly id: number }
  | { readonly kind: "unwatch"; readonly id: number }
  | { readonly kind: "crash" }
  | { readonly kind: "stop" }
  | { readonly kind: "report" };

interface Args {
  readonly id: number;
  readonly real: Real;
}

const modelled: ActorType<Args, Args & { readonly handled: number }, Deed> = actor({
  name: "modelled",
  initial: ({ id, real }: Args) => ({ id, real, handled: 0 }),
  supervision: { maxRestarts: Infinity },
  receive(state, deed: Deed, ctx) {
    const { real, id } = state;
    const handled = state.handled + 1;
    switch (deed.kind) {
      case "spawn":
        real.refs[deed.id] = ctx.spawn(modelled, { id: deed.id, real });
        break;
      case "watch":
        ctx.watch(real.refs[deed.id]!);
        break;
      case "unwatch":
        ctx.unwatch(real.refs[deed.id]!);
        break;
      case "crash":
        throw new Error(`crash of ${id}`);
      case "stop":
        ctx.stop();
        break;
      case "report":
        real.reports.push([id, handled]);
    }
    return { id, real, handled };
  },
  signal(state, signal) {
    state.real.signals.push([
      state.id,
      state.real.refs.findIndex((ref) => ref.address === signal.ref.address),
    ]);
    return state;
  },
});

/** What a step brings, as [watcher, watched]. */
interface Signals {
  readonly sure: readonly [number, number][];
  /** To watchers that come down with what they watch, one after another: they may learn of it before their own end. */
  readonly possible: readonly [number, number][];
}

const NO_SIGNALS: Signals = { sure: [], possible: [] };

interface Life {
  readonly parent: number | null;
  alive: boolean;
  handled: number;
  readonly watches: Set<number>;
}

class Model {
  readonly lives: Life[] = [];

  spawn(parent: number | null): number {
    this.lives.push({ parent, alive: true, handled: 0, watches: new Set() });
    return this.lives.length - 1;
  }

  /** Ends what is below `id`, and `id` itself if `withItself`. */
  end(id: number, withItself: boolean): Signals {
    const ended = this.lives.flatMap((life, other) =>
      life.alive && this.#isBelow(other, id) ? [other] : [],
    );
    if (withItself) ended.push(id);
    else this.#beginAnew(id);
    for (const other of ended) this.lives[other]!.alive = false;
    const told = this.lives.flatMap((life, watcher) =>
      ended.flatMap((other): [number, number][] => (life.watches.delete(other) ? [[watcher, other]] : [])),
    );
    return {
      sure: told.filter(([watcher]) => this.lives[watcher]!.alive),
      possible: told.filter(([watcher]) => !this.lives[watcher]!.alive),
    };
  }

  #beginAnew(id: number): void {
    this.lives[id]!.handled = 0;
    this.lives[id]!.watches.clear();
  }

  #isBelow(id: number, ancestor: number): boolean {
    const { parent } = this.lives[id]!;
    return parent !== null && (parent === ancestor || this.#isBelow(parent, ancestor));
  }
}

const step = fc.record({
  kind: fc.constantFrom("spawn", "spawn", "watch", "watch", "unwatch", "crash", "stop", "report", "report"),
  a: fc.nat(),
  b: fc.nat(),
});
type Step = { readonly kind: Deed["kind"]; readonly a: number; readonly b: number };

function apply(model: Model, real: Real, { kind, a, b }: Step): Signals {
  const id = a % model.lives.length;
  const other = b % model.lives.length;
  const life = model.lives[id]!;
  const target = model.lives[other]!;
  const deed = { kind, id: kind === "spawn" ? model.lives.length : other } as Deed;
  real.refs[id]!.tell(deed);
  if (!life.alive) return NO_SIGNALS;
  life.handled += 1;
  switch (kind) {
    case "spawn":
      model.spawn(id);
      return NO_SIGNALS;
    case "watch":
      if (!target.alive) return { sure: [[id, other]], possible: [] };
      if (other !== id) life.watches.add(other);
      return NO_SIGNALS;
    case "unwatch":
      life.watches.delete(other);
      return NO_SIGNALS;
    case "crash":
      return model.end(id, false);
    case "stop":
      return model.end(id, true);
    case "report":
      return NO_SIGNALS;
  }
}

function assertSignals(got: readonly [number, number][], { sure, possible }: Signals): void {
  const texts = got.map(String);
  assert.equal(new Set(texts).size, texts.length, "nobody is told twice");
  const allowed = new Set([...sure, ...possible].map(String));
  assert.deepEqual(
    [sure.map(String).filter((one) => !texts.includes(one)), texts.filter((one) => !allowed.has(one))],
    [[], []],
  );
}

async function play(steps: readonly Step[]): Promise<void> {
  const model = new Model();
  const world = createTestSystem({ supervision: { maxRestarts: Infinity } });
  const real: Real = { ...world, refs: [], signals: [], reports: [] };
  real.refs.push(world.system.spawn(modelled, { id: model.spawn(null), real }));
  for (const one of steps) {
    const before = model.lives[one.a % model.lives.length]!;
    const wasAlive = before.alive;
    const signals = apply(model, real, one);
    await world.settle();
    assertSignals(real.signals.splice(0), signals);
    const reports = one.kind === "report" && wasAlive ? [[one.a % model.lives.length, before.handled]] : [];
    assert.deepEqual(real.reports.splice(0), reports);
    assert.deepEqual(
      real.refs.map((ref) => world.system.resolve(ref.address) === ref),
      model.lives.map((life) => life.alive),
    );
  }
  await world.system.shutdown();
  assert.equal(world.clock.pending, 0);
}

describe("the life of actors against a model", () => {
  it("random spawns, watches, crashes and stops do what the model says", async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), play), {
      numRuns: 150,
    });
  });
});
