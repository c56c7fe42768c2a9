import assert from "node:assert/strict";
import { posix } from "node:path";
import { describe, it } from "node:test";
import { readSource } from "../../kit/repository.ts";

/** Packages that the sources behind a file import, whatever they import only as types aside. */
function packagesBehind(start: string): { readonly packages: Set<string>; readonly files: Set<string> } {
  const packages = new Set<string>();
  const files = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const source = readSource(file).replaceAll(/^(?:import|export) type [^;]*;/gm, "");
    for (const [, specifier] of source.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
      if (specifier!.startsWith(".")) visit(posix.join(posix.dirname(file), specifier!));
      else packages.add(specifier!);
    }
  };
  visit(start);
  return { packages, files };
}

describe("the client", () => {
  it("brings NATS' client and nothing heavy", () => {
    const { packages, files } = packagesBehind("cluster/client/index.ts");
    assert.deepEqual([...packages].filter((name) => !name.startsWith("node:")).toSorted(), [
      "@nats-io/nats-core",
      "@nats-io/transport-node",
      "ulid",
    ]);
    const floors = [...files].filter((file) => !/^(?:cluster|runtime\/contracts)\//.test(file));
    assert.deepEqual(floors, []);
    assert.ok(files.size > 8, [...files].join(" "));
  });
});
