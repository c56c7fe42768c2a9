/** A git repository of somebody else: a fresh folder with commits, gone after the test. */
import { execFileSync } from "node:child_process";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export type Files = Readonly<Record<string, string>>;

export interface Repository {
  /** Without links in it. */
  readonly folder: string;
  readonly write: (files: Files) => void;
  /** @returns the commit's id */
  readonly commit: (files: Files) => string;
  readonly git: (...args: readonly string[]) => string;
}

export async function inRepository<Answer>(
  use: (repository: Repository) => Promise<Answer>,
): Promise<Answer> {
  const folder = realpathSync(await mkdtemp(join(tmpdir(), "myriad-ci-")));
  const git = (...args: readonly string[]): string =>
    execFileSync("git", [...args], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  const write = (files: Files): void => {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
  };
  const commit = (files: Files): string => {
    write(files);
    git("add", "--all");
    git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "change");
    return git("rev-parse", "HEAD");
  };
  try {
    git("init", "--quiet", "--initial-branch", "main");
    return await use({ folder, write, commit, git });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
