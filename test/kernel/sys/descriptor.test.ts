import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { SystemError } from '../../../src/errors.js';
import {
  Descriptor,
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from '../../../src/sys/descriptor.js';
import { isWritableNow } from '../../../src/sys/descriptor-wait.js';
import { openWritableProbe } from '../../../src/sys/descriptor-watch.js';
import { isWriteLocked, tryLock, trySharedLock, tryWriteLock } from '../../../src/sys/file-lock.js';
import { openedSince, openFiles } from '../../open-files.js';

const directory = mkdtempSync(join(tmpdir(), 'rtap-sys-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

const PURPOSE = { action: 'test', object: 'descriptor' };
const PIPE_CHUNK = new Uint8Array(4096);

let names = 0;

/** Opens a named pipe of its own at both ends. */
function openFifo(): Descriptor {
  const path = join(directory, `fifo${names++}`);
  execFileSync('mkfifo', [path]);
  return Descriptor.open(path, O_RDWR);
}

/** O_* of an open file, as the kernel has them. */
function flagsOf(fd: number): number {
  const [, octal] = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))!;
  return Number.parseInt(octal!, 8);
}

/** Writes until the pipe takes no more. */
function fill(fifo: Descriptor): void {
  fifo.setNonBlocking(PURPOSE);
  try {
    for (;;) writeSync(fifo.fd, PIPE_CHUNK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
}

test.serial('Descriptor.open opens with O_CLOEXEC and the access that is asked for', (t) => {
  using reading = Descriptor.open('/dev/null', O_RDONLY);
  using writing = Descriptor.open('/dev/null', O_WRONLY | O_NONBLOCK);
  t.is(flagsOf(reading.fd) & (O_CLOEXEC | O_RDWR | O_WRONLY | O_NONBLOCK), O_CLOEXEC);
  t.is(flagsOf(writing.fd) & (O_CLOEXEC | O_RDWR | O_WRONLY | O_NONBLOCK), O_CLOEXEC | O_WRONLY | O_NONBLOCK);
});

test.serial('Descriptor.open throws a SystemError when there is no such file', (t) => {
  const error = t.throws(() => Descriptor.open('/nowhere', O_RDONLY), { instanceOf: SystemError });
  t.is(error.message, 'cannot open "/nowhere": open failed with ENOENT');
  t.like(error, { errno: 2, code: 'ENOENT', syscall: 'open' });
});

test.serial('Descriptor closes once when it is disposed twice', (t) => {
  const before = openFiles();
  const descriptor = Descriptor.open('/dev/null', O_RDONLY);
  const { fd } = descriptor;
  descriptor[Symbol.dispose]();
  t.is(descriptor.fd, -1);
  // The next open gets the same number. A second close would close that file.
  const other = openSync('/dev/null', 'r');
  t.is(other, fd);
  descriptor[Symbol.dispose]();
  t.notThrows(() => flagsOf(other));
  closeSync(other);
  t.deepEqual(openedSince(before), []);
});

test.serial('Descriptor.setNonBlocking adds O_NONBLOCK and keeps the other flags', (t) => {
  using fifo = openFifo();
  const before = flagsOf(fifo.fd);
  fifo.setNonBlocking(PURPOSE);
  t.is(flagsOf(fifo.fd), before | O_NONBLOCK);
});

test.serial('Descriptor.setNonBlocking throws a SystemError when it is closed', (t) => {
  const fifo = openFifo();
  fifo[Symbol.dispose]();
  t.throws(() => fifo.setNonBlocking(PURPOSE), {
    message: 'cannot test "descriptor": fcntl(F_GETFL) failed with EBADF',
  });
});

test.serial('isWritableNow returns false when a pipe is full', (t) => {
  using fifo = openFifo();
  t.true(isWritableNow(fifo.fd));
  fill(fifo);
  t.false(isWritableNow(fifo.fd));
});

test.serial('isWritableNow returns true when a write would fail at once', (t) => {
  using fifo = openFifo();
  const { fd } = fifo;
  fifo[Symbol.dispose]();
  t.true(isWritableNow(fd));
});

test.serial('openWritableProbe leaves the watched file in blocking mode', (t) => {
  using fifo = openFifo();
  using probe = openWritableProbe(fifo.fd, PURPOSE);
  t.is(flagsOf(fifo.fd) & O_NONBLOCK, 0);
  t.is(flagsOf(probe.fd) & O_CLOEXEC, O_CLOEXEC);
});

test.serial('openWritableProbe throws EPERM and leaves no descriptor when the file is regular', (t) => {
  const path = join(directory, 'regular');
  const fd = openSync(path, 'w');
  const before = openFiles();
  t.throws(() => openWritableProbe(fd, PURPOSE), {
    message: 'cannot test "descriptor": epoll_ctl failed with EPERM',
  });
  t.deepEqual(openedSince(before), []);
  closeSync(fd);
});

test.serial('tryLock holds a lock until its descriptor is closed', (t) => {
  const path = join(directory, 'lock');
  closeSync(openSync(path, 'w'));
  using second = Descriptor.open(path, O_RDWR);
  {
    using first = Descriptor.open(path, O_RDWR);
    t.true(tryLock(first.fd, path));
    t.true(tryLock(first.fd, path));
    t.false(tryLock(second.fd, path));
  }
  t.true(tryLock(second.fd, path));
});

test.serial('tryLock keeps other processes out, and they keep us out', (t) => {
  const path = join(directory, 'shared-lock');
  closeSync(openSync(path, 'w'));
  const flock = (script: string) => execFileSync('flock', ['--nonblock', path, 'sh', '-c', script]);
  {
    using lock = Descriptor.open(path, O_RDWR);
    t.true(tryLock(lock.fd, path));
    t.throws(() => flock('true'));
  }
  t.notThrows(() => flock('true'));
});

test.serial('trySharedLock is true beside other shared locks, and false beside an exclusive one', (t) => {
  const path = join(directory, 'probed-lock');
  closeSync(openSync(path, 'w'));
  using first = Descriptor.open(path, O_RDWR);
  using second = Descriptor.open(path, O_RDWR);
  t.true(trySharedLock(first.fd, path));
  t.true(trySharedLock(second.fd, path));
  t.false(tryLock(second.fd, path), 'shared by both');
  {
    using alone = Descriptor.open(join(directory, 'lock'), O_RDWR);
    using probe = Descriptor.open(join(directory, 'lock'), O_RDWR);
    t.true(tryLock(alone.fd, path));
    t.false(trySharedLock(probe.fd, path));
  }
});

test.serial('isWriteLocked is true for readers while another open file has the write lock', (t) => {
  const path = join(directory, 'write-lock');
  closeSync(openSync(path, 'w'));
  using reader = Descriptor.open(path, O_RDONLY);
  {
    using writer = Descriptor.open(path, O_RDWR);
    using second = Descriptor.open(path, O_RDWR);
    t.false(isWriteLocked(reader.fd, path));
    t.true(tryWriteLock(writer.fd, path));
    t.true(tryWriteLock(writer.fd, path));
    t.true(isWriteLocked(reader.fd, path));
    t.false(isWriteLocked(writer.fd, path), 'its own');
    t.false(tryWriteLock(second.fd, path));
  }
  t.false(isWriteLocked(reader.fd, path));
});

test.serial(
  'tryWriteLock throws EBADF for a descriptor that may only read, and does not see tryLock',
  (t) => {
    const path = join(directory, 'flocked');
    closeSync(openSync(path, 'w'));
    using reader = Descriptor.open(path, O_RDONLY);
    t.throws(() => tryWriteLock(reader.fd, path), {
      message: `cannot lock "${path}": fcntl(F_OFD_SETLK) failed with EBADF`,
    });
    t.true(tryLock(reader.fd, path));
    using writer = Descriptor.open(path, O_RDWR);
    t.false(isWriteLocked(writer.fd, path));
    t.true(tryWriteLock(writer.fd, path));
  },
);

test.serial('tryLock throws a SystemError when the descriptor is not open', (t) => {
  t.throws(() => tryLock(99_999, 'gone'), { message: 'cannot lock "gone": flock failed with EBADF' });
});
