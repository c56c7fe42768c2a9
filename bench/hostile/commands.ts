/**
 * Commands that try to use more than they were given, or to reach what they must not. Each prints `held` when
 * nothing worked and `escaped` with what did; one that must be stopped names the limit that has to do it.
 */
import type {
  ProcessLimitName,
  ProcessLimits,
  ProcessProgram,
  ProcessSample,
} from "../../kernels/sandbox/index.ts";

export interface HostileCommand {
  readonly name: string;
  readonly program: ProcessProgram;
  readonly limits: ProcessLimits;
  /** The limits that may stop it; empty when it is to end by itself, having reached nothing. */
  readonly stoppedBy: readonly ProcessLimitName[];
}

/** What the host has that must stay out of reach. */
export interface Bait {
  /** A file that every user of the host can read. */
  readonly secretFile: string;
  /** What it holds; the host's environment holds it, too. */
  readonly secret: string;
  /** Listens on 127.0.0.1. */
  readonly port: number;
  /** Listens on this abstract socket. */
  readonly abstractSocket: string;
  /** A process of the host's that no signal may reach. */
  readonly pid: number;
  /** A word in the command line of whatever is left running. */
  readonly marker: string;
}

const LIMITS: ProcessLimits = {
  memoryMb: 128,
  cpuSeconds: 10,
  diskMb: 4,
  wallSeconds: 60,
  pids: 32,
  outputMb: 4,
};

/** Python: `tried` runs an attempt and reports it unless it raises or answers nothing. */
const PRELUDE = `
import ctypes, os, signal, socket, sys, time
libc = ctypes.CDLL(None, use_errno=True)
escaped = []
def tried(name, attempt):
    try:
        if attempt(): escaped.append(name)
    except (Exception, SystemExit): pass
def denied(number, *arguments):
    return libc.syscall(number, *arguments) >= 0
def answer():
    sys.stdout.write("escaped " + " ".join(escaped) if escaped else "held"); sys.stdout.flush()
`;

/** The same as snippets: a fork server runs them. */
export function hostileSnippets(bait: Bait): readonly HostileCommand[] {
  return hostileCommands(bait).map((hostile) => {
    const source = (hostile.program.command as readonly string[]).at(-1)!;
    return { ...hostile, program: { command: { language: "python", source } } };
  });
}

