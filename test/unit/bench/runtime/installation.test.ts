import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
    mkdirSync(join(peers, "node_modules"));
    writeFileSync(join(peers, "package.json"), JSON.stringify({ dependencies: { nact: "7.6.2" } }));
    const { missing, versions } = await installed(peers);
    assert.equal(versions, "nact 7.6.2");
    assert.deepEqual(Object.keys(missing), ["erlang", "caf"]);
    assert.match(missing.erlang!, /--peers all/);
  });

  it("counts those that cannot be installed as missing, with the reason", async () => {
    // Without a lock file npm ci refuses before it asks any registry.
    const peers = folder();
    writeFileSync(join(peers, "package.json"), JSON.stringify({ dependencies: { nact: "7.6.2" } }));
    const { missing } = await installed(peers);
    assert.match(missing.npm!, /npm ci/);
  });
});
