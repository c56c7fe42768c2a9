/** What nodes say of themselves when they meet. */
import { createHash } from "node:crypto";
import { pack, unpack } from "msgpackr";
import type { App } from "../app.ts";

export class Greeting {
  /** Tells this start of the node from others. */
  readonly life: number;
  /** Of all message layouts; nodes whose digests differ send each other no message by its layout. */
  readonly layouts: string;

  constructor(life: number, layouts: string) {
    this.life = life;
    this.layouts = layouts;
  }

  encode(): Uint8Array {
    return pack([this.life, this.layouts]);
  }

  /** @returns null: it is none. */
  static decode(bytes: Uint8Array): Greeting | null {
    try {
      const [life, layouts] = unpack(bytes) as readonly unknown[];
      return typeof life === "number" && typeof layouts === "string" ? new Greeting(life, layouts) : null;
    } catch {
      return null;
    }
  }
}

export function layoutsDigest(app: App): string {
  const all = [...app.actors.keys()].toSorted().map((name) => [name, app.actors.get(name)!.layouts]);
  return createHash("sha256").update(JSON.stringify(all)).digest("base64url");
}
