/**
 * The code of a commit beside the code of the working tree. It is written into a folder of the state directory
 * through an index of its own: the repository's index, working tree, hooks and list of worktrees are never
 * touched, so a killed run leaves nothing to clean up.
 *
 * What the code imports from packages is taken from the working tree's node_modules for both versions: a change
 * of dependencies alone is not seen. Submodules stay empty.
 */
import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { mkdir, readdir, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { actorError } from "../errors.ts";

const run = promisify(execFile);
/** By this exit code git says so. */
const NONE_IGNORED = 1;

/** What a suite is measured against. */
export interface GitBase {
  /** As it was named. */
  readonly ref: string;
  /** The commit in which HEAD left `ref`: what others did there since is none of this change's. */
  readonly commit: string;
}

export class GitSource {
  /** The repository's top folder, absolute. */
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** @throws GIT_UNAVAILABLE */
  static async open(directory: string): Promise<GitSource> {
    try {
      return new GitSource(await git(directory, ["rev-parse", "--show-toplevel"]));
    } catch (cause) {
      throw actorError("GIT_UNAVAILABLE", `git finds no repository around ${directory}: ${told(cause)}`, {
        location: directory,
        cause,
      });
    }
  }

  /** @throws GIT_REF_UNKNOWN */
  async base(ref: string): Promise<GitBase> {
    try {
      const tip = await git(this.root, [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        `${ref}^{commit}`,
      ]);
      return { ref, commit: await git(this.root, ["merge-base", "HEAD", tip]) };
    } catch (cause) {
      throw actorError("GIT_REF_UNKNOWN", `"${ref}" is no commit that HEAD has an ancestor in common with`, {
        location: ref,
        cause,
      });
    }
  }

  /**
   * All files of the commit, in a folder that may be there already; others beside it are removed.
   * @param folder where the folders of commits lie
   * @returns the folder, absolute
   * @throws GIT_UNAVAILABLE
   */
  async checkOut(commit: string, folder: string): Promise<string> {
    const target = join(folder, commit);
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      if (name !== commit) await rm(join(folder, name), { recursive: true, force: true });
    }
    // Renamed when whole, so that what is there under its name is complete.
    if (existsSync(target)) return target;
    const unfinished = `${target}.part`;
    const env = { GIT_INDEX_FILE: `${target}.index` };
    try {
      await git(this.root, ["read-tree", commit], env);
      await git(this.root, ["checkout-index", "--all", "--force", `--prefix=${unfinished}/`], env);
      await rename(unfinished, target);
    } catch (cause) {
      throw actorError("GIT_UNAVAILABLE", `git could not write commit ${commit}: ${told(cause)}`, {
        location: folder,
        cause,
      });
    } finally {
      await rm(`${target}.index`, { force: true });
    }
    return target;
  }

  /** The same file in the folder of a commit; null when it lies outside the repository. */
  inCheckout(file: string, checkout: string): string | null {
    // As git does, through links to the folder, but not through the file itself.
    const path = relative(this.root, join(realpathSync(dirname(file)), basename(file)));
    const steps = path.split(sep);
    return steps[0] === ".." || steps.includes("node_modules") ? null : join(checkout, path);
  }

  /**
   * Those of the files that git is told to keep no version of; one outside of the repository is none of them.
   * @throws GIT_UNAVAILABLE
   */
  async ignored(files: readonly string[]): Promise<readonly string[]> {
    // Git refuses to judge what lies behind a link.
    const places = new Map(files.map((file) => [file, realPlaceOf(file)]));
    const inside = [...places.values()].filter((place) => this.#isOwn(place));
    const input = inside.map((place) => `${place}\0`).join("");
    if (input === "") return [];
    const found = await git(this.root, ["check-ignore", "-z", "--stdin"], {}, input).catch(
      (cause: unknown) => {
        if ((cause as { code?: unknown }).code === NONE_IGNORED) return "";
        throw actorError("GIT_UNAVAILABLE", `git could not say what it ignores: ${told(cause)}`, { cause });
      },
    );
    const ignored = new Set(found.split("\0"));
    return files.filter((file) => ignored.has(places.get(file)!));
  }

  /** Whether it lies in this repository, and in none of another one's inside it, such as a submodule. */
  #isOwn(place: string): boolean {
    if (relative(this.root, place).split(sep)[0] === "..") return false;
    for (let folder = dirname(place); folder.length > this.root.length; folder = dirname(folder)) {
      if (existsSync(join(folder, ".git"))) return false;
    }
    return true;
  }

  /** Links every node_modules from the file's folder up to the root. */
  async linkPackages(file: string, checkout: string): Promise<void> {
    for (let folder = realpathSync(dirname(file)); ; folder = dirname(folder)) {
      const packages = join(folder, "node_modules");
      const link = join(checkout, relative(this.root, packages));
      if (existsSync(packages) && existsSync(dirname(link)) && !existsSync(link)) {
        await symlink(packages, link, "junction");
      }
      if (folder === this.root || !folder.startsWith(this.root)) return;
    }
  }
}

async function git(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = "",
): Promise<string> {
  const running = run("git", [...args], {
    cwd,
    env: { ...process.env, LC_ALL: "C", ...env },
    maxBuffer: 16 * 1024 * 1024,
  });
  // One that ends before it has read all says so by its exit code.
  running.child.stdin?.on("error", () => undefined).end(input);
  const { stdout } = await running;
  return stdout.trim();
}

/** Without links, as far as it exists. */
function realPlaceOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(realPlaceOf(above), basename(path));
  }
}

/** What git itself said, else why it could not be started. */
function told(cause: unknown): string {
  const { stderr = "", message = String(cause) } = cause as { stderr?: string; message?: string };
  const [line = ""] = (stderr.trim() || message).split("\n");
  return line.slice(0, 300);
}
