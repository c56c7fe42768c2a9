/**
 * The fork server in Node.js, which has no fork of its own: koffi calls the C library. Its steps are those of
 * process-zygote-python.ts, one for one. What it takes for a Node process to live on after a fork:
 *
 *   - V8 hides its memory from children (MADV_DONTFORK): the server's filter makes that call do nothing
 *   - threads do not survive: V8 runs without helpers (--single-threaded, no pool); libuv makes its own anew
 *   - the event loop's descriptor is shared: the program makes a new one before anything else
 *   - leaving joins threads that are gone: the program leaves by _exit when all its exit handlers have run
 *
 * Math.random goes on from the server's seed, and is the same in every run.
 */
export const NODE_ZYGOTE: string = `
"use strict";
const fs = require("node:fs"), path = require("node:path"), vm = require("node:vm"), util = require("node:util");
const { createRequire } = require("node:module");
const koffi = require(process.argv[1]);
const lib = koffi.load(null);
const c = {
  fork: lib.func("int fork()"),
  clone: lib.func("int clone(void *, void *, int, void *)"),
  pidfd: lib.func("syscall", "int", ["long", "int", "unsigned int"]),
  wait4: lib.func("int wait4(int, void *, int, void *)"),
  unshare: lib.func("int unshare(int)"),
  setns: lib.func("int setns(int, int)"),
  mount: lib.func("int mount(const char *, const char *, const char *, unsigned long, const char *)"),
  prctl: lib.func("int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)"),
  capset: lib.func("int capset(void *, void *)"),
  pipe: lib.func("int pipe(void *)"),
  setsid: lib.func("int setsid()"),
  dup2: lib.func("int dup2(int, int)"),
  closeRange: lib.func("int close_range(unsigned int, unsigned int, int)"),
  setrlimit: lib.func("int setrlimit(int, void *)"),
  waitpid: lib.func("int waitpid(int, void *, int)"),
  poll: lib.func("int poll(void *, unsigned long, int)"),
  exit: lib.func("void _exit(int)"),
  defaultLoop: lib.func("void *uv_default_loop()"),
  forkLoop: lib.func("int uv_loop_fork(void *)"),
  loopDescriptor: lib.func("int uv_backend_fd(void *)"),
};
const Filter = koffi.struct("Filter", { length: "uint16", first: "uint8 *" });
const setFilter = lib.func("prctl", "int", ["int", "unsigned long", koffi.pointer(Filter), "unsigned long", "unsigned long"]);
const NEWNS = 0x00020000, NEWIPC = 0x08000000, NEWPID = 0x20000000, VM = 0x100, SIGCHLD = 17, ANSWERS = 6;
// Of the first process, which never gets deeper than one call.
const STACK = koffi.alloc("uint8_t", 1 << 16);
const STACK_TOP = koffi.address(STACK) + BigInt(1 << 16) - 64n;

function checked(result, what) {
  if (result < 0) throw new Error(what + ": error " + koffi.errno());
  return result;
}

function readExactly(size) {
  const bytes = Buffer.alloc(size);
  for (let at = 0, got; at < size; at += got) {
    got = fs.readSync(0, bytes, at, size - at);
    if (got === 0) c.exit(0);
  }
  return bytes;
}

function writeAll(fd, bytes) {
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at);
}

function answer(head, ...bodies) {
  const text = Buffer.from(JSON.stringify(head)), length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  writeAll(ANSWERS, Buffer.concat([length, text, ...bodies]));
}

function pipe() {
  const fds = Buffer.alloc(8);
  checked(c.pipe(fds), "pipe");
  return [fds.readInt32LE(0), fds.readInt32LE(4)];
}

function giveUpRights(filter) {
  for (let right = 0; right < 64 && c.prctl(24, right, 0, 0, 0) === 0; right++);
  checked(c.prctl(47, 4, 0, 0, 0), "ambient rights");
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x20080522);
  checked(c.capset(head, Buffer.alloc(24)), "capset");
  checked(c.prctl(38, 1, 0, 0, 0), "no new rights");
  checked(setFilter(22, 2, { length: filter.length / 8, first: filter }, 0, 0), "filter");
}

function furnish(job) {
  checked(c.setns(mounts, NEWNS), "setns");
  checked(c.unshare(NEWNS), "unshare");
  checked(c.mount("tmpfs", "/tmp", "tmpfs", 6, "size=" + job.diskBytes + ",mode=1777"), "tmpfs");
  fs.mkdirSync("/tmp/shm");
  fs.chmodSync("/tmp/shm", 0o1777);
  fs.mkdirSync("/tmp/work");
  process.chdir("/tmp/work");
  for (const [name, text] of Object.entries(job.files)) {
    fs.mkdirSync(path.dirname(name), { recursive: true });
    fs.writeFileSync(name, Buffer.from(text, "base64"), { mode: 0o755 });
    fs.chmodSync(name, 0o755);
  }
}

function limit(limits) {
  const pair = Buffer.alloc(16);
  for (const [resource, soft, hard] of limits) {
    pair.writeBigUInt64LE(BigInt(soft), 0);
    pair.writeBigUInt64LE(BigInt(hard), 8);
    checked(c.setrlimit(resource, pair), "setrlimit");
  }
}

/** What an open descriptor is; equal marks are one thing that two processes share. */
function markOf(fd) {
  try {
    const link = fs.readlinkSync("/proc/self/fd/" + fd);
    return link === "anon_inode:[eventfd]" ? fs.readFileSync("/proc/self/fdinfo/" + fd, "latin1").replace(/eventfd-count.*/, "") : link;
  } catch {
    return null;
  }
}

/** Descriptors of threads that are gone: runs could leave word for each other in them. */
function dropShared() {
  const nothing = fs.openSync("/dev/null", "r+");
  const loop = c.loopDescriptor(c.defaultLoop());
  for (const [fd, mark] of shared) if (fd !== loop && markOf(fd) === mark) c.dup2(nothing, fd);
  fs.closeSync(nothing);
}

/** What a process of Node's needs to live on as a copy. */
function beginAnew(job) {
  checked(c.forkLoop(c.defaultLoop()), "event loop");
  dropShared();
  Object.defineProperty(process, "pid", { value: Number(fs.readlinkSync("/proc/self")), enumerable: true, configurable: true });
  for (const name of Object.keys(process.env)) if (!(name in job.env)) delete process.env[name];
  Object.assign(process.env, job.env);
  process.argv.length = 1;
  const leave = (code) => c.exit(Number(code ?? 0) & 255);
  const { emit } = process;
  process.reallyExit = leave;
  process.emit = function (name, ...rest) {
    if (name === "uncaughtException" && process.listenerCount(name) === 0) {
      process.stderr.write("Uncaught:\\n" + util.inspect(rest[0]) + "\\n");
      process.exitCode = 1;
      Reflect.apply(emit, process, ["exit", 1]);
      leave(process.exitCode);
    }
    const result = Reflect.apply(emit, process, [name, ...rest]);
    if (name === "exit") leave(process.exitCode ?? rest[0]);
    return result;
  };
}

/** What is left of the server's own main script returns to the event loop. */
function runSnippet(source) {
  globalThis.require = createRequire("/tmp/work/[eval]");
  globalThis.module = { exports: {}, filename: "[eval]" };
  globalThis.exports = globalThis.module.exports;
  globalThis.__filename = "[eval]";
  globalThis.__dirname = ".";
  // In a turn of its own: the server's own frames are no part of the program's stack.
  setImmediate(() => vm.runInThisContext(source, { filename: "[eval]", importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER }));
}

/** Of the new process namespace: it does nothing, and takes all others with it when it is killed. */
function firstProcess() {
  checked(c.setns(processes, NEWPID), "setns");
  checked(c.unshare(NEWPID), "unshare");
  return checked(c.clone(PAUSE, STACK_TOP, VM | SIGCHLD, null), "clone");
}

function program(job, streams, report) {
  try {
    // A group of its own: signals to the whole group are not to be the server's.
    checked(c.setsid(), "session");
    checked(c.unshare(NEWIPC), "unshare");
    checked(c.mount("proc", "/proc", "proc", 14, null), "proc");
    giveUpRights(Buffer.from(job.filter, "base64"));
    checked(c.prctl(4, 1, 0, 0, 0), "dumpable");
    // When memory is short the program is to be killed, and nobody else.
    fs.writeFileSync("/proc/self/oom_score_adj", "1000");
    streams.forEach((fd, to) => c.dup2(fd, to));
    limit(job.limits);
    beginAnew(job);
    writeAll(report, Buffer.from(String(process.hrtime.bigint())));
    // Node's own descriptors (its event loop's among them) lie between these.
    for (const fd of [...streams, report, ANSWERS, mounts, processes]) fs.closeSync(fd);
  } catch (error) {
    writeAll(report, Buffer.from("!" + error));
    c.exit(1);
  }
  runSnippet(job.source);
}

function kept(room) {
  const parts = [];
  return {
    seen: 0,
    add(bytes) {
      this.seen += bytes.length;
      const part = Buffer.from(bytes.subarray(0, Math.max(0, room)));
      room -= part.length;
      if (part.length > 0) parts.push(part);
    },
    bytes: () => Buffer.concat(parts),
  };
}

const POLLIN = 1, POLLOUT = 4, READ = Buffer.alloc(65536);

/** Reads to the ends of all pipes: they come when the program has ended and all that it left was killed. */
function pump(job, ends, stdin, child, kill) {
  const streams = new Map(ends.map((fd, at) => [fd, kept(at < 2 ? job.keepBytes : 1 << 20)]));
  const deadline = performance.now() + job.wallMs;
  let breach = null, ended = null, given = Buffer.from(job.stdin, "base64");
  const feeds = () => given.length > 0;
  if (!feeds()) fs.closeSync(stdin);
  const waiting = new Set([...ends, child]);
  while (waiting.size > 0) {
    const fds = feeds() ? [...waiting, stdin] : [...waiting];
    const list = Buffer.alloc(8 * fds.length);
    fds.forEach((fd, at) => {
      list.writeInt32LE(fd, 8 * at);
      list.writeInt16LE(fd === stdin && feeds() ? POLLOUT : POLLIN, 8 * at + 4);
    });
    const waits = breach === null && ended === null;
    const left = waits ? Math.max(0, Math.ceil(deadline - performance.now())) : -1;
    if (c.poll(list, fds.length, left) === 0) {
      breach = "wall";
      kill();
    }
    fds.forEach((fd, at) => {
      if (list.readInt16LE(8 * at + 6) === 0) return;
      if (fd === child) {
        ended = process.hrtime.bigint();
        fs.closeSync(fd);
        waiting.delete(fd);
        kill();
        return;
      }
      if (fd === stdin && feeds()) {
        // A pipe that can be written to takes at least so much at once.
        try { given = given.subarray(fs.writeSync(fd, given, 0, Math.min(given.length, 4096))); } catch { given = Buffer.alloc(0); }
        if (!feeds()) fs.closeSync(stdin);
        return;
      }
      const got = fs.readSync(fd, READ, 0, READ.length);
      if (got === 0) {
        fs.closeSync(fd);
        waiting.delete(fd);
        return;
      }
      streams.get(fd).add(READ.subarray(0, got));
      if (breach === null && streams.get(ends[0]).seen + streams.get(ends[1]).seen > job.outputBytes) {
        breach = "output";
        kill();
      }
    });
  }
  if (feeds()) fs.closeSync(stdin);
  return { streams: ends.map((fd) => streams.get(fd)), breach, ended };
}

/** @returns true in the program. */
function run(job) {
  furnish(job);
  const first = firstProcess();
  const [stdin, stdinEnd] = pipe(), [out, outEnd] = pipe(), [err, errEnd] = pipe(), [report, reportEnd] = pipe();
  const pid = checked(c.fork(), "fork");
  if (pid === 0) {
    for (const fd of [stdinEnd, out, err, report]) fs.closeSync(fd);
    program(job, [stdin, outEnd, errEnd], reportEnd);
    return true;
  }
  const child = checked(c.pidfd(434, pid, 0), "pidfd");
  for (const fd of [stdin, outEnd, errEnd, reportEnd]) fs.closeSync(fd);
  const kill = () => process.kill(first, "SIGKILL");
  const { streams, breach, ended } = pump(job, [out, err, report], stdinEnd, child, kill);
  const status = Buffer.alloc(4), used = Buffer.alloc(144);
  c.wait4(pid, status, 0, used);
  c.wait4(first, null, 0, null);
  const disk = fs.statfsSync("/tmp");
  const [outBytes, errBytes, reported] = streams.map((stream) => stream.bytes());
  const head = { breach, told: tell(reported.toString(), ended, status, used, disk) };
  answer({ ...head, sizes: [outBytes.length, errBytes.length], seen: [streams[0].seen, streams[1].seen] }, outBytes, errBytes);
  return false;
}

function tell(reported, ended, status, used, disk) {
  if (reported.startsWith("!")) return { unstarted: reported.slice(1) };
  if (reported === "") return null;
  const ms = (at) => Number(used.readBigInt64LE(at)) * 1000 + Number(used.readBigInt64LE(at + 8)) / 1000;
  return {
    status: status.readInt32LE(0),
    wallNs: Math.max(0, Number(ended - BigInt(reported))),
    cpuMs: ms(0) + ms(16),
    peakKb: Number(used.readBigInt64LE(32)),
    diskBytes: (disk.blocks - disk.bfree) * disk.bsize,
    diskFull: disk.bfree === 0,
  };
}

const PAUSE = lib.symbol("pause", "void");
const mounts = fs.openSync("/proc/self/ns/mnt", "r"), processes = fs.openSync("/proc/self/ns/pid", "r");
// Loaded once, not in every run: what programs mostly use.
for (const name of ["assert", "buffer", "child_process", "crypto", "events", "fs/promises", "net", "os", "path", "stream", "timers", "tty", "url", "util", "worker_threads", "zlib"]) require("node:" + name);
const shared = fs.readdirSync("/proc/self/fd").map(Number).filter((fd) => fd > ANSWERS && fd !== mounts && fd !== processes).map((fd) => [fd, markOf(fd)]);
// Folders of this thread's own: mounts cannot be left while another thread shares them.
checked(c.unshare(0x200), "unshare");
// Its memory is closed to programs, also by way of the first process, which shares it.
checked(c.prctl(4, 0, 0, 0, 0), "not dumpable");
answer({ ready: true });
while (!run(JSON.parse(readExactly(readExactly(4).readUInt32LE(0)))));
`;
