/**
 * The other nodes, as the main thread of this one knows them. Its worker threads reach them by way of it.
 *
 *     ref ─▶ NodeTarget ─▶ Link: a frame in the batch ─▶ (flush) ─▶ Association: a numbered datagram ─▶ Transport
 *     Transport ─▶ Association: once and in order ─▶ Inbound: as if from another thread
 */
import { formatAddress, isSegment, makeAddress, parseAddress } from "../address.ts";
import type { AddressParts, Incarnation } from "../address.ts";
import type { App } from "../app.ts";
import type { MyriadError } from "../contracts/index.ts";
import { runtimeError } from "../errors.ts";
import type { MailboxLimits } from "../mailbox.ts";
import { Nobody } from "../nobody.ts";
import { Ref } from "../ref.ts";
import { UNKNOWN } from "../threads/directory.ts";
import { FIRST_NODE, type Foreign } from "../threads/frames.ts";
import type { Link } from "../threads/link.ts";
import type { Mesh } from "../threads/mesh.ts";
import { answerToUnknown } from "./association.ts";
import { HELLO, readDatagram } from "./datagram.ts";
import { Greeting, layoutsDigest } from "./greeting.ts";
import { Neighbour } from "./neighbour.ts";
import type { NodeRules } from "./node-options.ts";
import type { NodeTarget } from "./node-target.ts";

export class Nodes {
  readonly mesh: Mesh;
  readonly rules: NodeRules;
  readonly greeting: Greeting;
  readonly #neighbours: Neighbour[] = [];
  readonly #byName = new Map<string, Neighbour>();
  #sessions: number;
  #isClosed = false;

  /** @throws TRANSPORT_FAILED */
  constructor(mesh: Mesh, rules: NodeRules, app: App) {
    this.mesh = mesh;
    this.rules = rules;
    const { clock, node } = mesh.host;
    // Both are greater after a new start than before it, as the other nodes must see them.
    this.greeting = new Greeting(clock.now(), layoutsDigest(app));
    this.#sessions = Math.floor(clock.now() / 16) >>> 0;
    try {
      rules.transport.open(node, (from, datagram) => this.#received(from, datagram));
    } catch (cause) {
      throw runtimeError("TRANSPORT_FAILED", `The transport of node ${node} did not open`, { cause });
    }
  }

  get life(): number {
    return this.greeting.life;
  }

  /** All that have greeted, were sent to, or have an actor that was heard of. */
  get known(): readonly { readonly node: string; readonly reached: boolean }[] {
    return this.#neighbours.map(({ name, isReached }) => ({ node: name, reached: isReached }));
  }

  nextSession(): number {
    this.#sessions = (this.#sessions + 1) >>> 0 || 1;
    return this.#sessions;
  }

  lifeOf(node: string): number | null {
    return node === this.mesh.host.node ? this.life : (this.#byName.get(node)?.life ?? null);
  }

  /** @throws nothing: what the transport throws has lost the datagram. */
  transmit(to: string, datagram: Uint8Array): void {
    try {
      this.rules.transport.send(to, datagram);
    } catch {
      // It is sent again when it is missed.
    }
  }

  link(number: number): Link {
    return this.#neighbours[number - FIRST_NODE]!.link;
  }

  /** Whether its session is not over. */
  isCurrent(link: Link): boolean {
    return this.#neighbours[link.peer - FIRST_NODE]?.speaksBy(link) === true;
  }

  /** Who stands here for the actor that the node of that number knows by that incarnation. */
  far(number: number, incarnation: Incarnation): NodeTarget | undefined {
    return this.#neighbours[number - FIRST_NODE]!.far(incarnation);
  }

  /** That node, which is a neighbour from now on. */
  neighbour(name: string): Neighbour {
    let neighbour = this.#byName.get(name);
    if (neighbour === undefined) {
      const { node } = parseAddress(`${name}/x#1`);
      neighbour = new Neighbour(this, node, FIRST_NODE + this.#neighbours.length);
      this.#neighbours.push(neighbour);
      this.#byName.set(name, neighbour);
    }
    return neighbour;
  }

  /** Who is behind a ref that came from another node. */
  meet(parts: AddressParts, life: number | null, typeName: string, limits: MailboxLimits): Ref<unknown> {
    const { node, path, incarnation } = parts;
    const { host, directory } = this.mesh;
    if (node !== host.node) {
      const type = host.typeIfKnown(typeName) ?? UNKNOWN;
      return this.neighbour(node).meet(path, incarnation, life, type, limits).ref;
    }
    const found = life === null || life === this.life ? directory.locate(path, incarnation) : null;
    return found?.ref ?? new Ref(new Nobody(host, formatAddress(parts)));
  }

  /** Somebody on another node of whom nothing is known but the address. */
  locate({ node, path, incarnation }: AddressParts): NodeTarget {
    const neighbour = this.neighbour(node);
    const known = neighbour.far(incarnation);
    if (known?.path === path) return known;
    const target = neighbour.meet(path, incarnation, null, UNKNOWN, UNKNOWN.mailbox);
    if (target.gone === null) this.mesh.send(neighbour.number, { kind: "locate", of: incarnation, path });
    return target;
  }

  /** A worker thread knows that actor by an incarnation of this node. */
  expect(path: string, { node, incarnation }: Foreign, of: Incarnation): void {
    this.mesh.directory.alias(of, this.locate(makeAddress(node, path, incarnation)));
  }

  /** @returns what kept the transport from closing; null: nothing. */
  close(): MyriadError | null {
    this.#isClosed = true;
    for (const neighbour of this.#neighbours) neighbour.close();
    try {
      this.rules.transport.close();
      return null;
    } catch (cause) {
      const { node } = this.mesh.host;
      return runtimeError("TRANSPORT_FAILED", `The transport of node ${node} did not close`, { cause });
    }
  }

  #received(from: string, bytes: Uint8Array): void {
    const datagram = readDatagram(bytes);
    if (datagram === null || this.#isClosed || !isSegment(from) || from === this.mesh.host.node) return;
    const isGreeting = datagram.kind === HELLO && datagram.to === 0;
    const known = isGreeting ? this.neighbour(from) : this.#byName.get(from);
    const answer = known === undefined ? answerToUnknown(datagram) : null;
    known?.received(datagram);
    if (answer !== null) this.transmit(from, answer);
  }
}
