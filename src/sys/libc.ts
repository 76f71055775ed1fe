import koffi from 'koffi';
import { callError, errnoOf } from './errno.js';

/** Every symbol that the process has loaded, those of its libc among them. */
const libc = koffi.load(null);

type Pointer = bigint | Uint8Array | Int16Array | Int32Array | null;

/**
 * libc's own functions, unchecked: after a return of -1 (or MAP_FAILED) `lastErrno` has the reason. Pointers are an
 * address as a bigint, or a typed array that is lent for the length of the call.
 */
export const c = {
  open: libc.func('int open(const char *path, int flags, int mode)') as (
    path: string,
    flags: number,
    mode: number,
  ) => number,
  close: libc.func('int close(int fd)') as (fd: number) => number,
  read: libc.func('intptr_t read(int fd, void *buffer, size_t count)') as (
    fd: number,
    buffer: Pointer,
    count: number,
  ) => number,
  readv: libc.func('intptr_t readv(int fd, const void *iovecs, int count)') as (
    fd: number,
    iovecs: Pointer,
    count: number,
  ) => number,
  write: libc.func('intptr_t write(int fd, const void *buffer, size_t count)') as (
    fd: number,
    buffer: Pointer,
    count: number,
  ) => number,
  ioctlPointer: libc.func('int ioctl(int fd, ulong request, void *argument)') as (
    fd: number,
    request: number,
    argument: Pointer,
  ) => number,
  ioctlLong: libc.func('ioctl', 'int', ['int', 'ulong', 'long']) as (
    fd: number,
    request: number,
    argument: number,
  ) => number,
  fcntlInt: libc.func('fcntl', 'int', ['int', 'int', 'int']) as (
    fd: number,
    command: number,
    argument: number,
  ) => number,
  fcntlPointer: libc.func('fcntl', 'int', ['int', 'int', 'void *']) as (
    fd: number,
    command: number,
    argument: Pointer,
  ) => number,
  prctl: libc.func('int prctl(int option, ulong argument)') as (option: number, argument: number) => number,
  flock: libc.func('int flock(int fd, int operation)') as (fd: number, operation: number) => number,
  mmap: libc.func(
    'void *mmap(void *address, size_t length, int protection, int flags, int fd, long offset)',
  ) as (
    address: bigint | null,
    length: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ) => bigint,
  munmap: libc.func('int munmap(void *address, size_t length)') as (
    address: bigint,
    length: number,
  ) => number,
  socket: libc.func('int socket(int domain, int type, int protocol)') as (
    domain: number,
    type: number,
    protocol: number,
  ) => number,
  bind: libc.func('int bind(int fd, const void *address, uint length)') as (
    fd: number,
    address: Uint8Array,
    length: number,
  ) => number,
  listen: libc.func('int listen(int fd, int backlog)') as (fd: number, backlog: number) => number,
  socketpair: libc.func('int socketpair(int domain, int type, int protocol, _Out_ int *descriptors)') as (
    domain: number,
    type: number,
    protocol: number,
    descriptors: Int32Array,
  ) => number,
  accept4: libc.func('int accept4(int fd, void *address, void *length, int flags)') as (
    fd: number,
    address: null,
    length: null,
    flags: number,
  ) => number,
  connect: libc.func('int connect(int fd, const void *address, uint length)') as (
    fd: number,
    address: Uint8Array,
    length: number,
  ) => number,
  sendmsg: libc.func('intptr_t sendmsg(int fd, const void *header, int flags)') as (
    fd: number,
    header: Pointer,
    flags: number,
  ) => number,
  sendmmsg: libc.func('int sendmmsg(int fd, void *messages, uint count, int flags)') as (
    fd: number,
    messages: Pointer,
    count: number,
    flags: number,
  ) => number,
  recvmsg: libc.func('intptr_t recvmsg(int fd, void *header, int flags)') as (
    fd: number,
    header: Pointer,
    flags: number,
  ) => number,
  dup2: libc.func('int dup2(int from, int to)') as (from: number, to: number) => number,
  send: libc.func('intptr_t send(int fd, const void *buffer, size_t length, int flags)') as (
    fd: number,
    buffer: Uint8Array,
    length: number,
    flags: number,
  ) => number,
  recv: libc.func('intptr_t recv(int fd, void *buffer, size_t length, int flags)') as (
    fd: number,
    buffer: Uint8Array,
    length: number,
    flags: number,
  ) => number,
  setsockopt: libc.func('int setsockopt(int fd, int level, int name, const void *value, uint length)') as (
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    length: number,
  ) => number,
  getsockopt: libc.func('int getsockopt(int fd, int level, int name, void *value, void *length)') as (
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    length: Uint8Array,
  ) => number,
  getsockname: libc.func('int getsockname(int fd, void *address, void *length)') as (
    fd: number,
    address: Uint8Array,
    length: Uint8Array,
  ) => number,
  clockGettime: libc.func('int clock_gettime(int clock, void *timespec)') as (
    clock: number,
    timespec: Pointer,
  ) => number,
  /** For system calls that libc has no function for: bpf(2). */
  syscall: libc.func('syscall', 'long', ['long', 'int', 'void *', 'uint']) as (
    number: number,
    command: number,
    argument: Pointer,
    size: number,
  ) => number | bigint,
  sysconf: libc.func('long sysconf(int name)') as (name: number) => number,
  unshare: libc.func('int unshare(int flags)') as (flags: number) => number,
  setns: libc.func('int setns(int fd, int type)') as (fd: number, type: number) => number,
  openByHandleAt: libc.func('int open_by_handle_at(int mount, void *handle, int flags)') as (
    mount: number,
    handle: Uint8Array,
    flags: number,
  ) => number,
  eventfd: libc.func('int eventfd(uint count, int flags)') as (count: number, flags: number) => number,
  epollCreate: libc.func('int epoll_create1(int flags)') as (flags: number) => number,
  epollCtl: libc.func('int epoll_ctl(int epoll, int operation, int fd, void *event)') as (
    epoll: number,
    operation: number,
    fd: number,
    event: Uint8Array,
  ) => number,
  epollWait: libc.func('int epoll_wait(int epoll, void *events, int count, int timeout)') as (
    epoll: number,
    events: Uint8Array,
    count: number,
    timeout: number,
  ) => number,
  poll: libc.func('int poll(void *descriptors, ulong count, int timeout)') as (
    descriptors: Uint8Array,
    count: number,
    timeout: number,
  ) => number,
};

/** Returns errno of the last call on this thread. */
export function lastErrno(): number {
  return koffi.errno();
}

const EINTR = errnoOf('EINTR');

/** What a call is for. The message of its error says it. */
export interface Purpose {
  /** A verb phrase: `cannot <action> "<object>"`. */
  readonly action: string;
  readonly object: string;
}

/**
 * Calls `call` again while it is interrupted (EINTR), and throws a SystemError for -1.
 * @returns what the call returned, never negative
 */
export function checked(purpose: Purpose, syscall: string, call: () => number): number {
  for (;;) {
    const result = call();
    if (result >= 0) return result;
    const errno = koffi.errno();
    if (errno !== EINTR) throw callError(purpose, syscall, errno);
  }
}

/**
 * Calls `call` again while it is interrupted (EINTR), and returns a failure as a negative errno, as io_uring does.
 */
export function unchecked(call: () => number): number {
  for (;;) {
    const result = call();
    if (result >= 0) return result;
    const errno = koffi.errno();
    if (errno !== EINTR) return -errno;
  }
}
