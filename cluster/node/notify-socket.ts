/**
 * Datagrams to systemd's notification socket, which Node has no sockets for: sent by the C library through koffi,
 * an optional dependency; where that is not installed, by the program systemd-notify, whose process is another
 * one: the unit then needs `NotifyAccess=all`.
 */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";

/** Sends one datagram; what cannot be sent is told to `failed`, if it ever can be. */
export type Send = (text: string, failed: (why: string) => void) => void;

/** @param address a path, or a name after `@`. @returns null where there is no way */
export function notifySocket(address: string): Send | null {
  if (!/^[/@]/.test(address)) return null;
  return sendByLibrary(address) ?? sendByProgram(address);
}

/** As far as it is used of koffi. */
interface Koffi {
  load(path: string | null): { func(definition: string): (...args: readonly unknown[]) => number };
  errno(): number;
}

const UNIX = 1;
const DATAGRAM = 2;
const CLOSE_ON_EXEC = 0o2000000;
/** Neither to wait nor to be killed by a signal. */
const FLAGS = 0x40 | 0x4000;

export function sendByLibrary(address: string): Send | null {
  if (process.platform !== "linux") return null;
  try {
    const koffi = createRequire(import.meta.url)("koffi") as Koffi;
    const c = koffi.load(null);
    const socket = c.func("int socket(int, int, int)");
    const sendTo = c.func("long sendto(int, const uint8_t *, size_t, int, const uint8_t *, uint32_t)");
    const close = c.func("int close(int)");
    const to = unixAddress(address);
    return (text, failed) => {
      const bytes = Buffer.from(text);
      const descriptor = socket(UNIX, DATAGRAM | CLOSE_ON_EXEC, 0);
      const sent = sendTo(descriptor, bytes, bytes.length, FLAGS, to, to.length);
      const problem = sent < 0 ? koffi.errno() : 0;
      close(descriptor);
      if (problem !== 0) failed(`error ${problem} of the socket`);
    };
  } catch {
    return null;
  }
}

/** A `sockaddr_un`: the family, then the path with its end, or a name after a zero byte. */
function unixAddress(address: string): Buffer {
  const family = Buffer.alloc(2);
  new Uint16Array(family.buffer, family.byteOffset, 1)[0] = UNIX;
  const name = address.startsWith("@") ? `\0${address.slice(1)}` : `${address}\0`;
  return Buffer.concat([family, Buffer.from(name)]);
}

export function sendByProgram(address: string): Send {
  return (text, failed) => {
    const environment = { ...process.env, NOTIFY_SOCKET: address };
    execFile("systemd-notify", text.split("\n"), { env: environment, timeout: 5_000 }, (error) => {
      if (error !== null) failed(`neither koffi nor systemd-notify works: ${error.message}`);
    });
  };
}
