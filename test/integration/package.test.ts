/** The tarball that npm would publish, installed into an empty project of somebody else. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { after, before, describe, it } from "node:test";
import { assertRefused, myriad, myriadJson } from "../kit/cli.ts";
import { readSource, ROOT } from "../kit/repository.ts";

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const MANIFEST = JSON.parse(readSource("package.json")) as {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
};

const OWN_CODE = `export function unique(values: readonly number[]): number[] {
  const seen: number[] = [];
  for (const value of values) {
    if (!seen.includes(value)) seen.push(value);
  }
  return seen;
}
`;

/** Long lists: the difference must be plain on any machine. */
const OWN_INPUTS = `export function generate(random) {
  return Array.from({ length: 12 }, () => [Array.from({ length: 1500 }, () => random.below(1200))]);
}
`;

const OWN_USE = `import { actor, createSystem, defineApp } from "myriad-runtime";
import { VirtualClock, createTestSystem } from "myriad-runtime/testkit";
import { connectClient } from "myriad-runtime/client";
import schema from "myriad-runtime/schemas/result.schema.json" with { type: "json" };

const counter = actor({
  name: "counter",
  initial: () => 0,
  receive(count, message) {
    if (message.kind === "count") message.reply.send(count);
    return count + 1;
  },
});
const system = createSystem({ app: defineApp({ actors: [counter] }) });
const ref = system.spawn(counter);
ref.tell({ kind: "add" });
const count = await ref.ask((reply) => ({ kind: "count", reply }));
await system.shutdown();
const refused = await connectClient({ servers: ["127.0.0.1:9"], connectMs: 1 }).catch(({ code }) => code);
console.log(JSON.stringify([count, typeof VirtualClock, typeof createTestSystem, schema.title, refused]));
`;

const OWN_TYPES = `import { actor, createSystem, openSystem, readTask } from "myriad-runtime";
import type { SessionDocument } from "myriad-runtime";
import { connectClient, type Job } from "myriad-runtime/client";
import { byKey, eventSourced, pool, registry, router } from "myriad-runtime/runtime";

const system = await openSystem({ state: ".myriad" });
const { document } = await system.start("run", readTask("own.ts#unique", "."));
export const verdict: SessionDocument["verdict"] = document.verdict;
export const wrong: number = document.verdict;

// Whose types are inferred: they must have names that a declaration file can say.
type Entry = { readonly kind: "pay"; readonly amount: number };
export const account = eventSourced({
  name: "account",
  stream: (id: string) => id,
  empty: () => 0,
  handle: (_balance, entry: Entry) => ({ events: [entry.amount] }),
  apply: (balance, amount: number) => balance + amount,
});
export const desk = actor({ name: "desk", initial: () => 0, receive: (count, _entry: Entry) => count + 1 });
export const desks = pool({ name: "desks", worker: desk });
export const accounts = byKey({ name: "accounts", type: desk, idleMs: 1_000 });
export const parts = [registry, desk.mailbox, desk.supervision, desk.layouts] as const;
export const actors = createSystem({ deadLetterCapacity: 10 });
export const ref = actors.spawn(desks, { size: 2, args: undefined });
export const routed = router([ref]);
export const follow = async (): Promise<Job> => (await connectClient({ servers: [] })).ended("");
export const { environment, comparisons, search, burst, error } = document;
`;

function npm(args: readonly string[], cwd: string) {
  return spawnSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd,
    encoding: "utf8",
  });
}

