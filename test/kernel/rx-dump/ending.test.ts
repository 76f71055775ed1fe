import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, json, run, start } from '../command.js';
import { eventually } from '../deadline.js';
import { findIpLink, ipLink } from '../ip-link.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

test('rx-dump -c N takes no more than N frames from the kernel, and the next one reads the rest', async (t) => {
  const device = await FlowDevice.create('count0', { words: ['--queues', '1'] });
  // The reader is attached, and stopped while frames come, so that they wait in its queue.
  const reader = start(['rx-dump', 'count0', '--json', '-c', '7']);
  await reader.waitFor(/listening/, 'stderr');
  reader.signal('SIGSTOP');
  await device.send(1, 100);
  reader.signal('SIGCONT');
  const { code, stdout, stderr } = await reader.ended();
  t.deepEqual([code, stdout.trimEnd().split('\n').length], [0, 7]);
  t.regex(stderr, /\n7 packets captured\n0 packets missed /);
  t.like((await json('stats', 'count0')).rx, { packets: 7, bytes: 350 });
});

test('rx-dump -c N counts frames of the chosen queues alone', async (t) => {
  const device = await FlowDevice.create('chosen0');
  const reader = start(['rx-dump', 'chosen0', '-q', '1', '--json', '-c', '5']);
  await reader.waitFor(/listening/, 'stderr');
  const sender = device.startSending(100, 5000, 100);
  const { code, stdout } = await reader.ended();
  sender.signal('SIGKILL');
  t.is(code, 0);
  const lines = stdout.trimEnd().split('\n');
  t.is(lines.length, 5);
  t.true(lines.every((line) => line.startsWith('{"queue":1,')));
});

test('rx-dump --duration ends after that time', async (t) => {
  await FlowDevice.create('time0');
  const begin = performance.now();
  const reader = start(['rx-dump', 'time0', '--duration', '300ms']);
  await reader.waitFor(/listening/, 'stderr');
  const { code, stderr } = await reader.ended();
  t.is(code, 0);
  t.regex(stderr, /\n0 packets captured\n0 packets missed /);
  t.true(performance.now() - begin > 300);
});

test('rx-dump --duration 0 takes what is there and ends', async (t) => {
  await FlowDevice.create('zero0');
  t.is((await run('rx-dump', 'zero0', '--duration', '0')).code, 0);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`rx-dump prints its counts and ends when ${signal} comes`, async (t) => {
    const name = `${signal.slice(3).toLowerCase()}0`;
    const device = await FlowDevice.create(name);
    const reader = start(['rx-dump', name]);
    await reader.waitFor(/listening/, 'stderr');
    await device.send(4, 12);
    await reader.waitFor(/(.*\n){12}/);
    const { code, stderr, signal: endedBy } = await reader.stop(signal);
    t.deepEqual([code, endedBy], [0, null]);
    t.regex(
      stderr,
      /\n12 packets captured\n0 packets missed \(dropped by the kernel before rtap could read them\)\n$/,
    );
    t.is(ipLink(name).linkinfo.info_data.numqueues ?? 0, 0);
  });
}

test('rx-dump takes what the kernel sent before the signal', async (t) => {
  const device = await FlowDevice.create('last0', { words: ['--txqueuelen', '5000'] });
  const reader = start(['rx-dump', 'last0', '--json']);
  await reader.waitFor(/listening/, 'stderr');
  reader.signal('SIGSTOP');
  await device.send(4, 4000);
  reader.signal('SIGINT');
  reader.signal('SIGCONT');
  const { code, stdout, stderr } = await reader.ended();
  t.is(code, 0);
  t.is(stdout.trimEnd().split('\n').length, 4000, stderr);
});

test('rx-dump prints its counts and goes on when SIGUSR1 comes', async (t) => {
  const device = await FlowDevice.create('report0');
  const reader = start(['rx-dump', 'report0']);
  await reader.waitFor(/listening/, 'stderr');
  await device.send(2, 5);
  await reader.waitFor(/(.*\n){5}/);
  reader.signal('SIGUSR1');
  await reader.waitFor(/\n5 packets captured\n0 packets missed /, 'stderr');
  await device.send(2, 3);
  await reader.waitFor(/(.*\n){8}/);
  reader.signal('SIGUSR1');
  await reader.waitFor(/\n8 packets captured\n/, 'stderr');
  t.true(reader.running);
  const { code, stderr } = await reader.stop();
  t.is(code, 0);
  t.is(stderr.match(/packets captured/g)?.length, 3);
});

test('rx-dump waits for a device that is down, and reads it when it comes up', async (t) => {
  const device = await FlowDevice.create('down0', { down: true });
  const reader = start(['rx-dump', 'down0', '-c', '2']);
  await reader.waitFor(/listening/, 'stderr');
  t.regex(reader.stderr, /^rtap: warning: down0 is down: no frames until you run rtap up down0\n/);
  await done('up', 'down0');
  await reader.waitFor(/^rx-dump: down0 is up$/m, 'stderr');
  device.settle();
  await eventually(() => ipLink('down0').flags.includes('LOWER_UP'), 'the carrier');
  await device.send(1, 2);
  const { code, stdout } = await reader.ended();
  t.deepEqual([code, stdout.trimEnd().split('\n').length], [0, 2]);
});

