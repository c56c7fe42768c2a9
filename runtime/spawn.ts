import type { AnyActorType, SpawnOptions } from "./actor.ts";
import { isActorType } from "./actor-type.ts";
import { automaticName, isSegment } from "./address.ts";
import { Cell } from "./cell.ts";
import { Children } from "./children.ts";
import { isObject, shown } from "./contracts/index.ts";
import { check, runtimeError } from "./errors.ts";
import { HALTING } from "./family.ts";
import { mailboxLimits } from "./mailbox.ts";
import type { ActorRef } from "./ref.ts";

/** Makes `parent` a child and gives it its first turn. Contract: see `Spawner`. */
export function spawnChild(
  parent: Cell,
  typeOrName: AnyActorType | string,
  args: unknown,
  options: SpawnOptions,
): ActorRef<unknown> {
  const { host } = parent;
  if (parent.status >= HALTING) {
    throw parent.parent === null
      ? runtimeError("SYSTEM_STOPPED", "The actor system takes no more actors")
      : runtimeError("ACTOR_STOPPING", `${parent.address} is stopping and cannot spawn`);
  }
  const type = typeof typeOrName === "string" ? host.typeNamed(typeOrName) : typeOrName;
  if (!isActorType(type) || !isObject(options)) throw unfit(type, options);
  parent.children ??= new Children();
  const name = options.name === undefined ? host.nameNumber() : checkName(parent, options.name);
  const limits = options.mailbox === undefined ? type.mailbox : mailboxLimits(options.mailbox, type.mailbox);
  const { placement = "local" } = options;
  const elsewhere =
    placement === "local"
      ? null
      : host.spawnElsewhere(
          parent,
          type,
          args,
          typeof name === "number" ? automaticName(name) : name,
          limits,
          placement,
        );
  if (elsewhere !== null) {
    parent.children.add(elsewhere);
    return elsewhere.ref;
  }
  const cell = new Cell(host, type, args, parent, name, limits);
  parent.children.add(cell);
  host.dispatcher.enqueue(cell);
  return cell.ref;
}

function unfit(type: unknown, options: unknown): Error {
  return isActorType(type)
    ? runtimeError("ARGUMENT_INVALID", `The options of a spawn are an object, not ${shown(options)}`)
    : runtimeError("ACTOR_TYPE_INVALID", `An actor type is made by actor(...), not ${shown(type)}`);
}

function checkName(parent: Cell, name: string): string {
  const isName = isSegment(name) && !name.startsWith("$");
  check(
    isName,
    "ACTOR_NAME_INVALID",
    "The name of an actor is a segment of an address without $ in front",
    name,
  );
  if (parent.children?.get(name) !== undefined) {
    throw runtimeError("ACTOR_NAME_TAKEN", `A child named ${name} is alive already`, { location: name });
  }
  return name;
}