describe("the packed product", () => {
  let folder = "";
  let packed: Packed;
  /** Why it could not be installed; null: it is. */
  let offline: string | null = null;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "myriad-package-"));
    // The tests run from the built copy, so it is built: its scripts would only build it again.
    const pack = npm(["pack", "--ignore-scripts", "--json", "--pack-destination", folder], ROOT);
    assert.equal(pack.status, 0, pack.stderr);
    [packed] = JSON.parse(pack.stdout) as [Packed];
    await writeFile(
      join(folder, "package.json"),
      '{ "name": "somebody", "private": true, "type": "module" }',
    );
    await writeFile(join(folder, "own.ts"), OWN_CODE);
    await writeFile(join(folder, "own-inputs.js"), OWN_INPUTS);
    const install = npm(["install", "--prefer-offline", join(folder, packed.filename)], folder);
    if (install.status !== 0) offline = registryFailure(install.stderr);
  });

  after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

  it("holds what is used and nothing that only its makers need", () => {
    const paths = packed.files.map(({ path }) => path);
    const targets = Object.values(MANIFEST.exports).flatMap((target) =>
      typeof target === "string" ? [] : [target.types, target.default].map((path) => path.slice(2)),
    );
    const wanted = [
      ...targets,
      "package.json",
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
      "bin/myriad.js",
      "dist/cli/main.js",
      "dist/examples/actors/chat.js",
      "schemas/result.schema.json",
      "schemas/task.schema.json",
      "examples/tasks/orders-dedupe.yaml",
      "examples/src/orders.ts",
    ];
    assert.deepEqual(
      wanted.filter((path) => !paths.includes(path)),
      [],
    );
    const sources = /\.ts$/;
    const unwanted = paths.filter(
      (path) =>
        /^(dist\/)?(test|bench)\/|(^|\/)(node_modules|\.ci|\.myriad)\//.test(path) ||
        /\.test\.|\.tgz$/.test(path) ||
        (sources.test(path) && !path.endsWith(".d.ts") && !path.startsWith("examples/")),
    );
    assert.deepEqual(unwanted, []);
  });

  it("has no document that leads to one that is not there", () => {
    const paths = new Set(packed.files.map(({ path }) => path));
    const leads = [...paths]
      .filter((path) => path.endsWith(".md"))
      .flatMap((path) =>
        [...readSource(path).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, to]) => [path, to!] as const),
      );
    assert.ok(leads.length > 10);
    const broken = leads.filter(([path, to]) => {
      // Benches are run in a clone.
      if (to === "bench/README.md") return false;
      const target = posix.join(posix.dirname(path), to);
      return !paths.has(target) && ![...paths].some((other) => other.startsWith(`${target}/`));
    });
    assert.deepEqual(broken, []);
  });

  const executable = (): readonly string[] => [join(folder, "node_modules", ".bin", "myriad")];

  it("improves a function of that project by the quick form", async (t) => {
    if (offline !== null) {
      t.skip(offline);
      return;
    }
    const args = [
      "run",
      "own.ts#unique",
      "--inputs",
      "own-inputs.js#generate",
      "--runs",
      "100",
      "--allow-noise",
    ];
    const { code, document } = await myriadJson(args, { cwd: folder, command: executable() });
    assert.equal(code, 0, JSON.stringify(document.error ?? document.comparisons));
    assert.equal(document.verdict, "improved");
    assert.ok(existsSync(document.report!));
  });

  it("is a library there, with its types", async (t) => {
    if (offline !== null) {
      t.skip(offline);
      return;
    }
    await writeFile(join(folder, "use.js"), OWN_USE);
    const used = spawnSync(process.execPath, ["use.js"], { cwd: folder, encoding: "utf8" });
    assert.equal(used.status, 0, used.stderr);
    assert.deepEqual(JSON.parse(used.stdout), [
      1,
      "function",
      "function",
      "Myriad result",
      "NATS_UNREACHABLE",
    ]);

    await writeFile(join(folder, "types.ts"), OWN_TYPES);
    const compiler = join(folder, "node_modules", "typescript", "bin", "tsc");
    const options = [
      "--declaration",
      "--outDir",
      "types-out",
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2022",
      "--skipLibCheck",
    ];
    const checked = spawnSync(process.execPath, [compiler, ...options, "types.ts"], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.match(
      checked.stdout.trim(),
      /^types\.ts\(9,14\): error TS2322: .*(\n {2}.*)*$/,
      "the one mistake, and no other",
    );
  });

  it("runs the examples of actors there, on threads too", (t) => {
    if (offline !== null) {
      t.skip(offline);
      return;
    }
    const examples = join("node_modules", "myriad-runtime", "dist", "examples", "actors");
    for (const [example, line] of [
      ["chat.js --demo", "tea   * ben is back"],
      ["map-reduce.js --kill", "A plain loop says the same."],
    ] as const) {
      const [file, option] = example.split(" ") as [string, string];
      const ran = spawnSync(process.execPath, [join(examples, file), option], {
        cwd: folder,
        encoding: "utf8",
      });
      assert.equal(ran.status, 0, ran.stderr);
      assert.ok(ran.stdout.split("\n").includes(line), ran.stdout);
    }
  });

  it("says what is missing where native parts were left out", async (t) => {
    if (offline !== null) {
      t.skip(offline);
      return;
    }
    const scope = join(folder, "node_modules", "@duckdb");
    const native = readdirSync(scope).filter((name) => name.startsWith("node-bindings-"));
    assert.ok(native.length > 0);
    const away = join(folder, "away");
    await mkdir(away);
    for (const name of native) await rename(join(scope, name), join(away, name));
    const ended = await myriadJson(["burst", "own.ts#unique"], { cwd: folder, command: executable() });
    const error = assertRefused(ended, "INSTALLATION_INCOMPLETE");
    assert.match(error.message, /duckdb/);
    assert.match(error.hint ?? "", /npm install/);
    const version = await myriad(["--version"], { cwd: folder, command: executable() });
    assert.equal(version.code, 0, version.stderr);
  });
});

/** A registry that cannot be reached is no fault of the product; anything else is. */
function registryFailure(stderr: string): string {
  assert.match(
    stderr,
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|E(401|403|5\d\d)\b/,
    stderr,
  );
  return `the npm registry cannot be reached: ${stderr.split("\n", 1)[0] ?? ""}`;
}
