import { spawn } from 'node:child_process';
import test from 'ava';
import { attachedDevice, commandName, isAlive, isStopped } from '../../../src/tap/link/attached-processes.js';

test('attachedDevice returns the device when the descriptor is of the TUN driver and attached', (t) => {
  const common = 'pos:\t0\nflags:\t0100002\nmnt_id:\t27\nino:\t91\n';
  t.is(attachedDevice(`${common}iff:\tio0\n`), 'io0');
  t.is(attachedDevice(`${common}iff:\t\n`), '');
  t.is(attachedDevice(common), '');
  t.is(attachedDevice(''), '');
});

test("commandName returns the script or the program when it is given argv and the kernel's name", (t) => {
  const rows: readonly (readonly [commandLine: string[], comm: string, name: string])[] = [
    [['/usr/bin/qemu-system-x86_64', '-netdev', 'tap'], 'qemu-system-x86', 'qemu-system-x86_64'],
    [['python3', '-c', 'pass'], 'python3', 'python3'],
    [['/usr/bin/node', '/usr/local/bin/rtap', 'hold', 'rx-dump'], 'MainThread', 'rtap'],
    [['/usr/bin/node', '/usr/local/bin/rtap', 'rx-dump', 'io0'], 'MainThread', 'rx-dump'],
    [['node', 'bin/rtap', '--netns', 'blue', 'fwd', 'io0', 'io1'], 'MainThread', 'fwd'],
    [['node', 'bin/rtap', '--netns', 'fwd', 'hold', 'io0'], 'MainThread', 'rtap'],
    [['node', '/srv/other', 'fwd'], 'MainThread', 'other'],
    [['node', '--import=tsx', 'bin/rtap'], 'node', 'rtap'],
    [['node'], 'node', 'node'],
    [['rtap', '', ''], 'rtap', 'rtap'],
    [['sshd: root@pts/0'], 'sshd', 'sshd'],
    [[''], 'kworker/0:1', 'kworker/0:1'],
    [['anything/at all'], 'vpn', 'vpn'],
    [['/usr/sbin/vpn'], '', 'vpn'],
    [[], '', '?'],
    [[], '\x1b[31mred', '?[31mred'],
    [['node', 'x'.repeat(5000)], 'node', 'x'.repeat(64)],
  ];
  for (const [commandLine, comm, name] of rows) t.is(commandName(commandLine, comm), name);
});

test('isAlive is false when a process has ended, whether its parent has waited for it or not', async (t) => {
  t.true(isAlive(process.pid));
  const child = spawn('true');
  const { pid } = child;
  // Node waits for it in the event loop, which does not turn here.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  t.false(isAlive(pid!));
  await new Promise((resolve) => child.on('exit', resolve));
  t.false(isAlive(pid!));
});

test('isStopped is true when a signal has stopped the process', async (t) => {
  const child = spawn('sleep', ['60']);
  const pid = child.pid!;
  t.false(isStopped(pid));
  child.kill('SIGSTOP');
  while (!isStopped(pid)) await new Promise((resolve) => setImmediate(resolve));
  t.true(isAlive(pid));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('exit', resolve));
  t.false(isStopped(pid));
});
