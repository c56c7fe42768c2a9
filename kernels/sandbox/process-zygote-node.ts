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
  unshare: lib.func("int unshare(int)"),
  setns: lib.func("int setns(int, int)"),
  mount: lib.func("int mount(const char *, const char *, const char *, unsigned long, const char *)"),
  prctl: lib.func("int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)"),
  capset: lib.func("int capset(void *, void *)"),
  pipe: lib.func("int pipe(void *)"),
  dup2: lib.func("int dup2(int, int)"),
  closeRange: lib.func("int close_range(unsigned int, unsigned int, int)"),
  setrlimit: lib.func("int setrlimit(int, void *)"),
  getrusage: lib.func("int getrusage(int, void *)"),
  waitpid: lib.func("int waitpid(int, void *, int)"),
  poll: lib.func("int poll(void *, unsigned long, int)"),
  exit: lib.func("void _exit(int)"),
  defaultLoop: lib.func("void *uv_default_loop()"),
  forkLoop: lib.func("int uv_loop_fork(void *)"),
  loopDescriptor: lib.func("int uv_backend_fd(void *)"),
};
const Filter = koffi.struct("Filter", { length: "uint16", first: "uint8 *" });
const setFilter = lib.func("prctl", "int", ["int", "unsigned long", koffi.pointer(Filter), "unsigned long", "unsigned long"]);
const NEWNS = 0x00020000, NEWIPC = 0x08000000, NEWPID = 0x20000000, ANSWERS = 6;

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
  checked(c.unshare(NEWNS | NEWIPC), "unshare");
  checked(c.mount("tmpfs", "/tmp", "tmpfs", 6, "size=" + job.diskBytes + ",mode=1777"), "tmpfs");
  checked(c.mount("proc", "/proc", "proc", 14, null), "proc");
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

/** The program; what is left of the server's own main script returns to the event loop. */
function runSnippet(job) {
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
  globalThis.require = createRequire("/tmp/work/[eval]");
  globalThis.module = { exports: {}, filename: "[eval]" };
  globalThis.exports = globalThis.module.exports;
  globalThis.__filename = "[eval]";
  globalThis.__dirname = ".";
  // In a turn of its own: the server's own frames are no part of the program's stack.
  setImmediate(() => vm.runInThisContext(job.source, { filename: "[eval]", importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER }));
}

/** @returns true in the program. */
function firstProcess(job, streams, report) {
  let told;
  try {
    checked(c.prctl(1, 9, 0, 0, 0), "death signal");
    furnish(job);
    checked(c.prctl(4, 0, 0, 0, 0), "not dumpable");
    giveUpRights(Buffer.from(job.filter, "base64"));
    const started = process.hrtime.bigint();
    const program = checked(c.fork(), "fork");
    if (program === 0) {
      streams.forEach((fd, to) => c.dup2(fd, to));
      // Node's own descriptors (its event loop's among them) lie between these two.
      for (const fd of [...streams, report, ANSWERS, own]) fs.closeSync(fd);
      c.prctl(4, 1, 0, 0, 0);
      fs.writeFileSync("/proc/self/oom_score_adj", "1000");
      limit(job.limits);
      runSnippet(job);
      return true;
    }
    for (const fd of streams) fs.closeSync(fd);
    const status = Buffer.alloc(4), used = Buffer.alloc(144);
    while (checked(c.waitpid(-1, status, 0), "wait") !== program);
    const ended = process.hrtime.bigint();
    c.getrusage(-1, used);
    const ms = (at) => Number(used.readBigInt64LE(at)) * 1000 + Number(used.readBigInt64LE(at + 8)) / 1000;
    const disk = fs.statfsSync("/tmp");
    told = {
      status: status.readInt32LE(0),
      wallNs: Number(ended - started),
      cpuMs: ms(0) + ms(16),
      peakKb: Number(used.readBigInt64LE(32)),
      diskBytes: (disk.blocks - disk.bfree) * disk.bsize,
      diskFull: disk.bfree === 0,
    };
  } catch (error) {
    told = { unstarted: String(error) };
  }
  writeAll(report, Buffer.from(JSON.stringify(told)));
  c.exit(0);
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

/** Reads to the ends of all pipes: they come when no process of the sandbox is left. */
function pump(job, ends, stdin, kill) {
  const streams = new Map(ends.map((fd, at) => [fd, kept(at < 2 ? job.keepBytes : 1 << 20)]));
  const deadline = performance.now() + job.wallMs;
  let breach = null, given = Buffer.from(job.stdin, "base64");
  if (given.length === 0) fs.closeSync(stdin);
  const waiting = new Set(ends);
  while (waiting.size > 0) {
    const fds = given.length > 0 ? [...waiting, stdin] : [...waiting];
    const list = Buffer.alloc(8 * fds.length);
    fds.forEach((fd, at) => {
      list.writeInt32LE(fd, 8 * at);
      list.writeInt16LE(fd === stdin && given.length > 0 ? POLLOUT : POLLIN, 8 * at + 4);
    });
    const left = breach === null ? Math.max(0, Math.ceil(deadline - performance.now())) : -1;
    if (c.poll(list, fds.length, left) === 0 && breach === null) {
      breach = "wall";
      kill();
    }
    fds.forEach((fd, at) => {
      if (list.readInt16LE(8 * at + 6) === 0) return;
      if (fd === stdin && given.length > 0) {
        // A pipe that can be written to takes at least so much at once.
        try { given = given.subarray(fs.writeSync(fd, given, 0, Math.min(given.length, 4096))); } catch { given = Buffer.alloc(0); }
        if (given.length === 0) fs.closeSync(stdin);
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
  if (given.length > 0) fs.closeSync(stdin);
  return { streams: ends.map((fd) => streams.get(fd)), breach };
}

/** @returns true in the program. */
function run(job) {
  checked(c.setns(own, NEWPID), "setns");
  checked(c.unshare(NEWPID), "unshare");
  const [stdin, stdinEnd] = pipe(), [out, outEnd] = pipe(), [err, errEnd] = pipe(), [report, reportEnd] = pipe();
  const first = checked(c.fork(), "fork");
  if (first === 0) {
    for (const fd of [stdinEnd, out, err, report]) fs.closeSync(fd);
    return firstProcess(job, [stdin, outEnd, errEnd], reportEnd);
  }
  for (const fd of [stdin, outEnd, errEnd, reportEnd]) fs.closeSync(fd);
  const { streams, breach } = pump(job, [out, err, report], stdinEnd, () => process.kill(first, "SIGKILL"));
  c.waitpid(first, null, 0);
  const [outBytes, errBytes, told] = streams.map((stream) => stream.bytes());
  const head = { breach, told: told.length > 0 ? JSON.parse(told) : null };
  answer({ ...head, sizes: [outBytes.length, errBytes.length], seen: [streams[0].seen, streams[1].seen] }, outBytes, errBytes);
  return false;
}

const own = fs.openSync("/proc/self/ns/pid", "r");
// Loaded once, not in every run: what programs mostly use.
for (const name of ["assert", "buffer", "child_process", "crypto", "events", "fs/promises", "net", "os", "path", "stream", "timers", "tty", "url", "util", "worker_threads", "zlib"]) require("node:" + name);
const shared = fs.readdirSync("/proc/self/fd").map(Number).filter((fd) => fd > ANSWERS && fd !== own).map((fd) => [fd, markOf(fd)]);
answer({ ready: true });
while (!run(JSON.parse(readExactly(readExactly(4).readUInt32LE(0)))));
`;
