import { execFileSync } from 'node:child_process';
import { mkdtempSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { Descriptor, O_NONBLOCK, O_RDWR } from '../../../src/sys/descriptor.js';
import { DescriptorWatch, openWritableProbe } from '../../../src/sys/descriptor-watch.js';
import { enterNewNetworkNamespace } from '../../../src/sys/network-namespace.js';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { ip } from '../../netlink/iproute2.js';
import { DEADLINE_MS, withDeadline } from '../deadline.js';
import { attachTap } from '../ring-tap.js';

enterNewNetworkNamespace();
setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const directory = mkdtempSync(join(tmpdir(), 'rtap-sys-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

const BYTE = Uint8Array.of(1);
const SCRATCH = new Uint8Array(65_536);
const PURPOSE = { action: 'test', object: 'watch' };
/** Longer than several of the pauses that DescriptorWatch makes after an error. */
const PAUSES_MS = 50;
/** After so many turns of the event loop, a call that must not come would have come. */
const TURNS = 20;

let names = 0;

/** A named pipe of its own, open at both ends. */
function openFifo(): Descriptor {
  const path = join(directory, `fifo${names++}`);
  execFileSync('mkfifo', [path]);
  return Descriptor.open(path, O_RDWR | O_NONBLOCK);
}

/** Counts calls, and lets a test wait for the next. */
class Calls {
  count = 0;
  #waiting: (() => void)[] = [];

  readonly note = (): void => {
    this.count++;
    for (const resolve of this.#waiting.splice(0)) resolve();
  };

  next(): Promise<void> {
    return withDeadline(new Promise((resolve) => this.#waiting.push(resolve)), 'a call');
  }
}

/** Lets the event loop poll descriptors `turns` times. */
async function turn(turns = TURNS): Promise<void> {
  for (let count = 0; count < turns; count++) await new Promise((resolve) => setImmediate(resolve));
}

test.serial('DescriptorWatch calls while there is something to read, and no longer', async (t) => {
  using fifo = openFifo();
  const calls = new Calls();
  using _watch = DescriptorWatch.readable(fifo.fd, calls.note);
  await turn();
  t.is(calls.count, 0);
  writeSync(fifo.fd, BYTE);
  await calls.next();
  await calls.next();
  readSync(fifo.fd, SCRATCH);
  const { count } = calls;
  await turn();
  t.is(calls.count, count);
});

test.serial('DescriptorWatch.writable calls once a full pipe has room', async (t) => {
  using fifo = openFifo();
  const calls = new Calls();
  t.throws(() => {
    for (;;) writeSync(fifo.fd, SCRATCH);
  });
  using _watch = DescriptorWatch.writable(fifo.fd, calls.note);
  await turn();
  t.is(calls.count, 0);
  const called = calls.next();
  readSync(fifo.fd, SCRATCH);
  await called;
  t.true(calls.count > 0);
});

test.serial('DescriptorWatch on a writable probe calls once a full pipe has room', async (t) => {
  using fifo = openFifo();
  t.throws(() => {
    for (;;) writeSync(fifo.fd, SCRATCH);
  });
  using probe = openWritableProbe(fifo.fd, PURPOSE);
  const calls = new Calls();
  using _watch = DescriptorWatch.readable(probe.fd, calls.note);
  await turn();
  t.is(calls.count, 0);
  const called = calls.next();
  readSync(fifo.fd, SCRATCH);
  await called;
  t.true(calls.count > 0);
});

test.serial(
  'DescriptorWatch does not call while it is paused, and calls again when it is resumed',
  async (t) => {
    using fifo = openFifo();
    const calls = new Calls();
    using watch = DescriptorWatch.readable(fifo.fd, calls.note);
    watch.pause();
    watch.pause();
    writeSync(fifo.fd, BYTE);
    await turn();
    t.is(calls.count, 0);
    const called = calls.next();
    watch.resume();
    watch.resume();
    await called;
    t.true(calls.count > 0);
  },
);

test.serial(
  'promise jobs and ticks that a callback of DescriptorWatch leaves run before the next',
  async (t) => {
    using fifo = openFifo();
    const calls = new Calls();
    const order: string[] = [];
    const watch = DescriptorWatch.readable(fifo.fd, () => {
      order.push('call');
      process.nextTick(() => order.push('tick'));
      queueMicrotask(() => order.push('job'));
      if (order.filter((entry) => entry === 'call').length < 3) return;
      watch[Symbol.dispose]();
      calls.note();
    });
    const called = calls.next();
    writeSync(fifo.fd, BYTE);
    await called;
    await turn();
    const round = ['call', 'tick', 'job'];
    t.deepEqual(order, [...round, ...round, ...round]);
  },
);

test.serial('DescriptorWatch does not call after its disposal, whatever method is used', async (t) => {
  using fifo = openFifo();
  const calls = new Calls();
  const watch = DescriptorWatch.readable(fifo.fd, calls.note);
  writeSync(fifo.fd, BYTE);
  watch[Symbol.dispose]();
  watch[Symbol.dispose]();
  watch.resume();
  watch.pause();
  await turn();
  t.is(calls.count, 0);
});

test.serial('DescriptorWatch may be disposed inside its own call', async (t) => {
  using fifo = openFifo();
  const calls = new Calls();
  const watch = DescriptorWatch.readable(fifo.fd, () => {
    watch[Symbol.dispose]();
    calls.note();
  });
  const called = calls.next();
  writeSync(fifo.fd, BYTE);
  await called;
  await turn();
  t.is(calls.count, 1);
});

test.serial('DescriptorWatch keeps calling when nothing refers to it and garbage is collected', async (t) => {
  using fifo = openFifo();
  const calls = new Calls();
  const watches = startForgotten(fifo.fd, calls);
  for (let round = 0; round < 5; round++) {
    collectGarbage();
    await turn();
    collectGarbage();
    const called = calls.next();
    writeSync(fifo.fd, BYTE);
    await called;
    readSync(fifo.fd, SCRATCH);
  }
  // Only the set of living watches refers to it. A weak reference lets the end of the test find it.
  const watch = watches.deref();
  t.truthy(watch);
  watch?.[Symbol.dispose]();
});

/** In a function of its own, so that no variable of the test holds the watch. */
function startForgotten(fd: number, calls: Calls): WeakRef<DescriptorWatch> {
  return new WeakRef(DescriptorWatch.readable(fd, calls.note));
}

test.serial(
  'DescriptorWatch calls again later, and does not spin, when its TAP device is deleted',
  async (t) => {
    ip('tuntap add dev gone0 mode tap multi_queue');
    // Frames that IPv6 sends by itself would make the descriptor readable.
    writeFileSync('/proc/sys/net/ipv6/conf/gone0/disable_ipv6', '1');
    ip('link set gone0 up');
    using tap = attachTap('gone0');
    const calls = new Calls();
    using watch = DescriptorWatch.readable(tap.fd, calls.note);
    await turn();
    t.is(calls.count, 0);
    const called = calls.next();
    ip('link delete gone0');
    await called;
    t.is(calls.count, 1);
    // libuv stops a handle whose descriptor reports an error. The error of read(2) can come later.
    const again = calls.next();
    await again;
    t.is(calls.count, 2);
    t.notThrows(() => watch[Symbol.dispose]());
    await turn();
    await new Promise((resolve) => setTimeout(resolve, PAUSES_MS));
    t.is(calls.count, 2);
  },
);

test.serial(
  'DescriptorWatch lets the process end when it is unreferenced and its descriptor is ready',
  (t) => {
    const script = `
    import { DescriptorWatch } from '${new URL('../../../src/sys/descriptor-watch.ts', import.meta.url).href}';
    DescriptorWatch.readable(0, () => {}).unref();
    process.stdout.write('watching');`;
    // Its input has ended and stays readable. Node polls it once more while it cleans up.
    const words = [COMPILER_FLAG, '--input-type=module', '--eval', script];
    const output = execFileSync(process.execPath, words, { encoding: 'utf8', timeout: DEADLINE_MS });
    t.is(output, 'watching');
  },
);

test.serial('an error that a callback of DescriptorWatch throws ends the program', async (t) => {
  using fifo = openFifo();
  writeSync(fifo.fd, BYTE);
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  try {
    const thrown = new Promise((resolve) => process.once('uncaughtException', resolve));
    let calls = 0;
    using _watch = DescriptorWatch.readable(fifo.fd, () => {
      calls += 1;
      throw new Error('a fault');
    });
    t.like(await withDeadline(thrown, 'the error'), { message: 'a fault' });
    await turn();
    t.is(calls, 1);
  } finally {
    for (const listener of others) process.on('uncaughtException', listener);
  }
});
