/**
 * System calls that no command in a sandbox gets: ones that reach other processes, mount, load code into the
 * kernel, make namespaces, or have a record of holes and no use in a test. Numbers are of x86-64 and arm64;
 * null where the machine has no such call. docs/decisions/process-sandbox.md has the list with its reasons.
 */
export type Machine = "x64" | "arm64";

interface CallNumbers {
  readonly x64: number;
  readonly arm64: number | null;
}

function both(x64: number, arm64: number | null = x64): CallNumbers {
  return { x64, arm64 };
}

export const DENIED_CALLS: Readonly<Record<string, CallNumbers>> = {
  // Other processes and their memory.
  ptrace: both(101, 117),
  process_vm_readv: both(310, 270),
  process_vm_writev: both(311, 271),
  process_madvise: both(440),
  kcmp: both(312, 272),
  pidfd_getfd: both(438),
  // Mounts, roots and namespaces; clone is looked at by its flags, clone3 cannot be and does not exist inside.
  mount: both(165, 40),
  umount2: both(166, 39),
  pivot_root: both(155, 41),
  chroot: both(161, 51),
  open_tree: both(428),
  move_mount: both(429),
  fsopen: both(430),
  fsconfig: both(431),
  fsmount: both(432),
  fspick: both(433),
  mount_setattr: both(442),
  unshare: both(272, 97),
  setns: both(308, 268),
  // Code and settings of the kernel.
  kexec_load: both(246, 104),
  kexec_file_load: both(320, 294),
  create_module: both(174, null),
  init_module: both(175, 105),
  finit_module: both(313, 273),
  delete_module: both(176, 106),
  get_kernel_syms: both(177, null),
  query_module: both(178, null),
  bpf: both(321, 280),
  perf_event_open: both(298, 241),
  reboot: both(169, 142),
  syslog: both(103, 116),
  acct: both(163, 89),
  swapon: both(167, 224),
  swapoff: both(168, 225),
  quotactl: both(179, 60),
  quotactl_fd: both(443),
  sethostname: both(170, 161),
  setdomainname: both(171, 162),
  settimeofday: both(164, 170),
  clock_settime: both(227, 112),
  adjtimex: both(159, 171),
  clock_adjtime: both(305, 266),
  iopl: both(172, null),
  ioperm: both(173, null),
  vhangup: both(153, 58),
  nfsservctl: both(180, 42),
  lookup_dcookie: both(212, 18),
  fanotify_init: both(300, 262),
  // Files by a number instead of a path: around every mount.
  name_to_handle_at: both(303, 264),
  open_by_handle_at: both(304, 265),
  // Keys are of the user, not of the namespace.
  add_key: both(248, 217),
  request_key: both(249, 218),
  keyctl: both(250, 219),
  // Large and often broken.
  io_uring_setup: both(425),
  io_uring_enter: both(426),
  io_uring_register: both(427),
  userfaultfd: both(323, 282),
  modify_ldt: both(154, null),
  personality: both(135, 92),
  move_pages: both(279, 239),
  migrate_pages: both(256, 238),
  uselib: both(134, null),
  ustat: both(136, null),
  sysfs: both(139, null),
  _sysctl: both(156, null),
};

/** Calls that are judged by their arguments. */
export const JUDGED_CALLS: Readonly<
  Record<"clone" | "clone3" | "ioctl" | "madvise" | "socket", CallNumbers>
> = {
  clone: both(56, 220),
  clone3: both(435),
  ioctl: both(16, 29),
  madvise: both(28, 233),
  socket: both(41, 198),
};
