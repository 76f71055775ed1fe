import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readStatistics } from '../../../src/tap/counters/device-statistics.js';
import { ip } from '../../netlink/iproute2.js';
import { start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { OtherNamespace } from '../other-namespace.js';
import { runTool } from '../peer.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';
import { reportIn, startForwarder } from './forwarder.js';

const { directory } = enterWorkspace();

let pairs = 0;

/** Two devices with room for the frames that a slow forwarder reads late. */
async function makePair(queues = 1): Promise<readonly [FlowDevice, FlowDevice]> {
  pairs += 1;
  const words = ['--queues', String(queues), '--txqueuelen', '5000'];
  return [await FlowDevice.create(`e${pairs}a`, { words }), await FlowDevice.create(`e${pairs}b`, { words })];
}

/** Queues that the kernel has of a device. */
function queuesOf(name: string): number {
  return ipLink(name).linkinfo.info_data.numqueues ?? 0;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test.serial(`fwd forwards what the kernel sent before ${signal}, and prints its counts`, async (t) => {
    const [device, peer] = await makePair(2);
    const forwarder = await startForwarder([device.name, peer.name, '--threads', '2', '--json']);
    forwarder.signal('SIGSTOP');
    await device.send(16, 2000);
    forwarder.signal(signal);
    // A second signal changes nothing.
    forwarder.signal('SIGINT');
    forwarder.signal('SIGCONT');
    const outcome = await forwarder.ended();
    t.deepEqual([outcome.code, outcome.signal], [0, null], outcome.stderr);
    t.like(reportIn(outcome.stdout).directions[0], { received: 2000, sent: 2000, missed: 0 });
    t.deepEqual([queuesOf(device.name), queuesOf(peer.name)], [0, 0]);
  });
}

test.serial('fwd leaves no queue when it is killed while its threads sleep', async (t) => {
  const [device, peer] = await makePair(4);
  const forwarder = await startForwarder([device.name, peer.name, '--threads', '4']);
  t.deepEqual([queuesOf(device.name), queuesOf(peer.name)], [4, 4]);
  t.is((await forwarder.stop('SIGKILL')).signal, 'SIGKILL');
  await eventually(() => queuesOf(device.name) === 0 && queuesOf(peer.name) === 0, 'the queues to go');
});

test.serial('fwd --duration ends after that time, and at once when it is 0', async (t) => {
  const [device, peer] = await makePair();
  for (const duration of ['200ms', '0']) {
    const { code, stderr } = await start(['fwd', device.name, peer.name, '--duration', duration]).ended();
    t.is(code, 0, stderr);
    t.regex(stderr, /^e\d+b -> e\d+a: 0 packets/m);
  }
});

test.serial('fwd ends without an error when the reader of its rates closes the pipe', async (t) => {
  const [device, peer] = await makePair(2);
  for (const words of [[], ['--json']]) {
    const forwarder = await startForwarder([
      device.name,
      peer.name,
      '--threads',
      '2',
      '--stats',
      '20ms',
      ...words,
    ]);
    await forwarder.waitFor(/\n/);
    forwarder.closeOutput();
    const { code, stderr } = await forwarder.ended();
    t.is(code, 0);
    t.notRegex(stderr, /EPIPE|Error|^ {4}at /m);
    t.deepEqual([queuesOf(device.name), queuesOf(peer.name)], [0, 0]);
  }
});

/** The writing end of a full pipe. */
function openFullPipe(): number {
  const path = join(directory, 'full');
  runTool('mkfifo', path);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    for (;;) writeSync(fd, new Uint8Array(1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
  return fd;
}

test.serial(
  'fwd goes on when the reader of its rates stops reading, and prints the number of lost lines',
  async (t) => {
    const [device, peer] = await makePair();
    const fd = openFullPipe();
    const forwarder = await startForwarder([device.name, peer.name, '--stats', '10ms'], { outputFd: fd });
    await device.send(4, 1000);
    await eventually(() => readStatistics(peer.name).total.txPackets === 1000, 'the frames');
    const { code, stderr } = await forwarder.stop();
    closeSync(fd);
    t.is(code, 3);
    t.regex(stderr, /a -> e\d+b: 1000 packets/);
    t.regex(stderr, /rtap: warning: \d+ lines? not written: the reader of the output was too slow\n$/);
  },
);

test.serial('fwd counts what a device that is down refuses, warns, and goes on when it is up', async (t) => {
  const [device, peer] = await makePair();
  const forwarder = await startForwarder([device.name, peer.name, '--json']);
  ip(`link set ${peer.name} down`);
  await forwarder.waitFor(
    /^rtap: warning: e\d+b is down: no frames until you run rtap (--netns \S+ )?up e\d+b$/m,
    'stderr',
  );
  await device.send(4, 20);
  await eventually(() => readStatistics(peer.name).total.txErrors === 20, 'the refusals');
  ip(`link set ${peer.name} up`);
  await forwarder.waitFor(/^fwd: e\d+b is up$/m, 'stderr');
  await device.send(4, 30);
  await eventually(() => readStatistics(peer.name).total.txPackets === 30, 'the frames');
  forwarder.signal('SIGUSR1');
  await forwarder.waitFor(/^ {2}refused by e\d+b: 20 EIO$/m, 'stderr');
  const { code, stdout } = await forwarder.stop();
  t.is(code, 3);
  const [out, back] = reportIn(stdout).directions;
  t.like(out, { received: 50, sent: 30, sentBytes: 1500, refused: { EIO: 20 }, waits: 0 });
  t.like(back, { received: 0, refused: {} });
});

for (const which of [0, 1] as const) {
  for (const words of [[], ['--busy-poll'], ['--threads', '2']]) {
    test.serial(
      `fwd ends with 2 when device ${which + 1} is deleted${words.map((word) => ` ${word}`).join('')}`,
      async (t) => {
        const pair = await makePair(2);
        const forwarder = await startForwarder([pair[0].name, pair[1].name, ...words]);
        ip(`link del ${pair[which].name}`);
        const { code, stderr } = await forwarder.ended();
        t.is(code, 2);
        t.regex(
          stderr,
          new RegExp(
            `^FROM +TO .*\\n(.*\\n){4}rtap: cannot go on forwarding "${pair[which].name}": the device was deleted\n$`,
            'm',
          ),
        );
      },
    );
  }
}

test.serial('fwd follows a device that is renamed, and one that moves to another namespace', async (t) => {
  const [device, peer] = await makePair();
  const other = await OtherNamespace.make();
  const forwarder = await startForwarder([device.name, peer.name, '--json']);
  ip(`link set ${peer.name} name renamed0`);
  await forwarder.waitFor(/^fwd: e\d+b was renamed to renamed0$/m, 'stderr');
  ip(`link set renamed0 netns ${other.name}`);
  await forwarder.waitFor(/^fwd: renamed0 moved to another network namespace$/m, 'stderr');
  await other.run('ip', 'link', 'set', 'renamed0', 'up');
  await device.send(4, 100);
  const received = async () => {
    const link = JSON.parse(await other.run('ip', '-j', '-s', 'link', 'show', 'renamed0')) as {
      stats64: { rx: { packets: number } };
    }[];
    return link[0]!.stats64.rx.packets;
  };
  const end = performance.now() + 20_000;
  while ((await received()) < 100 && performance.now() < end);
  t.is(await received(), 100);
  // fwd gets no link events from that namespace. It notices the deletion at the queue.
  await other.run('ip', 'link', 'del', 'renamed0');
  const { code, stdout, stderr } = await forwarder.ended();
  t.is(code, 2);
  t.regex(stderr, /rtap: cannot go on forwarding "e\d+b": the device was deleted\n$/);
  t.like(reportIn(stdout).directions[0], { received: 100, sent: 100 });
});

test.serial('fwd says that the device is gone when the path of its namespace is gone too', async (t) => {
  const other = await OtherNamespace.make();
  await other.run('ip', 'tuntap', 'add', 'there0', 'mode', 'tap', 'multi_queue');
  const [here] = await makePair();
  const forwarder = await startForwarder([here.name, 'there0', '--peer-netns', other.name]);
  const untilGone = `while [ -e /proc/${other.name} ]; do sleep 0.05; done`;
  const rest = other.start('sh', '-c', `echo ready; ${untilGone}; ip link del there0`);
  await rest.waitFor(/ready/);
  await other.end();
  t.is((await rest.ended()).code, 0);
  const { code, stderr } = await forwarder.ended();
  t.is(code, 2);
  t.regex(stderr, /rtap: cannot go on forwarding "there0": the device was deleted\n$/);
});