export function hostileCommands(bait: Bait): readonly HostileCommand[] {
  // Not in plain text: a command line that holds the secret itself would be found in /proc by it.
  const secret = `bytes.fromhex("${Buffer.from(bait.secret).toString("hex")}").decode()`;
  const command = (
    name: string,
    body: string,
    stoppedBy: readonly ProcessLimitName[] = [],
    limits: Partial<ProcessLimits> = {},
  ): HostileCommand => ({
    name,
    program: { command: ["python3", "-I", "-S", "-c", `${PRELUDE}${body}\nanswer()`] },
    limits: { ...LIMITS, ...limits },
    stoppedBy,
  });
  return [
    command("memory bomb", "held = []\nwhile True: held.append(bytearray(1 << 22))", ["memory"]),
    command(
      "memory bomb in shared memory",
      "import mmap\nheld = []\nwhile True:\n  part = mmap.mmap(-1, 1 << 22); part.write(b'x' * (1 << 22)); held.append(part)",
      ["memory"],
    ),
    command("CPU loop", "while True: pass", ["cpu"], { cpuSeconds: 0.2 }),
    command(
      "CPU loop in four processes",
      "signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nos.fork(); os.fork()\nwhile True: pass",
      ["cpu"],
      { cpuSeconds: 0.2 },
    ),
    command("sleeper", "time.sleep(3600)", ["wall"], { wallSeconds: 0.3 }),
    command("fork bomb", "while True:\n  try: os.fork()\n  except OSError: break", ["pids"], {
      memoryMb: 1024,
    }),
    command("disk filler", "with open('big', 'wb') as file:\n  while True: file.write(b'x' * 65536)", [
      "disk",
    ]),
    command(
      "disk filler in shared memory",
      "with open('/dev/shm/big', 'wb') as file:\n  while True: file.write(b'x' * 65536)",
      ["disk"],
    ),
    command("huge output", "while True: os.write(1 + os.getpid() % 2, b'x' * 65536)", ["output"]),
    command("sockets", socketAttempts(bait)),
    command("secrets in files", fileAttempts(bait, secret)),
    command(
      "signals to other processes",
      `# The parent of what was forked is not to be seen: it has no number.
for pid in {${bait.pid}, os.getppid() or 1, 1}: tried("killed %d" % pid, lambda: (os.kill(pid, signal.SIGKILL), time.sleep(0.01), pid not in (1, os.getppid()))[2])
tried("killed all", lambda: os.kill(-1, signal.SIGTERM) and False)`,
    ),
    command(
      "more rights",
      `for name in ("setuid", "setgid", "seteuid", "setegid"): tried(name, lambda: getattr(os, name)(0) is None)
tried("groups", lambda: os.setgroups([0]) is None)
for program in ("su", "mount", "newgrp"): tried(program, lambda: os.spawnvp(os.P_WAIT, program, [program, "-c", "id"]) == 0)
tried("capability", lambda: int(open("/proc/self/status").read().split("CapBnd:")[1].split()[0], 16) != 0)
tried("uid 0", lambda: 0 in os.getresuid() + os.getresgid())
tried("rights by exec", lambda: "NoNewPrivs:\\t1" not in open("/proc/self/status").read())`,
    ),
    command(
      "ptrace and foreign memory",
      `tried("ptrace", lambda: libc.ptrace(16, os.getppid(), 0, 0) == 0)
tried("traceme", lambda: libc.ptrace(0, 0, 0, 0) == 0)
tried("foreign memory", lambda: open("/proc/${bait.pid}/mem", "rb+", 0))
tried("vm_readv", lambda: libc.process_vm_readv(1, None, 0, None, 0, 0) >= 0)`,
    ),
    command(
      "writes to /proc",
      `def write(path, text):
  with open(path, "w") as file: file.write(text)
  return True
for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/vm/drop_caches", "/proc/self/uid_map", "/proc/sys/user/max_user_namespaces"):
  tried(path, lambda: write(path, "1"))
tried("oom_score_adj", lambda: write("/proc/self/oom_score_adj", "-1000"))`,
    ),
    command(
      "namespaces and mounts",
      `tried("unshare user", lambda: libc.unshare(0x10000000) == 0)
tried("unshare mount", lambda: libc.unshare(0x00020000) == 0)
tried("clone user", lambda: denied(56, 0x10000011, 0, 0, 0, 0))
tried("clone3", lambda: denied(435, None, 0))
tried("mount", lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0)
tried("umount", lambda: libc.umount2(b"/tmp", 2) == 0)
tried("chroot", lambda: os.chroot(".") is None)
for number in (321, 298, 425, 323, 246, 250, 304, 155, 308): tried("call %d" % number, lambda: denied(number, 0, 0, 0, 0, 0))
tried("type into the terminal", lambda: libc.ioctl(0, 0x5412, b"x") == 0)`,
    ),
    command(
      "daemons",
      `for index in range(4):
  if os.fork() == 0:
    os.setsid()
    for number in range(1, 32):
      try: signal.signal(number, signal.SIG_IGN)
      except (OSError, ValueError): pass
    if os.fork() != 0: os._exit(0)
    os.closerange(0, 1024)
    os.execvp("sleep", ["sleep", "${bait.marker}"])
  os.wait()`,
    ),
    command("closed descriptors", "answer(); os.closerange(0, 65536); time.sleep(0.01); os._exit(0)"),
    command("links out of the working folder", linkAttempts(bait, secret)),
    command(
      "a working folder that is gone",
      `import shutil
os.chdir("/tmp")
tried("gone", lambda: (os.rename("work", "old"), os.symlink("/usr", "work"), open("work/left", "w"))[2])
tried("root", lambda: open("/left", "w"))
tried("programs", lambda: open("/usr/bin/left", "w"))
tried("device", lambda: os.mknod("/tmp/disk", 0o60666, os.makedev(254, 0)) is None)`,
    ),
  ];
}

