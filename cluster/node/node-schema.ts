/** JSON Schema (2020-12) of a node's configuration file; shipped as schemas/node.schema.json. */

const text = { type: "string", minLength: 1, maxLength: 4096 };
const name = { type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$" };
const path = (what: string): object => ({ ...text, description: `path of ${what}` });
const whole = (minimum: number, maximum: number, description: string): object => ({
  type: "integer",
  minimum,
  maximum,
  description,
});
const group = (properties: Readonly<Record<string, object>>, description: string): object => ({
  type: "object",
  additionalProperties: false,
  description,
  properties,
});

const TLS = group(
  {
    ca: path(
      "the PEM file of who signs the servers' certificates; default: the authorities that Node trusts",
    ),
    cert: path("the PEM file of this node's certificate"),
    key: path("the PEM file of its key"),
    handshakeFirst: {
      type: "boolean",
      description: "TLS before the first byte of NATS, as the servers are set up; default false",
    },
  },
  "how the connection is encrypted",
);

const NATS = group(
  {
    servers: {
      type: "array",
      minItems: 1,
      maxItems: 64,
      items: { type: "string", pattern: "^(?:(?:nats|tls)://)?[^\\s/@?#,]+$" },
      description: "addresses, any of which leads to the cluster; default [127.0.0.1:4222]",
    },
    user: { ...text, description: "with passwordFile, or the password in MYRIAD_NODE_NATS_PASSWORD" },
    passwordFile: path("a file that holds the password and nothing else"),
    tokenFile: path("a file that holds the token and nothing else"),
    nkeySeedFile: path("a file that holds the seed of an nkey"),
    credsFile: path("a file of credentials, as nsc writes them"),
    tls: TLS,
    connectMs: whole(
      1,
      3_600_000,
      "milliseconds in which a first server must be reached; default 10000. Lost later, it is sought for ever",
    ),
  },
  "how NATS is reached; secrets stand in files of their own, or in the environment",
);

export const NODE_SCHEMA: object = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "node.schema.json",
  title: "Myriad node",
  type: "object",
  additionalProperties: false,
  description: "every field has a default; paths are relative to the file",
  properties: {
    name: {
      ...name,
      description: "unique in the cluster, and kept from start to start; default: the host's",
    },
    cluster: {
      type: "string",
      pattern: "^[A-Za-z0-9_-]{1,32}$",
      description: "which cluster of those that share the servers; default main",
    },
    threads: whole(0, 63, "worker threads beside the main one; default 0"),
    state: path("the folder in which the node keeps what outlives it; default .myriad where it is started"),
    app: path("the module that exports the actor types as app; default: none"),
    nats: NATS,
    health: group(
      {
        host: { ...text, description: "address that is listened on; default 127.0.0.1" },
        port: whole(0, 65_535, "default 7422; 0: a free one, which the log tells"),
      },
      "where /ready, /live and /metrics answer",
    ),
    drainMs: whole(0, 3_600_000, "milliseconds that the node has to end in order; default 30000"),
    member: group(
      {
        roles: {
          type: "array",
          maxItems: 64,
          uniqueItems: true,
          items: { type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$" },
          description: "what the node is for; default []",
        },
        capacity: whole(1, 1_000_000, "how much it can carry beside the others; default 1"),
        leaseMs: whole(
          100,
          600_000,
          "milliseconds of silence after which it has lost what it owns; default 5000, the same on all nodes",
        ),
        replicas: {
          enum: [1, 3, 5],
          description: "on how many servers its announcements are kept; default 1",
        },
      },
      "what the other nodes are told of it",
    ),
    jobs: group(
      {
        root: path(
          "the folder below which all lies that clients' jobs may name; default: the node takes none",
        ),
        commands: {
          type: "boolean",
          description: "jobs may be about commands, which read what they like of the machine; default false",
        },
        replicas: whole(1, 5, "on how many servers each job is kept; default 1"),
        lostMs: whole(
          500,
          3_600_000,
          "milliseconds after which a job goes to another node whose node is silent; default 30000, the same on all nodes",
        ),
      },
      "jobs of clients",
    ),
    log: group(
      {
        level: {
          enum: ["debug", "info", "warn", "error"],
          description: "the least that is told; default info",
        },
        format: { enum: ["json", "text"], description: "default: text on a terminal, json elsewhere" },
      },
      "what is told on stderr",
    ),
  },
};

/** One setting: a leaf of the schema. */
export interface NodeField {
  /** Such as `nats.passwordFile`. */
  readonly path: string;
  readonly kind: "text" | "whole" | "flag" | "list";
  /** Its name in the environment. */
  readonly variable: string;
}

interface Part {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Part>>;
}

const KINDS: Readonly<Record<string, NodeField["kind"]>> = {
  integer: "whole",
  boolean: "flag",
  array: "list",
};

function leavesOf({ properties = {} }: Part, before: string): readonly NodeField[] {
  return Object.entries(properties).flatMap(([key, part]) => {
    const path = before === "" ? key : `${before}.${key}`;
    if (part.type === "object") return leavesOf(part, path);
    const isNumbers = typeof part.enum?.[0] === "number";
    const kind = isNumbers ? "whole" : (KINDS[part.type ?? ""] ?? "text");
    return [{ path, kind, variable: variableOf(path) }];
  });
}

function variableOf(path: string): string {
  const words = path.replaceAll(".", "_").replace(/[A-Z]/g, (letter) => `_${letter}`);
  return `MYRIAD_NODE_${words.toUpperCase()}`;
}

export const NODE_FIELDS: readonly NodeField[] = leavesOf(NODE_SCHEMA, "");

/** Secrets are no fields of a file: these stand in the environment alone. */
export const SECRET_FIELDS: readonly NodeField[] = ["nats.password", "nats.token"].map((path) => ({
  path,
  kind: "text",
  variable: variableOf(path),
}));