test('rx-dump prints that the device was down when it is up again at once', async (t) => {
  await FlowDevice.create('blink0');
  const reader = start(['rx-dump', 'blink0']);
  await reader.waitFor(/listening/, 'stderr');
  // Both events wait when it goes on.
  reader.signal('SIGSTOP');
  ip('link set blink0 down', 'link set blink0 up');
  reader.signal('SIGCONT');
  await reader.waitFor(/^rx-dump: blink0 was down for a moment$/m, 'stderr');
  const { code, stderr } = await reader.stop('SIGINT');
  t.is(code, 0);
  t.notRegex(stderr, /blink0 is (down|up)/);
});

test('rx-dump prints that the device goes down, is renamed and comes up, and reads on', async (t) => {
  const device = await FlowDevice.create('flap0');
  const reader = start(['rx-dump', 'flap0', '-c', '1']);
  await reader.waitFor(/listening/, 'stderr');
  ip('link set flap0 down');
  await reader.waitFor(/^rtap: warning: flap0 is down: no frames until you run rtap up flap0$/m, 'stderr');
  ip('link set flap0 name flap1');
  await reader.waitFor(/^rx-dump: flap0 was renamed to flap1$/m, 'stderr');
  ip('link set flap1 name flap0');
  await reader.waitFor(/^rx-dump: flap1 was renamed to flap0$/m, 'stderr');
  ip('link set flap0 up');
  await reader.waitFor(/^rx-dump: flap0 is up$/m, 'stderr');
  device.settle();
  await device.send(1, 1);
  const { code, stderr } = await reader.ended();
  t.is(code, 0);
  t.is(stderr.match(/was renamed to/g)?.length, 2, stderr);
});

test('rx-dump prints an error and its counts when the device is deleted', async (t) => {
  const device = await FlowDevice.create('lost0');
  const reader = start(['rx-dump', 'lost0']);
  await reader.waitFor(/listening/, 'stderr');
  await device.send(2, 6);
  await reader.waitFor(/(.*\n){6}/);
  await done('delete', 'lost0');
  const { code, stderr } = await reader.ended();
  t.is(code, 2);
  t.regex(
    stderr,
    /\n6 packets captured\n0 packets missed .*\nrtap: cannot go on reading "lost0": the device was deleted\n/,
  );
  // The kernel takes the device down before it deletes it.
  t.false(stderr.includes('is down'), stderr);
  t.false(stderr.includes('    at '));
  t.is(findIpLink('lost0'), undefined);
});

test('rx-dump counts what the kernel dropped before it was read', async (t) => {
  const device = await FlowDevice.create('miss0', { words: ['--queues', '1', '--txqueuelen', '50'] });
  const reader = start(['rx-dump', 'miss0', '--json']);
  await reader.waitFor(/listening/, 'stderr');
  reader.signal('SIGSTOP');
  await device.send(1, 300);
  reader.signal('SIGCONT');
  const { stdout, stderr, code } = await reader.stop();
  const captured = stdout.trimEnd().split('\n').length;
  t.is(code, 0);
  t.true(captured >= 50 && captured < 300);
  t.true(stderr.includes(`\n${captured} packets captured\n${300 - captured} packets missed `), stderr);
  t.is(ipLink('miss0').stats64.tx.dropped, 300 - captured);
  t.like((await json('stats', 'miss0')).rx, { packets: captured, missed: 300 - captured });
});

test('rx-dump reports what was missed since it attached, not before', async (t) => {
  const device = await FlowDevice.create('before0', { words: ['--txqueuelen', '10'] });
  const holder = start(['create', 'before0', '--exist-ok']);
  await holder.waitFor(/ready/);
  await device.send(4, 200);
  await holder.stop();
  t.true(ipLink('before0').stats64.tx.dropped > 0);
  const { stderr } = await run('rx-dump', 'before0', '--duration', '0');
  t.regex(stderr, /\n0 packets missed /);
});

test('a signal ends rx-dump soon though its output is not read, and rx-dump counts what it did not print', async (t) => {
  const device = await FlowDevice.create('stall0', { words: ['--txqueuelen', '10000'] });
  const reader = start(['rx-dump', 'stall0', '--json'], { outputUnread: true });
  await reader.waitFor(/listening/, 'stderr');
  await device.send(4, 5000);
  await eventually(() => ipLink('stall0').stats64.tx.packets === 5000, 'the last frame');
  reader.signal('SIGUSR1');
  await reader.waitFor(/5000 packets captured/, 'stderr');
  const begin = performance.now();
  const { code, stderr } = await reader.stop();
  t.true(performance.now() - begin < 10_000);
  t.is(code, 3, stderr);
  t.regex(
    stderr,
    /\n5000 packets captured\n0 packets missed .*\n\d+ packets not written: the output is full, or its reader too slow\n/,
  );
});
