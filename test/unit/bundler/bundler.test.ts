import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as native from "esbuild";
import { startingOf, wasm } from "../../../kernels/bundler/bundler.ts";
import { bundler } from "../../../kernels/bundler/index.ts";
import type { Bundler } from "../../../kernels/bundler/bundler.ts";
import { fixture } from "../syntax/fixture.ts";

const OPTIONS: native.BuildOptions & { write: false; metafile: true } = {
  entryPoints: [fixture("exports.ts")],
  bundle: true,
  write: false,
  format: "iife",
  metafile: true,
  outfile: "out.js",
  sourcemap: "external",
};

describe("the bundler", () => {
  it("is the native one where it starts, and the other is not even loaded", () => {
    const unwanted = (): Bundler => assert.fail("loaded");
    assert.equal(startingOf(native, unwanted), native);
    assert.equal(bundler().transformSync, native.transformSync);
  });

  it("is the other one where the native binary is missing", () => {
    const broken: Bundler = {
      ...native,
      transformSync: () => {
        throw new Error("the package could not be found");
      },
    };
    const other = { ...native };
    assert.equal(
      startingOf(broken, () => other),
      other,
    );
  });

  it("makes the same program and facts of the same sources in both forms", async () => {
    const [one, two] = await Promise.all([native.build(OPTIONS), wasm().build(OPTIONS)]);
    assert.deepEqual(
      two.outputFiles.map(({ text }) => text),
      one.outputFiles.map(({ text }) => text),
    );
    assert.deepEqual(two.metafile, one.metafile);
    const [first, second] = [native, wasm()].map((form) => form.buildSync({ ...OPTIONS, minify: true }));
    assert.equal(second!.outputFiles[0]!.text, first!.outputFiles[0]!.text);
  });

  it("calls plugins in both forms, and lets them transform", async () => {
    const plugin: native.Plugin = {
      name: "upper",
      setup(build): void {
        build.onLoad({ filter: /exports\.ts$/ }, async () => ({
          contents: (await build.esbuild.transform("export const given: number = 1", { loader: "ts" })).code,
        }));
      },
    };
    for (const form of [native, wasm()]) {
      const { outputFiles } = await form.build({ ...OPTIONS, plugins: [plugin] });
      assert.match(outputFiles[1]!.text, /given = 1/);
    }
  });
});
