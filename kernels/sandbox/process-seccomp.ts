/**
 * The seccomp filter of a sandbox, as the program of classic BPF that bubblewrap hands to the kernel. Everything
 * but what is named is allowed: commands are programs that nobody here has seen. A denied call fails with EPERM
 * and the program goes on; a call by another machine's numbering (32 bit, x32) ends it.
 */
import type { Machine } from "./process-syscalls.ts";
import { DENIED_CALLS, JUDGED_CALLS } from "./process-syscalls.ts";

export interface FilterOptions {
  readonly machine: Machine;
  /** For a fork server, which makes namespaces and gives its children the whole filter. Default: false. */
  readonly forkServer?: boolean;
}

/** Length of one instruction of classic BPF. */
const BYTES = 8;
const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_AT_LEAST = 0x35;
const IF_ANY_BIT = 0x45;
const RETURN = 0x06;

const ALLOW = 0x7fff_0000;
const KILL_PROCESS = 0x8000_0000;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** Where `struct seccomp_data` keeps things; of arguments the lower half, on little-endian machines. */
const NUMBER_AT = 0;
const MACHINE_AT = 4;
const argumentAt = (index: number): number => 16 + 8 * index;

const AUDIT_MACHINE: Readonly<Record<Machine, number>> = { x64: 0xc000_003e, arm64: 0xc000_00b7 };
const X32_BIT = 0x4000_0000;
/** CLONE_NEW* for mounts, cgroups, UTS, IPC, users, processes and network. */
const NAMESPACE_FLAGS = 0x7e02_0000;
/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: in an empty network namespace. Others (AF_VSOCK!) know no namespaces. */
const SOCKET_FAMILIES: readonly number[] = [1, 2, 10, 16];
/** TIOCSTI and TIOCLINUX type into a terminal. */
const TYPING: readonly number[] = [0x5412, 0x541c];
const MADV_DONTFORK = 10;

type Code = readonly (readonly [operation: number, value: number, then: number, otherwise: number])[];

/** @returns null on machines whose system calls we do not know. */
export function machineHere(): Machine | null {
  return process.arch === "x64" || process.arch === "arm64" ? process.arch : null;
}

/** What a fork server does itself. */
const SERVER_CALLS: readonly string[] = ["mount", "umount2", "unshare", "setns"];

export function seccompFilter({ machine, forkServer = false }: FilterOptions): Uint8Array {
  const denied = Object.entries(DENIED_CALLS).filter(
    ([name]) => !(forkServer && SERVER_CALLS.includes(name)),
  );
  const code: Code = [
    [LOAD, MACHINE_AT, 0, 0],
    [IF_EQUAL, AUDIT_MACHINE[machine], 1, 0],
    [RETURN, KILL_PROCESS, 0, 0],
    [LOAD, NUMBER_AT, 0, 0],
    ...(machine === "x64"
      ? ([
          [IF_AT_LEAST, X32_BIT, 0, 1],
          [RETURN, KILL_PROCESS, 0, 0],
        ] as const)
      : []),
    ...denied.flatMap(([, { [machine]: number }]) => (number === null ? [] : when(number, fail(EPERM)))),
    ...when(JUDGED_CALLS.clone3[machine]!, fail(ENOSYS)),
    ...(forkServer
      ? []
      : when(JUDGED_CALLS.clone[machine]!, judge(0, [[IF_ANY_BIT, NAMESPACE_FLAGS]], EPERM))),
    ...when(
      JUDGED_CALLS.ioctl[machine]!,
      judge(
        1,
        TYPING.map((value) => [IF_EQUAL, value]),
        EPERM,
      ),
    ),
    ...when(JUDGED_CALLS.socket[machine]!, onlyFamilies()),
    // A runtime that hides its memory from its children could not be forked: here it asks in vain.
    ...(forkServer ? when(JUDGED_CALLS.madvise[machine]!, judge(2, [[IF_EQUAL, MADV_DONTFORK]], 0)) : []),
    ...allow(),
  ];
  return assemble(code);
}

/** Runs `body`, which returns, for one call; what follows finds the call's number loaded. */
function when(number: number, body: Code): Code {
  return [[IF_EQUAL, number, 0, body.length], ...body];
}

function fail(error: number): Code {
  return [[RETURN, 0x0005_0000 | error, 0, 0]];
}

function allow(): Code {
  return [[RETURN, ALLOW, 0, 0]];
}

/** Fails with `error` when one of the tests holds for an argument. */
function judge(
  argument: number,
  tests: readonly (readonly [operation: number, value: number])[],
  error: number,
): Code {
  const code: Code = tests.map(([operation, value], at) => [operation, value, tests.length - at, 0]);
  return [[LOAD, argumentAt(argument), 0, 0], ...code, ...allow(), ...fail(error)];
}

function onlyFamilies(): Code {
  const code: Code = SOCKET_FAMILIES.map((family, at) => [IF_EQUAL, family, SOCKET_FAMILIES.length - at, 0]);
  return [[LOAD, argumentAt(0), 0, 0], ...code, ...fail(EAFNOSUPPORT), ...allow()];
}

function assemble(code: Code): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(code.length * BYTES));
  code.forEach(([operation, value, then, otherwise], at) => {
    bytes.setUint16(at * BYTES, operation, true);
    bytes.setUint8(at * BYTES + 2, then);
    bytes.setUint8(at * BYTES + 3, otherwise);
    bytes.setUint32(at * BYTES + 4, value, true);
  });
  return new Uint8Array(bytes.buffer);
}
