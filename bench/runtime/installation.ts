/**
 * Gets the peers ready: JavaScript ones by `npm ci` in `bench/peers`, the native ones, only when asked, by
 * apt-get, and compiles these. What cannot be had is missing, with the reason; that is no failure.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Missing } from "./rows.ts";

const run = promisify(execFile);
const NOT_ASKED = "not asked for, --peers all";

export interface Installed {
  readonly missing: Missing;
  /** e.g. `nact 7.6.2, xstate 5.33.3`. */
  readonly versions: string;
}

export interface Installation {
  /** `bench/peers`. */
  readonly peers: string;
  /** An empty directory for what is compiled. */
  readonly native: string;
  readonly withNative: boolean;
  readonly progress: (text: string) => void;
}

export async function install(installation: Installation): Promise<Installed> {
  const npm = await attempt(() => installJs(installation));
  if (!installation.withNative) {
    const missing = { ...reason("npm", npm.why), erlang: NOT_ASKED, caf: NOT_ASKED };
    return { missing, versions: npm.version ?? "" };
  }
  const erlang = await attempt(() => installErlang(installation));
  const caf = await attempt(() => installCaf(installation));
  return {
    missing: { ...reason("npm", npm.why), ...reason("erlang", erlang.why), ...reason("caf", caf.why) },
    versions: [npm, erlang, caf].flatMap(({ version }) => version ?? []).join(", "),
  };
}

const reason = (needs: keyof Missing, why: string | null): Missing => (why === null ? {} : { [needs]: why });

interface Attempt {
  readonly version: string | null;
  readonly why: string | null;
}

async function attempt(work: () => Promise<string>): Promise<Attempt> {
  try {
    return { version: await work(), why: null };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { version: null, why: text.trim().split("\n")[0]! };
  }
}

async function installJs({ peers, progress }: Installation): Promise<string> {
  if (!isUpToDate(peers)) {
    progress("installing the peers in JavaScript");
    await run("npm", ["ci", "--no-audit", "--no-fund", "--prefix", peers], {
      shell: process.platform === "win32",
    });
  }
  const manifest = JSON.parse(readFileSync(join(peers, "package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  return Object.entries(manifest.dependencies)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}

/** npm notes what it has installed, last of all; a list that is younger names other packages. */
function isUpToDate(peers: string): boolean {
  const installed = statSync(join(peers, "node_modules", ".package-lock.json"), { throwIfNoEntry: false });
  return installed !== undefined && installed.mtimeMs >= statSync(join(peers, "package-lock.json")).mtimeMs;
}

async function installErlang({ peers, native, progress }: Installation): Promise<string> {
  if (!(await has("erlc", "-help"))) await aptGet("erlang-base", progress);
  await run("erlc", ["-o", native, join(peers, "native", "erlang_peer.erl")]);
  const release = 'io:format("~s", [erlang:system_info(otp_release)]), halt().';
  const { stdout } = await run("erl", ["-noshell", "-noinput", "-eval", release]);
  return `Erlang/OTP ${stdout}`;
}

async function installCaf({ peers, native, progress }: Installation): Promise<string> {
  if (!existsSync("/usr/include/caf/all.hpp")) await aptGet("libcaf-dev", progress);
  if (!(await has("g++", "--version"))) await aptGet("g++", progress);
  progress("compiling the peer in C++");
  const source = join(peers, "native", "caf_peer.cpp");
  const flags = ["-std=c++17", "-O2", "-o", join(native, "caf_peer")];
  await run("g++", [...flags, source, "-lcaf_core", "-pthread"]);
  const { stdout } = await run("dpkg-query", ["-W", "-f", "${Version}", "libcaf-dev"]);
  return `CAF ${stdout}`;
}

async function has(program: string, argument: string): Promise<boolean> {
  return await run(program, [argument]).then(
    () => true,
    (error: unknown) => (error as { readonly code?: unknown }).code !== "ENOENT",
  );
}

async function aptGet(name: string, progress: (text: string) => void): Promise<void> {
  progress(`installing ${name}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-qq"], { env });
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", name], { env });
}
