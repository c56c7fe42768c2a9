import type { AnyActorType, SpawnOptions } from "./actor.ts";
import { automaticName, isSegment } from "./address.ts";
import { Cell } from "./cell.ts";
import { Children } from "./children.ts";
import { runtimeError } from "./errors.ts";
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

function checkName(parent: Cell, name: string): string {
  if (!isSegment(name) || name.startsWith("$")) {
    throw runtimeError("ACTOR_NAME_INVALID", `Not a name for an actor: ${JSON.stringify(name)}`);
  }
  if (parent.children?.get(name) !== undefined) {
    throw runtimeError("ACTOR_NAME_TAKEN", `A child named ${name} is alive already`, { location: name });
  }
  return name;
}
