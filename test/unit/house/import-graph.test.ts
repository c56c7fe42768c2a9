import assert from "node:assert/strict";
import { posix } from "node:path";
import { describe, it } from "node:test";
import { readSource, sourceFiles } from "../../kit/repository.ts";

/** What each floor may import from, itself aside; `contracts` is a leaf that everyone may import. */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  runtime: ["contracts"],
  kernels: ["contracts"],
  storage: ["contracts", "runtime", "kernels"],
  cluster: ["contracts", "runtime", "kernels", "storage"],
  actors: ["contracts", "runtime", "kernels", "storage", "cluster"],
  cli: ["contracts", "runtime", "kernels", "storage", "cluster", "actors"],
};

interface Edge {
  readonly from: string;
  readonly to: string;
}

function floorOf(file: string): string {
  return file.startsWith("runtime/contracts/") ? "contracts" : file.split("/")[0]!;
}

/** A room is a folder with a door: `runtime`, `kernels/sandbox`, `actors/evidence`. */
function roomOf(file: string): string {
  return floorOf(file) === "contracts" ? "runtime/contracts" : posix.dirname(file);
}

function edgesOf(file: string): readonly Edge[] {
  const specifiers = readSource(file).matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return [...specifiers].map(([, specifier]) => ({
    from: file,
    to: posix.join(posix.dirname(file), specifier!),
  }));
}

const files = Object.keys(FLOORS)
  .filter((floor) => floor !== "contracts")
  .flatMap((floor) => sourceFiles(floor));
const edges = files.flatMap(edgesOf);

describe("the import graph", () => {
  it("sees the house", () => {
    assert.ok(files.length > 50, `only ${files.length} sources found`);
    assert.ok(edges.length > files.length);
  });

  it("has no edge that runs to an upper floor", () => {
    const wrong = edges.filter(({ from, to }) => {
      const [own, other] = [floorOf(from), floorOf(to)];
      return own !== other && !FLOORS[own]!.includes(other);
    });
    assert.deepEqual(wrong, []);
  });

  it("enters another floor only by a door", () => {
    // Every file of the contracts is a door of its own: the code inside sandboxes takes only what it needs.
    const wrong = edges.filter(
      ({ from, to }) =>
        floorOf(from) !== floorOf(to) && floorOf(to) !== "contracts" && posix.basename(to) !== "index.ts",
    );
    assert.deepEqual(wrong, []);
  });

  it("enters another room of the kernels only by its door or its protocol", () => {
    const rooms = ["kernels/pool", "kernels/sandbox", "kernels/statistics", "kernels/syntax"];
    const roomAbove = (file: string): string =>
      rooms.find((room) => file.startsWith(`${room}/`)) ?? roomOf(file);
    const wrong = edges.filter(
      ({ from, to }) =>
        floorOf(from) === "kernels" &&
        floorOf(to) === "kernels" &&
        roomAbove(from) !== roomAbove(to) &&
        !["index.ts", "protocol.ts"].includes(posix.basename(to)),
    );
    assert.deepEqual(wrong, []);
  });

  it("keeps folders at most two levels deep below their floor", () => {
    assert.deepEqual(
      files.filter((file) => file.split("/").length > 4),
      [],
    );
  });

  it("has no `export *` and no catch-all file", () => {
    const wrong = files.filter(
      (file) => /^export \*/m.test(readSource(file)) || /\/(utils|common|helpers)\.ts$/.test(file),
    );
    assert.deepEqual(wrong, []);
  });
});
