/**
 * The command line of bubblewrap for one sandbox: namespaces for users, processes, IPC, host name, cgroups and
 * network; a root that holds the system's programs and nothing else of the host; one tmpfs of the given size, the
 * only place that can be written to; an environment made from nothing; no way to more rights.
 */
import { lstatSync, readlinkSync } from "node:fs";

/** What the caller's spawn passes beside the three streams. */
export const STATUS_FD = 3;
export const START_FD = 4;
export const FILTER_FD = 5;
export const FIRST_FILE_FD = 6;

/** Everything that is written lies below; the working folder begins empty but for the program's files. */
export const SCRATCH = "/tmp";
export const WORK: string = `${SCRATCH}/work`;

export const BASE_ENV: Readonly<Record<string, string>> = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  HOME: WORK,
  TMPDIR: SCRATCH,
  LANG: "C.UTF-8",
  TZ: "UTC",
};
/** No user of the host's; root's own programs lose root's rights by it. */
export const NOBODY = 65_534;

const MB = 1024 * 1024;

export interface BoxCommand {
  readonly bubblewrap: string;
  readonly diskMb: number;
  readonly env: Readonly<Record<string, string>>;
  /** More of the host that can be read, at the same path. */
  readonly readable: readonly string[];
  /** Written to the working folder, in order from FIRST_FILE_FD on. */
  readonly files: readonly string[];
  /** Rights within its own namespaces: a fork server makes more of them. */
  readonly rights: readonly string[];
  readonly command: readonly string[];
}

export function boxCommand(options: BoxCommand): readonly string[] {
  const env = Object.entries({ ...BASE_ENV, ...options.env });
  return [
    options.bubblewrap,
    ...[
      "--unshare-all",
      "--unshare-user",
      "--uid",
      `${NOBODY}`,
      "--gid",
      `${NOBODY}`,
      "--hostname",
      "sandbox",
    ],
    ...["--cap-drop", "ALL", ...options.rights.flatMap((right) => ["--cap-add", right])],
    ...[
      "--die-with-parent",
      // bubblewrap then reaps it; a first process of its own it would leave to the host's, which may reap nothing.
      "--as-pid-1",
      "--new-session",
      "--json-status-fd",
      `${STATUS_FD}`,
      "--seccomp",
      `${FILTER_FD}`,
    ],
    // Nothing of the command runs before a byte comes.
    ...["--block-fd", `${START_FD}`],
    ...["--clearenv", ...env.flatMap(([name, value]) => ["--setenv", name, value])],
    ...systemFiles(),
    ...["--proc", "/proc", ...devices()],
    ...["--size", `${Math.floor(options.diskMb * MB)}`, "--perms", "1777", "--tmpfs", SCRATCH],
    ...["--perms", "1777", "--dir", `${SCRATCH}/shm`, "--dir", WORK],
    // After the tmpfs: what can be read may lie in the host's own /tmp.
    ...options.readable.flatMap((path) => ["--ro-bind", path, path]),
    ...options.files.flatMap((path, at) => [
      "--perms",
      "0755",
      "--file",
      `${FIRST_FILE_FD + at}`,
      `${WORK}/${path}`,
    ]),
    ...["--remount-ro", "/", "--chdir", WORK, "--"],
    ...options.command,
  ];
}

/** Programs, libraries, and what the loader needs to find them; no other setting of the host. */
function systemFiles(): readonly string[] {
  const roots = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
  const loader = ["/etc/ld.so.cache", "/etc/alternatives"];
  return [
    ...["--ro-bind", "/usr", "/usr"],
    ...roots.flatMap((path) => {
      const link = linkAt(path);
      if (link === null) return [];
      return link === "" ? ["--ro-bind", path, path] : ["--symlink", link, path];
    }),
    ...loader.flatMap((path) => (linkAt(path) === null ? [] : ["--ro-bind", path, path])),
  ];
}

/** @returns where a link leads, the empty text for what is no link, null for nothing. */
function linkAt(path: string): string | null {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : "";
  } catch {
    return null;
  }
}

/** Shared memory lies in the one tmpfs, so that its size bounds it, too. */
function devices(): readonly string[] {
  const names = ["null", "zero", "full", "random", "urandom"];
  const links = ["fd", "stdin", "stdout", "stderr"];
  return [
    ...names.flatMap((name) => ["--dev-bind", `/dev/${name}`, `/dev/${name}`]),
    ...links.flatMap((name, at) => [
      "--symlink",
      at === 0 ? "/proc/self/fd" : `/proc/self/fd/${at - 1}`,
      `/dev/${name}`,
    ]),
    ...["--symlink", `${SCRATCH}/shm`, "/dev/shm"],
  ];
}
