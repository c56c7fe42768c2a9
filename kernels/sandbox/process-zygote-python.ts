/**
 * The fork server in Python: started once in a sandbox, it makes one more sandbox inside for every run. What it
 * is asked and what it answers is in process-server.ts.
 *
 *   server                                            program
 *   leaves the last run's mounts and process
 *   namespace for new ones, an empty /tmp, its files
 *   first process: pauses, shares the server's memory
 *   fork                                          ->  IPC and /proc of its own, no rights, the filter, limits
 *   reads both streams                                the snippet or command
 *   kills the first process, and with it all that
 *   is left; says what was used                   <-  ends
 *
 * The program begins as a copy of the server: with the modules that the server has imported, and with the same
 * addresses and hash seed in every run. Nothing of the server can be reached from it: the memory that the first
 * process shares is closed to whoever has fewer rights.
 */
export const PYTHON_ZYGOTE: string = `
import atexit, base64, ctypes, gc, json, os, resource, select, signal, struct, sys, threading, time, traceback, types

libc = ctypes.CDLL(None, use_errno=True)
NEWNS, NEWIPC, NEWPID = 0x00020000, 0x08000000, 0x20000000
ANSWERS = 6
VM = 0x00000100
# Of the first process, which never gets deeper than one call.
STACK = ctypes.create_string_buffer(1 << 16)
STACK_TOP = ctypes.c_void_p((ctypes.addressof(STACK) + len(STACK)) & ~15)

def checked(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

def read_exactly(size):
    parts = []
    while size > 0:
        part = os.read(0, size)
        if not part: os._exit(0)
        parts.append(part)
        size -= len(part)
    return b"".join(parts)

def write_all(fd, data):
    view = memoryview(data)
    while view: view = view[os.write(fd, view):]

def answer(head, *bodies):
    text = json.dumps(head).encode()
    write_all(ANSWERS, struct.pack("<I", len(text)) + text + b"".join(bodies))

class Instructions(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("first", ctypes.c_char_p)]

def give_up_rights(filter_bytes):
    for right in range(64):
        if libc.prctl(24, right, 0, 0, 0) < 0 and ctypes.get_errno() == 22: break
    checked(libc.prctl(47, 4, 0, 0, 0))
    head = (ctypes.c_uint32 * 2)(0x20080522, 0)
    checked(libc.capset(head, (ctypes.c_uint32 * 6)()))
    checked(libc.prctl(38, 1, 0, 0, 0))
    checked(libc.prctl(22, 2, ctypes.byref(Instructions(len(filter_bytes) // 8, filter_bytes)), 0, 0))

def furnish(job, mounts):
    checked(libc.setns(mounts, NEWNS))
    checked(libc.unshare(NEWNS))
    size = "size=%d,mode=1777" % job["diskBytes"]
    checked(libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 6, size.encode()))
    os.mkdir("/tmp/shm"); os.chmod("/tmp/shm", 0o1777)
    os.mkdir("/tmp/work")
    os.chdir("/tmp/work")
    for path, text in job["files"].items():
        folder = os.path.dirname(path)
        if folder: os.makedirs(folder, exist_ok=True)
        with open(path, "wb") as file: file.write(base64.b64decode(text))
        os.chmod(path, 0o755)

def limit(job):
    for name, soft, hard in job["limits"]: resource.setrlimit(name, (soft, hard))

def run_command(command, env):
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT): signal.signal(number, signal.SIG_DFL)
    try: os.execvpe(command[0], command, env)
    except OSError as failure:
        # As a shell does: 127 for what is not there, 126 for what cannot be executed.
        code = 127 if isinstance(failure, FileNotFoundError) else 126
        sys.stderr.write("%s: %s\\n" % (command[0], failure.strerror))
    sys.stderr.flush()
    os._exit(code)

def run_snippet(source, env):
    for name in list(os.environ):
        if name not in env: del os.environ[name]
    os.environ.update(env)
    sys.argv = ["-c"]
    main = types.ModuleType("__main__")
    main.__builtins__ = __builtins__
    sys.modules["__main__"] = main
    code = 0
    try: exec(compile(source, "<string>", "exec"), main.__dict__)
    except SystemExit as end:
        code = end.code
        if code is None: code = 0
        elif not isinstance(code, int): print(code, file=sys.stderr); code = 1
    except BaseException as error:
        code = 1
        error.__traceback__ = error.__traceback__.tb_next
        traceback.print_exception(error)
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException: code = code or 120
    os._exit(code & 255)

def first_process(processes):
    """Of the new process namespace: it does nothing, and takes all others with it when it is killed."""
    checked(libc.setns(processes, NEWPID))
    checked(libc.unshare(NEWPID))
    first = libc.clone(ctypes.cast(libc.pause, ctypes.c_void_p), STACK_TOP, VM | signal.SIGCHLD, None)
    checked(first)
    return first

def program(job, streams, report):
    try:
        # A group of its own: signals to the whole group are not to be the server's.
        os.setsid()
        checked(libc.unshare(NEWIPC))
        checked(libc.mount(b"proc", b"/proc", b"proc", 14, None))
        give_up_rights(base64.b64decode(job["filter"]))
        signal.signal(signal.SIGINT, signal.default_int_handler)
        checked(libc.prctl(4, 1, 0, 0, 0))
        # When memory is short the program is to be killed, and nobody else.
        with open("/proc/self/oom_score_adj", "w") as file: file.write("1000")
        for to, fd in enumerate(streams): os.dup2(fd, to)
        limit(job)
        os.write(report, b"%d" % time.monotonic_ns())
        os.closerange(3, 65536)
    except BaseException as error:
        os.write(report, b"!" + repr(error).encode())
        os._exit(1)
    if job["command"] is None: run_snippet(job["source"], job["env"])
    run_command(job["command"], job["env"])

class Kept:
    def __init__(self, size): self.room, self.parts, self.seen = size, [], 0
    def add(self, data):
        self.seen += len(data)
        if self.room > 0:
            self.parts.append(data[:self.room])
            self.room -= len(data)

def pump(job, ends, stdin, given, child, first):
    """Reads to the ends of all pipes: they come when the program has ended and all that it left was killed."""
    kept = {fd: Kept(size) for fd, size in zip(ends, (job["keepBytes"], job["keepBytes"], 1 << 20))}
    deadline = time.monotonic() + job["wallMs"] / 1000
    breach = ended = None
    poll = select.poll()
    for fd in (*ends, child): poll.register(fd, select.POLLIN)
    if given: poll.register(stdin, select.POLLOUT); os.set_blocking(stdin, False)
    else: os.close(stdin)
    waiting = {*ends, child}
    while waiting:
        left = None if breach or ended else max(0, (deadline - time.monotonic()) * 1000)
        events = poll.poll(left)
        if not events: breach = "wall"; os.kill(first, 9)
        for fd, _ in events:
            if fd == child:
                ended = time.monotonic_ns()
                poll.unregister(fd); os.close(fd); waiting.discard(fd)
                os.kill(first, 9)
                continue
            if fd == stdin:
                try: given = given[os.write(stdin, given[:65536]):]
                except BlockingIOError: pass
                except OSError: given = b""
                if not given: poll.unregister(stdin); os.close(stdin)
                continue
            data = os.read(fd, 65536)
            if not data: poll.unregister(fd); os.close(fd); waiting.discard(fd); continue
            kept[fd].add(data)
            if kept[ends[0]].seen + kept[ends[1]].seen > job["outputBytes"] and not breach:
                breach = "output"; os.kill(first, 9)
    if given: os.close(stdin)
    return [kept[fd] for fd in ends], breach, ended

def run(job, mounts, processes):
    furnish(job, mounts)
    first = first_process(processes)
    (stdin, stdin_end), (out, out_end), (err, err_end), (report, report_end) = [os.pipe() for _ in range(4)]
    pid = os.fork()
    if pid == 0: program(job, (stdin, out_end, err_end), report_end)
    child = os.pidfd_open(pid)
    for fd in (stdin, out_end, err_end, report_end): os.close(fd)
    given = base64.b64decode(job["stdin"])
    (out, err, report), breach, ended = pump(job, (out, err, report), stdin_end, given, child, first)
    _, status, used = os.wait4(pid, 0)
    os.waitpid(first, 0)
    disk = os.statvfs("/tmp")
    text = b"".join(report.parts).decode()
    told = None
    if text[:1] == "!": told = {"unstarted": text[1:]}
    elif text: told = {
        "status": status,
        "wallNs": max(0, ended - int(text)),
        "cpuMs": (used.ru_utime + used.ru_stime) * 1000,
        "peakKb": used.ru_maxrss,
        "diskBytes": (disk.f_blocks - disk.f_bfree) * disk.f_bsize,
        "diskFull": disk.f_bfree == 0,
    }
    bodies = b"".join(out.parts), b"".join(err.parts)
    sizes = [len(body) for body in bodies]
    answer({"breach": breach, "told": told, "sizes": sizes, "seen": [out.seen, err.seen]}, *bodies)

def serve():
    mounts = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    processes = os.open("/proc/self/ns/pid", os.O_RDONLY)
    # Its memory is closed to programs, also by way of the first process, which shares it.
    checked(libc.prctl(4, 0, 0, 0, 0))
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.collect()
    gc.freeze()
    answer({"ready": True})
    while True:
        size, = struct.unpack("<I", read_exactly(4))
        run(json.loads(read_exactly(size)), mounts, processes)

serve()
`;
