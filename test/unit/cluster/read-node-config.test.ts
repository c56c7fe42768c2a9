import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { NODE_SCHEMA, readNodeConfig, requireFiles, secretsOf, showConfig } from "../../../cluster/index.ts";
import type { NodeConfig, NodeConfigSources } from "../../../cluster/index.ts";
import { nodeNameOfHost } from "../../../cluster/node/node-config.ts";
import { MyriadError } from "../../../runtime/contracts/index.ts";
import { ROOT } from "../../kit/repository.ts";

let folder = "";
before(() => (folder = mkdtempSync(join(tmpdir(), "myriad-config-"))));
after(() => rmSync(folder, { recursive: true, force: true }));

function written(text: string, name = "node.yaml"): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function refusal(sources: NodeConfigSources): MyriadError {
  try {
    readNodeConfig({ directory: folder, ...sources });
  } catch (error) {
    assert.ok(error instanceof MyriadError, String(error));
    return error;
  }
  assert.fail("it was taken");
}

describe("the configuration of a node", () => {
  it("is complete when nothing is said", () => {
    const config = readNodeConfig({ directory: folder });
    assert.deepEqual(config, {
      name: nodeNameOfHost(),
      cluster: "main",
      threads: 0,
      state: join(folder, ".myriad"),
      app: null,
      nats: { servers: ["127.0.0.1:4222"], connectMs: 10_000 },
      health: { host: "127.0.0.1", port: 7422 },
      jobs: null,
      drainMs: 30_000,
      member: { roles: [], capacity: 1, leaseMs: 5_000, replicas: 1 },
      log: { level: "info", format: null },
    } satisfies NodeConfig);
  });

  it("takes flags over the environment, that over the file, and that over the defaults", () => {
    const file = written(
      "name: of-file\ncluster: of-file\nthreads: 1\ndrainMs: 1000\nlog: { level: warn }\n",
    );
    const config = readNodeConfig({
      file,
      environment: {
        MYRIAD_NODE_NAME: "of-environment",
        MYRIAD_NODE_THREADS: "2",
        MYRIAD_NODE_LOG_LEVEL: "",
      },
      flags: [{ flag: "--name", field: "name", text: "of-flag" }],
    });
    const { name, threads, cluster, drainMs, log, health } = config;
    assert.deepEqual([name, threads, cluster, drainMs], ["of-flag", 2, "of-file", 1000]);
    assert.equal(log.level, "warn");
    assert.equal(health.port, 7422);
  });

  it("takes paths of a file as relative to it, and others as relative to the working directory", () => {
    const file = written("state: data\napp: ./app.js\nnats: { user: a, passwordFile: pass }\n");
    const config = readNodeConfig({
      file,
      directory: "/somewhere",
      flags: [{ flag: "--state", field: "state", text: "else" }],
    });
    assert.equal(config.app, join(folder, "app.js"));
    assert.deepEqual(config.nats.auth, { user: "a", passwordFile: join(folder, "pass") });
    assert.equal(config.state, "/somewhere/else");
  });

  it("takes JSON as well, and every field of its schema", () => {
    const whole = {
      name: "a",
      cluster: "c",
      threads: 3,
      state: "/s",
      app: "/app.js",
      nats: {
        servers: ["tls://one:4222", "[::1]:4223"],
        credsFile: "/creds",
        tls: { ca: "/ca", cert: "/cert", key: "/key", handshakeFirst: true },
        connectMs: 5,
      },
      health: { host: "::1", port: 0 },
      jobs: { root: "/jobs", commands: true, replicas: 3, lostMs: 500 },
      drainMs: 0,
      member: { roles: ["worker", "edge"], capacity: 4, leaseMs: 500, replicas: 3 },
      log: { level: "debug", format: "json" },
    };
    const config = readNodeConfig({ file: written(JSON.stringify(whole), "node.json") });
    const { credsFile, ...nats } = whole.nats;
    assert.deepEqual(config, { ...whole, nats: { ...nats, auth: { credsFile } } });
  });

  it("takes jobs only with a root, which is relative as other paths are", () => {
    const { jobs } = readNodeConfig({ file: written("jobs: { root: work }\n") });
    assert.deepEqual(jobs, { root: join(folder, "work"), commands: false, replicas: 1, lostMs: 30_000 });
    assert.throws(
      () => readNodeConfig({ file: written("jobs: { commands: true }\n") }),
      /jobs\.commands goes with jobs\.root/,
    );
  });

  it("takes an empty file for no settings", () => {
    assert.equal(readNodeConfig({ file: written("# nothing\n") }).cluster, "main");
  });

  const wrong: readonly (readonly [what: string, text: string, field: string, line: number])[] = [
    ["a field that there is not", "name: a\ntreads: 2\n", "treads", 2],
    ["a number that is none", "threads: many\n", "threads", 1],
    ["too many threads", "threads: 64\n", "threads", 1],
    ["a name with a slash", "\nname: a/b\n", "name", 2],
    ["an unknown level", "log:\n  level: loud\n", "log.level", 2],
    ["addresses that hold credentials", "nats:\n  servers: ['nats://me:hunter2@host:4222']\n", "servers", 2],
    ["no addresses", "nats:\n  servers: []\n", "nats.servers", 2],
    ["a list for a group", "health: []\n", "health", 1],
    ["a password", "nats:\n  user: a\n  password: hunter2\n", "nats.password", 3],
    ["a role with a blank", "member:\n  roles: [a b]\n", "member.roles", 2],
    ["two replicas", "member: { replicas: 2 }\n", "member.replicas", 1],
    ["no object", "[1, 2]\n", "configuration", 1],
  ];
  for (const [what, text, field, line] of wrong) {
    it(`refuses ${what} in a file, by field and line, without showing what was given`, () => {
      const error = refusal({ file: written(text) });
      assert.equal(error.code, "NODE_CONFIG_INVALID");
      assert.ok(error.message.includes(field), error.message);
      assert.match(error.location ?? "", new RegExp(`node\\.yaml:${line}$`));
      assert.doesNotMatch(`${error.message} ${error.hint ?? ""}`, /hunter2/);
    });
  }

  it("refuses what is no YAML with the place, without quoting it", () => {
    const error = refusal({ file: written("name: a\npassword: [hunter2\n") });
    assert.equal(error.code, "NODE_CONFIG_INVALID");
    assert.doesNotMatch(error.message, /hunter2/);
    assert.match(error.location ?? "", /node\.yaml:\d+:\d+$/);
  });

  it("refuses a file whose aliases unfold into gigabytes", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x]"];
    for (let at = 1; at < 10; at++) {
      lines.push(`a${at}: &a${at} [${Array.from({ length: 8 }, () => `*a${at - 1}`).join(", ")}]`);
    }
    assert.equal(refusal({ file: written(lines.join("\n")) }).code, "NODE_CONFIG_INVALID");
  });

  it("refuses a file that is not there, and one that is too large", () => {
    assert.equal(refusal({ file: "nowhere.yaml" }).code, "NODE_CONFIG_UNREADABLE");
    assert.equal(refusal({ file: written(`# ${"x".repeat(1_048_576)}`) }).code, "NODE_CONFIG_INVALID");
  });

  const environments: readonly (readonly [what: string, environment: NodeJS.ProcessEnv, named: string])[] = [
    ["a name that means nothing", { MYRIAD_NODE_THREAD: "2" }, "MYRIAD_NODE_THREAD"],
    ["a number that is none", { MYRIAD_NODE_THREADS: "2.5" }, "MYRIAD_NODE_THREADS"],
    [
      "neither true nor false",
      { MYRIAD_NODE_NATS_TLS_HANDSHAKE_FIRST: "yes" },
      "MYRIAD_NODE_NATS_TLS_HANDSHAKE_FIRST",
    ],
    ["an empty address", { MYRIAD_NODE_NATS_SERVERS: "a:1,,b:2" }, "MYRIAD_NODE_NATS_SERVERS"],
  ];
  for (const [what, environment, named] of environments) {
    it(`refuses ${what} in the environment, by the variable's name`, () => {
      const error = refusal({ environment });
      assert.equal(error.code, "NODE_CONFIG_INVALID");
      assert.equal(error.location, named);
    });
  }

  it("refuses a wrong flag by its name", () => {
    const error = refusal({ flags: [{ flag: "--threads", field: "threads", text: "-1" }] });
    assert.equal(error.location, "--threads");
    assert.match(error.message, /threads must be/);
  });

  it("takes a list from the environment with commas", () => {
    const { nats } = readNodeConfig({ environment: { MYRIAD_NODE_NATS_SERVERS: "a:1, b:2" } });
    assert.deepEqual(nats.servers, ["a:1", "b:2"]);
  });

  describe("signing in", () => {
    const userInFile = "nats: { user: a, passwordFile: pass }\n";

    it("lets a password of the environment take the place of the file's, with the user as it was", () => {
      const environment = { MYRIAD_NODE_NATS_PASSWORD: "hunter2" };
      const config = readNodeConfig({ file: written(userInFile), environment });
      assert.deepEqual(config.nats.auth, { user: "a", password: "hunter2" });
    });

    it("lets another way take the place of user and password", () => {
      const environment = { MYRIAD_NODE_NATS_NKEY_SEED_FILE: "/seed" };
      const config = readNodeConfig({ file: written(userInFile), environment });
      assert.deepEqual(config.nats.auth, { nkeySeedFile: "/seed" });
    });

    const halves: readonly (readonly [what: string, environment: NodeJS.ProcessEnv, said: RegExp])[] = [
      ["a user without a password", { MYRIAD_NODE_NATS_USER: "a" }, /no password/],
      ["a password without a user", { MYRIAD_NODE_NATS_PASSWORD: "hunter2" }, /nats\.user/],
      [
        "two ways at once",
        { MYRIAD_NODE_NATS_TOKEN: "hunter2", MYRIAD_NODE_NATS_CREDS_FILE: "/creds" },
        /two ways/,
      ],
      [
        "a token with a user",
        { MYRIAD_NODE_NATS_TOKEN: "hunter2", MYRIAD_NODE_NATS_USER: "a" },
        /does not go/,
      ],
      ["a certificate without its key", { MYRIAD_NODE_NATS_TLS_CERT: "/cert" }, /go together/],
    ];
    for (const [what, environment, said] of halves) {
      it(`refuses ${what}`, () => {
        const error = refusal({ environment });
        assert.equal(error.code, "NODE_CONFIG_INVALID");
        assert.match(error.message, said);
        assert.doesNotMatch(error.message, /hunter2/);
      });
    }

    it("is shown without what is secret", () => {
      for (const environment of [
        { MYRIAD_NODE_NATS_USER: "a", MYRIAD_NODE_NATS_PASSWORD: "hunter2" },
        { MYRIAD_NODE_NATS_TOKEN: "hunter2" },
      ]) {
        const config = readNodeConfig({ environment });
        assert.deepEqual(secretsOf(config), ["hunter2"]);
        assert.doesNotMatch(JSON.stringify(showConfig(config)), /hunter2/);
      }
      assert.deepEqual(secretsOf(readNodeConfig()), []);
    });

    it("names the file that cannot be read", () => {
      const config = readNodeConfig({ file: written("nats: { tokenFile: no-such-token }\n") });
      assert.throws(() => requireFiles(config), {
        code: "NODE_CONFIG_UNREADABLE",
        message: /tokenFile.*no-such-token/,
      });
      written("secret", "no-such-token");
      requireFiles(config);
    });
  });

  it("makes a name that the schema takes of any host's name", () => {
    assert.match(hostname(), /./);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (host) => {
        const environment = { MYRIAD_NODE_NAME: nodeNameOfHost(host) };
        assert.equal(readNodeConfig({ environment }).name, environment.MYRIAD_NODE_NAME);
      }),
    );
  });

  it("has its schema in the package as it is in the code", () => {
    const shipped: unknown = JSON.parse(readFileSync(join(ROOT, "schemas", "node.schema.json"), "utf8"));
    assert.deepEqual(shipped, JSON.parse(JSON.stringify(NODE_SCHEMA)));
  });
});
