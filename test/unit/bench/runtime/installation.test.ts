import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { install, type Installed } from "../../../../bench/runtime/installation.ts";

const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function folder(): string {
  folders.push(mkdtempSync(join(tmpdir(), "myriad-peers-")));
  return folders.at(-1)!;
}

const installed = (peers: string): Promise<Installed> =>
  install({ peers, native: peers, withNative: false, progress: () => undefined });

describe("the installation of peers", () => {
  it("names those that are there with their versions, and the native ones as not asked for", async () => {
    const peers = folder();
    writeFileSync(join(peers, "package.json"), JSON.stringify({ dependencies: { nact: "7.6.2" } }));
    writeFileSync(join(peers, "package-lock.json"), "{}");
    mkdirSync(join(peers, "node_modules"));
    writeFileSync(join(peers, "node_modules", ".package-lock.json"), "{}");
    const { missing, versions } = await installed(peers);
    assert.equal(versions, "nact 7.6.2");
    assert.deepEqual(Object.keys(missing), ["erlang", "caf"]);
    assert.match(missing.erlang!, /--peers all/);
  });

  it("are brought up to date where the list is younger than what was installed", async () => {
    const peers = folder();
    writeFileSync(join(peers, "package.json"), JSON.stringify({ dependencies: { nact: "7.6.2" } }));
    mkdirSync(join(peers, "node_modules"));
    writeFileSync(join(peers, "node_modules", ".package-lock.json"), "{}");
    writeFileSync(join(peers, "package-lock.json"), "not JSON");
    utimesSync(join(peers, "node_modules", ".package-lock.json"), 1, 1);
    // It is npm that is asked, and that cannot read the list.
    assert.match((await installed(peers)).missing.npm!, /npm ci/);
  });

  it("counts those that cannot be installed as missing, with the reason", async () => {
    // Without a lock file npm ci refuses before it asks any registry.
    const peers = folder();
    writeFileSync(join(peers, "package.json"), JSON.stringify({ dependencies: { nact: "7.6.2" } }));
    const { missing } = await installed(peers);
    assert.match(missing.npm!, /npm ci/);
  });
});
