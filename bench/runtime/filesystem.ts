/** What lies under a folder: what a sync costs depends on it, and on memory it costs nothing. */
import { statfs } from "node:fs/promises";

/** After linux/magic.h; elsewhere numbers mean other things. */
const NAMES: Readonly<Record<number, string>> = {
  0xef53: "ext4",
  0x58465342: "xfs",
  0x9123683e: "btrfs",
  0x2fc12fc1: "zfs",
  0xf2f52010: "f2fs",
  0x794c7630: "overlay",
  0x01021994: "tmpfs, which is no disk",
};

/** @returns its type, as a number where it has no name here */
export async function filesystemOf(folder: string): Promise<string> {
  const { type } = await statfs(folder);
  const name = process.platform === "linux" ? NAMES[type] : undefined;
  return name ?? `filesystem ${type.toString(16)}`;
}
