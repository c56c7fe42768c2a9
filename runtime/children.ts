/**
 * An actor's children in the order of their spawning. The list runs through the children themselves, and names
 * are put into a table only once somebody asks for one, so that a million children with automatic names cost no
 * more than two pointers each.
 */
import type { Child } from "./family.ts";

export class Children {
  #first: Child | null = null;
  #last: Child | null = null;
  /** All of them by name; null until the first question. */
  #byName: Map<string, Child> | null = null;

  add(child: Child): void {
    child.siblingBefore = this.#last;
    if (this.#last === null) this.#first = child;
    else this.#last.siblingAfter = child;
    this.#last = child;
    child.isListed = true;
    this.#byName?.set(child.name, child);
  }

  /** Does nothing when it is not here, or not any more. */
  delete(child: Child): void {
    if (!child.isListed) return;
    const { siblingBefore: before, siblingAfter: after } = child;
    if (before === null) this.#first = after;
    else before.siblingAfter = after;
    if (after === null) this.#last = before;
    else after.siblingBefore = before;
    child.siblingBefore = null;
    child.siblingAfter = null;
    child.isListed = false;
    this.#byName?.delete(child.name);
  }

  /** Puts another one of the same name into a child's place. */
  replace(child: Child, other: Child): void {
    const { siblingBefore: before, siblingAfter: after } = child;
    this.delete(child);
    other.siblingBefore = before;
    other.siblingAfter = after;
    if (before === null) this.#first = other;
    else before.siblingAfter = other;
    if (after === null) this.#last = other;
    else after.siblingBefore = other;
    other.isListed = true;
    this.#byName?.set(other.name, other);
  }

  get(name: string): Child | undefined {
    this.#byName ??= new Map(this.list().map((child) => [child.name, child]));
    return this.#byName.get(name);
  }

  /** As they are now, the oldest first. */
  list(): Child[] {
    const list: Child[] = [];
    for (let child = this.#first; child !== null; child = child.siblingAfter) list.push(child);
    return list;
  }
}