function socketAttempts({ port, abstractSocket }: Bait): string {
  return `def connect(family, address, kind=socket.SOCK_STREAM):
  with socket.socket(family, kind) as one:
    one.settimeout(0.5); one.connect(address); return True
tried("loopback", lambda: connect(socket.AF_INET, ("127.0.0.1", ${port})))
tried("loopback 6", lambda: connect(socket.AF_INET6, ("::1", ${port})))
tried("outside", lambda: connect(socket.AF_INET, ("192.0.2.1", 80)))
tried("name server", lambda: socket.getaddrinfo("example.com", 80))
tried("abstract", lambda: connect(socket.AF_UNIX, "\\0${abstractSocket}"))
tried("datagram", lambda: connect(socket.AF_INET, ("192.0.2.1", 53), socket.SOCK_DGRAM))
tried("machine", lambda: connect(40, (2, 1)))
tried("packet", lambda: socket.socket(17, socket.SOCK_RAW, 3))
tried("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
tried("crypto", lambda: socket.socket(38, socket.SOCK_SEQPACKET))`;
}

/** Everything that can be read by name, and everything by way of /proc. */
function fileAttempts({ secretFile }: Bait, secret: string): string {
  return `def finds(path):
  with open(path, "rb") as file: return (${secret}).encode() in file.read(1 << 20)
tried("the file", lambda: open(${JSON.stringify(secretFile)}))
for path in ("/etc/shadow", "/etc/passwd", "/etc/hostname", "/etc/ssh", "/root", "/home", "/var", "/run", "/sys/fs", "/boot"):
  tried(path, lambda: os.stat(path))
for pid in [name for name in os.listdir("/proc") if name.isdigit()]:
  for part in ("environ", "cmdline", "root${secretFile}", "cwd/secret"):
    tried(pid + part, lambda: finds("/proc/%s/%s" % (pid, part)))
tried("environment", lambda: (${secret}) in "".join(os.environ.values()))
for fd in range(3, 1024): tried("descriptor %d" % fd, lambda: os.fstat(fd) and not os.readlink("/proc/self/fd/%d" % fd).startswith("/dev/null"))
tried("kernel memory", lambda: open("/proc/kcore", "rb").read(1))
tried("kernel log", lambda: open("/dev/kmsg"))
tried("disk", lambda: [one for one in os.listdir("/dev") if one.startswith(("vd", "sd", "nvme", "mem"))])`;
}

function linkAttempts({ secretFile }: Bait, secret: string): string {
  return `def reads(path):
  with open(path, "rb") as file: return (${secret}).encode() in file.read(1 << 20)
os.symlink(${JSON.stringify(secretFile)}, "link")
os.symlink("/proc/1/root", "root"); os.symlink("/proc/1/cwd", "cwd"); os.symlink("../" * 20, "up")
for path in ("link", "root${secretFile}", "cwd${secretFile}", "up${secretFile}", "/proc/self/root${secretFile}", "/proc/self/cwd/${"../".repeat(12)}${secretFile}"):
  tried(path, lambda: reads(path))
tried("hard link", lambda: os.link("/usr/bin/python3", "hard") is None)
tried("through the link", lambda: open("up/left", "w"))
tried("shared memory", lambda: os.rename("/dev/shm", "/dev/other") is None)`;
}

/** @returns what went wrong; null when the command was held as it should be. */
export function complaintAbout({ stoppedBy }: HostileCommand, sample: ProcessSample): string | null {
  const { outcome } = sample;
  const text = Buffer.from(sample.stdout.bytes).toString("latin1");
  const told = `${JSON.stringify(outcome)} ${text.slice(0, 200)} ${Buffer.from(sample.stderr.bytes).toString("latin1").slice(0, 300)}`;
  if (stoppedBy.length > 0) {
    return outcome.kind === "limit_exceeded" && stoppedBy.includes(outcome.limit) ? null : told;
  }
  return outcome.kind === "exited" && outcome.code === 0 && text === "held" ? null : told;
}
