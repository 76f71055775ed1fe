import test from 'ava';
import { attachedDevice, commandName } from '../../src/tap/holders.js';

test('attachedDevice finds the device in a descriptor of the TUN driver', (t) => {
  const common = 'pos:\t0\nflags:\t0100002\nmnt_id:\t27\nino:\t91\n';
  t.is(attachedDevice(`${common}iff:\tio0\n`), 'io0');
  t.is(attachedDevice(`${common}iff:\t\n`), '');
  t.is(attachedDevice(common), '');
  t.is(attachedDevice(''), '');
});

test('commandName gives the name that people know', (t) => {
  const rows: readonly (readonly [commandLine: string[], comm: string, name: string])[] = [
    [['/usr/bin/qemu-system-x86_64', '-netdev', 'tap'], 'qemu-system-x86', 'qemu-system-x86_64'],
    [['python3', '-c', 'pass'], 'python3', 'python3'],
    [['/usr/bin/node', '/usr/local/bin/rtap', 'rx-dump', 'io0'], 'MainThread', 'rtap'],
    [['node', '--import=tsx', 'bin/rtap'], 'node', 'rtap'],
    [['node'], 'node', 'node'],
    [['rtap', '', ''], 'rtap', 'rtap'],
    [['sshd: root@pts/0'], 'sshd', 'sshd'],
    [[''], 'kworker/0:1', 'kworker/0:1'],
    [['anything/at all'], 'vpn', 'vpn'],
    [['/usr/sbin/vpn'], '', 'vpn'],
    [[], '', '?'],
    [[], '\x1b[31mred', '?[31mred'],
  ];
  for (const [commandLine, comm, name] of rows) t.is(commandName(commandLine, comm), name);
});
