import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { GitSource } from "../../../actors/ci/git-source.ts";
import { hasCode } from "../../contract/journal-contract.ts";
import { inRepository } from "../../kit/suite.ts";

describe("the code of a commit", () => {
  it("lies beside the working tree, which with its index stays as it was", () =>
    inRepository(async ({ folder, commit, write, git }) => {
      const first = commit({ "src/a.ts": "one\n", ".gitignore": ".state/\n" });
      commit({ "src/a.ts": "two\n" });
      write({ "src/a.ts": "three\n", "src/new.ts": "new\n" });
      git("add", "src/new.ts");
      const before = git("status", "--porcelain");
      const source = await GitSource.open(join(folder, "src"));
      assert.equal(source.root, folder);
      const checkout = await source.checkOut(first, join(folder, ".state", "ci"));
      assert.equal(readFileSync(join(checkout, "src/a.ts"), "utf8"), "one\n");
      assert.equal(existsSync(join(checkout, "src/new.ts")), false);
      assert.equal(git("status", "--porcelain"), before);
      assert.equal(git("worktree", "list").split("\n").length, 1);
      assert.equal(source.inCheckout(join(folder, "src/a.ts"), checkout), join(checkout, "src/a.ts"));
    }));

  it("tells what git ignores, behind links too, and of what lies outside nothing", () =>
    inRepository(async ({ folder, commit, write }) => {
      commit({ "lib/a.ts": "one\n", ".gitignore": "*.tmp\nbuilt/\n" });
      write({ "lib/a.tmp": "", "built/b.ts": "", "lib/new.ts": "" });
      symlinkSync(join(folder, "lib"), join(folder, "linked"));
      const outside = await mkdtemp(join(tmpdir(), "myriad-outside-"));
      try {
        symlinkSync(outside, join(folder, "lib", "away"));
        const source = await GitSource.open(folder);
        const asked = (paths: readonly string[]) => source.ignored(paths.map((path) => join(folder, path)));
        const all = ["", "lib/a.ts", "lib/new.ts", "lib/away/x.tmp", "nowhere/at/all.ts"];
        assert.deepEqual(await asked(all), []);
        const hidden = ["lib/a.tmp", "linked/a.tmp", "built/b.ts", "built", "nowhere/x.tmp"];
        assert.deepEqual(
          await asked([...all, ...hidden]),
          hidden.map((path) => join(folder, path)),
        );
        assert.deepEqual(await source.ignored([join(outside, "x.tmp")]), []);
        // A repository inside it, as a submodule is.
        write({ "sub/.git": "gitdir: elsewhere\n", "sub/deep/x.tmp": "", "..dots.tmp": "" });
        assert.deepEqual(await asked(["sub/deep/x.tmp"]), []);
        assert.deepEqual(await asked(["..dots.tmp"]), [join(folder, "..dots.tmp")]);
        const gone = new GitSource(outside);
        await assert.rejects(gone.ignored([join(outside, "x.tmp")]), hasCode("GIT_UNAVAILABLE"));
      } finally {
        await rm(outside, { recursive: true });
      }
    }));

  it("is written again when it was left unfinished, and takes the place of another commit's", () =>
    inRepository(async ({ folder, commit }) => {
      const first = commit({ "a.ts": "one\n" });
      const second = commit({ "a.ts": "two\n" });
      const source = await GitSource.open(folder);
      const state = join(folder, ".git", "state");
      mkdirSync(join(state, `${second}.part`), { recursive: true });
      writeFileSync(join(state, `${second}.part`, "torn.ts"), "");
      const old = await source.checkOut(first, state);
      const checkout = await source.checkOut(second, state);
      assert.equal(existsSync(old), false);
      assert.equal(existsSync(join(checkout, "torn.ts")), false);
      assert.equal(readFileSync(join(checkout, "a.ts"), "utf8"), "two\n");
      assert.equal(await source.checkOut(second, state), checkout);
    }));

  it("is the one in which HEAD left the branch, not what others did there since", () =>
    inRepository(async ({ folder, commit, git }) => {
      const shared = commit({ "a.ts": "one\n" });
      git("switch", "--quiet", "--create", "topic");
      commit({ "a.ts": "mine\n" });
      git("switch", "--quiet", "main");
      commit({ "b.ts": "theirs\n" });
      git("switch", "--quiet", "topic");
      const source = await GitSource.open(folder);
      assert.deepEqual(await source.base("main"), { ref: "main", commit: shared });
    }));

  it("finds the packages of the working tree, of every folder above the file", () =>
    inRepository(async ({ folder, commit }) => {
      const first = commit({ "lib/one/a.ts": "one\n", ".gitignore": "node_modules/\n" });
      for (const place of [".", "lib/one"]) mkdirSync(join(folder, place, "node_modules"));
      const source = await GitSource.open(folder);
      const checkout = await source.checkOut(first, join(folder, ".git", "state"));
      await source.linkPackages(join(folder, "lib/one/a.ts"), checkout);
      await source.linkPackages(join(folder, "lib/one/a.ts"), checkout);
      assert.equal(
        readlinkSync(join(checkout, "node_modules")).replace(/[\\/]$/, ""),
        join(folder, "node_modules"),
      );
      assert.ok(existsSync(join(checkout, "lib/one/node_modules")));
      assert.equal(existsSync(join(checkout, "lib/node_modules")), false);
      assert.equal(source.inCheckout(join(folder, "node_modules", "x.js"), checkout), null);
      assert.equal(source.inCheckout(join(tmpdir(), "x.js"), checkout), null);
    }));

  it("is refused with a code where there is no repository or no such commit", () =>
    inRepository(async ({ folder, commit }) => {
      commit({ "a.ts": "one\n" });
      const source = await GitSource.open(folder);
      for (const ref of ["gone", "--all", "HEAD~7", "HEAD:a.ts"]) {
        await assert.rejects(source.base(ref), { code: "GIT_REF_UNKNOWN", location: ref });
      }
      const elsewhere = await mkdtemp(join(tmpdir(), "myriad-no-git-"));
      await assert.rejects(GitSource.open(elsewhere), { code: "GIT_UNAVAILABLE" });
      await rm(elsewhere, { recursive: true });
    }));
});
