import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, it } from "node:test";
import { namedTypes, publicDoors } from "../../kit/api/public-exports.ts";
import { FOLDER, renderReference } from "../../kit/api/reference.ts";
import { readSource, ROOT } from "../../kit/repository.ts";

describe("the reference of the public API", () => {
  const rendered = renderReference();

  it("is what `npm run api` makes of the sources", async () => {
    const pages = await rendered;
    const written = readdirSync(join(ROOT, FOLDER)).map((name) => posix.join(FOLDER, name));
    assert.deepEqual(written.toSorted(), [...pages.keys()].toSorted());
    for (const [path, text] of pages) {
      assert.equal(readSource(path), text, `${path} is out of date: npm run build && npm run api`);
    }
  });

  it("has no link that leads nowhere", async () => {
    const pages = await rendered;
    const anchors = new Set<string>();
    for (const [path, text] of pages) {
      for (const [, title] of text.matchAll(/^### (.+)$/gm)) {
        // As GitHub makes them of headings.
        const anchor = title!
          .toLowerCase()
          .replaceAll(/[^\w -]/g, "")
          .replaceAll(" ", "-");
        assert.ok(!anchors.has(`${path}#${anchor}`), `two headings ${title!} in ${path}`);
        anchors.add(`${path}#${anchor}`);
      }
    }
    const links = [...pages.values()].flatMap((text) => [...text.matchAll(/\]\(([\w.-]+#\S+?)\)/g)]);
    assert.ok(links.length > 100);
    const lost = links.map(([, link]) => posix.join(FOLDER, link!)).filter((link) => !anchors.has(link));
    assert.deepEqual(lost, []);
  });
});

describe("the public exports", () => {
  const doors = publicDoors();

  it("come through every door of the package", () => {
    assert.deepEqual(
      doors.filter(({ exports }) => exports.length === 0),
      [],
    );
    assert.ok(doors.some(({ exports }) => exports.some(({ name }) => name === "createSystem")));
  });

  it("each begin their doc comment with a sentence", () => {
    const silent = doors
      .flatMap(({ exports }) => exports)
      .filter(({ doc }) => !/^[^@]/.test(doc))
      .map(({ file, name }) => `${file}: ${name}`);
    assert.deepEqual([...new Set(silent)], []);
  });

  it("name in their declarations only types that are exported too, so that users can name what they infer", () => {
    const known = new Set(doors.flatMap(({ exports }) => exports.map(({ name }) => name)));
    const unknown = doors.flatMap(({ specifier, exports }) =>
      exports.flatMap((one) =>
        namedTypes(one)
          .filter((name) => !known.has(name))
          .map((name) => `${specifier}: ${one.name} names ${name}`),
      ),
    );
    assert.deepEqual(unknown, []);
  });
});
