/**
 * Sharded actors: of each key one actor lives in the whole cluster, on the node that owns the key's shard. It is
 * started by the first message, wherever that is sent from, and moves with its shard when nodes come and go: it stops
 * there when it has handled all it has, and the next message starts it elsewhere. What is to outlast a move belongs
 * in a journal.
 *
 *     you call                  what comes of it
 *     ref(key)               -> an ordinary ref, good wherever the actor lives, and for as long as this node does
 *     door.tell({ key, … })  -> the same, without a ref a key
 *     close()                -> this node's shards go to others; refs stay good
 */
import type { Cancel } from "../../runtime/contracts/index.ts";
import { actor, type ActorRef, type ActorType, type Keyed } from "../../runtime/index.ts";
import { check } from "../errors.ts";
import type { Nats } from "../nats/connect.ts";
import type { KeyValue } from "../nats/key-value.ts";
import { openKeyValue } from "../nats/nats-key-value.ts";
import type { Subjects } from "../nats/subjects.ts";
import { regionSettings, type RegionOptions, type RegionSettings } from "./region-options.ts";
import { isKey } from "./region-protocol.ts";
import { Region } from "./region.ts";
import { ShardTable, type ShardInfo } from "./shard-table.ts";

/** What a region shows of itself, as this node sees it. */
export interface RegionInfo {
  readonly name: string;
  readonly shards: readonly ShardInfo[];
  /** Of this node: actors that live here, messages that wait and that were refused, shards got and given. */
  readonly here: {
    readonly actors: number;
    readonly waiting: number;
    readonly refused: number;
    readonly claimed: number;
    readonly given: number;
  };
}

export interface ShardRegion<Message> {
  readonly name: string;
  /** Takes messages for any key; a full mailbox throws MAILBOX_FULL, as any does. */
  readonly door: ActorRef<Keyed<Message>>;
  /**
   * A ref for the actor of that key: the same one for the same key. It is an actor of this node that passes on what it
   * is sent, so it costs its 400 bytes until the system is shut down; for very many keys there is `door`.
   * @throws CLUSTER_OPTION_INVALID for a key that is no text of 1,024 signs at most
   */
  ref(key: string): ActorRef<Message>;
  info(): RegionInfo;
  /** Hands over all shards of this node, and goes on passing on what it is sent. The membership's `leave` calls it. */
  close(): Promise<void>;
}

/**
 * Opens a region on this node: from now on it owns its share of the shards, if it has the role.
 * @throws (rejects) CLUSTER_OPTION_INVALID, SHARDS_DIFFER, KEY_VALUE_FAILED, ACTOR_NAME_TAKEN for a second one of
 *   that name on the node
 */
export async function shardRegion<State, Message>(
  options: RegionOptions<State, Message> & {
    readonly nats: Nats;
    readonly subjects: Subjects;
    /** Servers that keep a copy each of who owns what: 1 (default), 3 or 5. */
    readonly replicas?: number;
  },
): Promise<ShardRegion<Message>> {
  const { nats, subjects, replicas = 1 } = options;
  const settings = regionSettings(options);
  check([1, 3, 5].includes(replicas), "CLUSTER_OPTION_INVALID", "replicas are 1, 3 or 5", replicas);
  const bucket = await openKeyValue(nats, subjects.bucket("shards"), {
    replicas,
    clock: settings.system.clock,
  });
  return openRegion(bucket, settings);
}

/** The same over any bucket. */
export async function openRegion<State, Message>(
  bucket: KeyValue,
  settings: RegionSettings<State, Message>,
): Promise<ShardRegion<Message>> {
  const region = new OpenRegion(bucket, settings);
  try {
    await region.open();
    return region;
  } catch (error) {
    await region.abandon();
    throw error;
  }
}

/** What is on its way here when the last shard has gone is still passed on. */
const LINGER_MS = 500;

const nameOfRegion = (name: string): string => `shards-${name}`;

class OpenRegion<State, Message> implements ShardRegion<Message> {
  readonly name: string;
  readonly door: ActorRef<Keyed<Message>>;
  readonly #settings: RegionSettings<State, Message>;
  readonly #region: Region<State, Message>;
  readonly #table: ShardTable;
  readonly #refs = new Map<string, ActorRef<Message>>();
  readonly #refType: ActorType<string, string, Message>;
  readonly #forget: readonly Cancel[];
  #closing: Promise<void> | null = null;

  constructor(bucket: KeyValue, settings: RegionSettings<State, Message>) {
    const { name, system, membership, shards, role } = settings;
    this.name = name;
    this.#settings = settings;
    this.#region = new Region(
      {
        ...settings,
        barrierMs: 2 * membership.leaseMs,
        where: (node) => `${node}/${nameOfRegion(name)}`,
      },
      {
        node: membership.node,
        get lease() {
          return membership.lease;
        },
        isGone: (node, life) => membership.isGone(node, life),
        released: (shard) => this.#table.released(shard),
        began: () => this.#table.tellAll(),
      },
    );
    const door = system.spawn(this.#region.type, undefined, { name: nameOfRegion(name) });
    this.door = door;
    this.#table = new ShardTable(bucket, membership, { region: name, shards, role }, this.#region);
    this.#refType = actor<string, string, Message>({
      name: "shard-ref",
      initial: (key) => key,
      receive(key, message, ctx) {
        ctx.forward(door, message, { key, message });
        return key;
      },
    });
    this.#forget = [
      membership.onChange((event) => {
        if (event.kind === "gone") this.#region.gone(event.member.node);
      }),
      membership.onLeave(() => this.#leave()),
    ];
  }

  open(): Promise<void> {
    return this.#table.open();
  }

  /** It did not open. */
  async abandon(): Promise<void> {
    this.#end();
    await this.#settings.system.stop(this.door);
  }

  ref(key: string): ActorRef<Message> {
    check(isKey(key), "CLUSTER_OPTION_INVALID", "A key is a text of 1,024 signs at most", key);
    let ref = this.#refs.get(key);
    if (ref === undefined) {
      ref = this.#settings.system.spawn(this.#refType, key);
      this.#refs.set(key, ref);
    }
    return ref;
  }

  info(): RegionInfo {
    const { actors, waiting, refused } = this.#region;
    const { claimed, given } = this.#table;
    return {
      name: this.name,
      shards: this.#table.info(),
      here: { actors, waiting, refused, claimed, given },
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#table.giveAll();
    const { clock } = this.#settings.system;
    if (this.#table.claimed > 0) await new Promise<void>((resolve) => clock.schedule(LINGER_MS, resolve));
  }

  async #leave(): Promise<void> {
    await this.close();
    this.#end();
  }

  #end(): void {
    for (const forget of this.#forget) forget();
    this.#table.close();
  }
}
