import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { serialIfAble } from '../able.js';
import { withDeadline } from '../deadline.js';
import { missingForSystemd, SystemdMachine } from '../systemd-machine.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();
const serial = serialIfAble(missingForSystemd());

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));
const UNITS = readdirSync(EXAMPLES).filter((name) => /\.(service|socket)$/.test(name));
const HOLD = 'rtap-hold@io0.service';
const SOCKET = 'rtap-hold@io0.socket';
const DEVICE = 'rtap@io0.service';
const METRICS = 'rtap-metrics.service';

/** The exposure that `systemd-analyze security` may find at most, in tenths: 100 is that of a unit without any limit. */
const EXPOSURE_MAX = { [DEVICE]: 30, [HOLD]: 30, [METRICS]: 20 };

let machine: SystemdMachine;
test.after.always('the machine ends, and leaves no control group', () => machine?.end());

/** Waits until the properties of a unit have these values. */
async function reach(unit: string, wanted: Readonly<Record<string, string>>) {
  const look = async () => {
    for (;;) {
      const properties = await machine.show(unit);
      if (Object.entries(wanted).every(([key, value]) => properties[key] === value)) return properties;
    }
  };
  return withDeadline(look(), `${unit} to have ${JSON.stringify(wanted)}`);
}

async function writeFile(path: string, text: string): Promise<void> {
  await machine.done('sh', '-c', 'mkdir -p "$(dirname "$0")" && printf %s "$1" >"$0"', path, text);
}

async function linkOf(name: string): Promise<Record<string, unknown>> {
  const [link] = JSON.parse(await machine.done('ip', '-d', '-j', 'link', 'show', 'dev', name));
  return link;
}

serial('the units start under systemd, which finds no fault with them', async (t) => {
  machine = await SystemdMachine.boot(
    UNITS.map((name) => join(EXAMPLES, name)),
    directory,
  );
  for (const unit of UNITS) {
    const { code, stdout, stderr } = await machine.run(
      'systemd-analyze',
      'verify',
      '--man=no',
      unit.replace('@', '@io0'),
    );
    t.deepEqual([code, stdout, stderr], [0, '', ''], unit);
  }
});

serial('rtap@.service makes a device from a file, changes it, and deletes it', async (t) => {
  await writeFile('/etc/rtap/io0.env', 'OPTIONS=--queues 2 --mtu 1400 --offload csum\n');
  await machine.done('systemctl', 'enable', '--now', DEVICE);
  t.like(await linkOf('io0'), { mtu: 1400, linkinfo: { info_data: { persist: true } } });
  const shown = JSON.parse(await machine.done('rtap', 'show', 'io0', '--json'));
  t.like(shown, { queues: 2, offloads: ['csum'] });
  await writeFile('/etc/rtap/io0.env', 'OPTIONS=--queues 3 --mtu 1300\n');
  await machine.done('systemctl', 'start', HOLD);
  await machine.done('systemctl', 'reload', DEVICE);
  t.like(await linkOf('io0'), { mtu: 1300, ifindex: shown.ifindex });
  // The option that is gone has set it.
  t.like(JSON.parse(await machine.done('rtap', 'show', 'io0', '--json')), { offloads: ['csum'] });
  await machine.done('systemctl', 'restart', HOLD);
  t.deepEqual(await machine.journal(HOLD), ['io0: ready, 2 queues', 'io0: ready, 3 queues']);
  await writeFile('/etc/rtap/io0.env', 'OPTIONS=--queues 2 --mtu 1300\n');
  await machine.done('systemctl', 'stop', DEVICE);
  t.is((await machine.run('ip', 'link', 'show', 'dev', 'io0')).code, 1);
});

serial('the first rx-dump starts the holder by its socket', async (t) => {
  await machine.done('systemctl', 'enable', '--now', SOCKET);
  t.like(await machine.show(DEVICE), { ActiveState: 'active' });
  t.like(await machine.show(HOLD), { ActiveState: 'inactive' });
  const reader = machine.start('rtap', 'rx-dump', 'io0', '-q', '1');
  await reader.waitFor(/listening on io0, queue 1/, 'stderr');
  const { MainPID } = await reach(HOLD, { ActiveState: 'active' });
  const shown = JSON.parse(await machine.done('rtap', 'show', 'io0', '--json'));
  t.like(shown, { holder: { pid: Number(MainPID) }, unread: [0] });
  await machine.stop(reader);
  t.is((await machine.journal(HOLD)).at(-1), 'io0: ready, 2 queues');
});

/** A bridge leads what is sent into io1 out of io0. */
async function bridge(): Promise<void> {
  await machine.done('rtap', 'create', 'io1', '--persist', '--up', '--queues', '1');
  await machine.done('ip', 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0');
  for (const port of ['io0', 'io1']) await machine.done('ip', 'link', 'set', port, 'master', 'br0');
  await machine.done('ip', 'link', 'set', 'br0', 'up');
}

async function hasCarrier(name: string): Promise<void> {
  const look = async () => {
    while ((await linkOf(name)).operstate !== 'UP');
  };
  await withDeadline(look(), `the carrier of ${name}`);
}

/** How many packets rtap has received from a device. */
async function receivedPackets(name: string): Promise<number> {
  return JSON.parse(await machine.done('rtap', 'stats', name, '--json')).rx.packets;
}

serial('a reload replaces the holder, and its reader loses no frame', async (t) => {
  await bridge();
  const reader = machine.start('rtap', 'rx-dump', 'io0', '--verify', 'udp');
  await reader.waitFor(/listening on io0/, 'stderr');
  await hasCarrier('io0');
  const before = await receivedPackets('io0');
  const template = ['--udp', '192.0.2.9:1000-192.0.2.8:2000', '--dst-mac', '02:00:00:00:00:08'];
  const sender = machine.start(
    'rtap',
    'tx-inject',
    'io1',
    ...template,
    '--stamp',
    '--rate',
    '2kpps',
    '--loop',
    '0',
  );
  const pids = [(await machine.show(HOLD)).MainPID];
  for (let reload = 0; reload < 3; reload++) {
    const count = await receivedPackets('io0');
    await machine.done('systemctl', 'reload', HOLD);
    const { ActiveState, MainPID } = await machine.show(HOLD);
    t.is(ActiveState, 'active');
    pids.push(MainPID);
    t.true((await receivedPackets('io0')) > count, 'frames came meanwhile');
  }
  t.is(new Set(pids).size, 4);
  const { code, stderr: report } = await machine.stop(sender);
  t.is(code, 0);
  const [, frames] = /^(\d+) packets offered, \1 accepted/m.exec(report)!;
  while ((await receivedPackets('io0')) < before + Number(frames));
  const verified = await machine.stop(reader);
  t.is(verified.code, 0, verified.stderr);
  t.regex(
    verified.stdout + verified.stderr,
    new RegExp(`${frames} of ${frames} frames, 0 lost, 0 duplicates`),
  );
  const { MainPID } = await machine.show(HOLD);
  const shown = JSON.parse(await machine.done('rtap', 'show', 'io0', '--json'));
  t.like(shown, { holder: { pid: Number(MainPID) } });
});

serial('the units bound what rtap may do', async (t) => {
  for (const [unit, most] of Object.entries(EXPOSURE_MAX)) {
    const { code, stdout } = await machine.run(
      'systemd-analyze',
      'security',
      '--no-pager',
      `--threshold=${most}`,
      unit,
    );
    t.is(code, 0, stdout);
  }
  await machine.done('systemctl', 'enable', '--now', METRICS);
  const statusOf = async (unit: string) => {
    const { MainPID } = await machine.show(unit);
    const text = await machine.done('cat', `/proc/${MainPID}/status`);
    return (key: string) => new RegExp(`^${key}:\\s*(.*)$`, 'm').exec(text)?.[1];
  };
  const holder = await statusOf(HOLD);
  // CAP_NET_ADMIN is number 12.
  t.deepEqual([holder('CapBnd'), holder('NoNewPrivs'), holder('Seccomp')], ['0000000000001000', '1', '2']);
  const metrics = await statusOf(METRICS);
  t.deepEqual([metrics('CapBnd'), metrics('NoNewPrivs')], ['0000000000000000', '1']);
  t.notRegex(metrics('Uid')!, /^0\s/);
});

serial('metrics of a service without rights has the state of the device and its holder', async (t) => {
  const reader = machine.start('rtap', 'rx-dump', 'io0', '-q', '1');
  await reader.waitFor(/listening/, 'stderr');
  const text = await machine.done('curl', '-sS', 'http://127.0.0.1:9177/metrics');
  t.regex(text, /^rtap_device_held\{device="io0"\} 1$/m);
  t.regex(text, /^rtap_queue_readers\{device="io0",queue="0"\} 0$/m);
  t.regex(text, /^rtap_queue_readers\{device="io0",queue="1"\} 1$/m);
  t.regex(text, /^rtap_packets_total\{device="io0",queue="\d",direction="rx"\} \d+$/m);
  await machine.stop(reader);
  t.deepEqual(await machine.journal(METRICS), ['metrics: listening on http://127.0.0.1:9177/metrics']);
  await machine.done('rtap', 'create', 'other0', '--persist');
  await writeFile('/etc/rtap-metrics.env', 'ADDRESS=[::1]:9178\nOPTIONS=--remote other0\n');
  await machine.done('systemctl', 'restart', METRICS);
  const named = await machine.done('curl', '-sS', 'http://[::1]:9178/metrics');
  t.deepEqual(named.match(/^rtap_device_up.*$/gm), ['rtap_device_up{device="other0"} 0']);
  await machine.done('rtap', 'delete', 'other0');
});

serial('a holder that is restarted or killed comes back', async (t) => {
  const before = (await machine.show(HOLD)).MainPID;
  await machine.done('systemctl', 'restart', HOLD);
  const { MainPID: restarted } = await machine.show(HOLD);
  t.not(restarted, before);
  await machine.done('kill', '-KILL', restarted!);
  await reach(HOLD, { NRestarts: '1', ActiveState: 'active' });
  t.not((await machine.show(HOLD)).MainPID, restarted);
});

serial(
  'a holder of a device that belongs to a user says which rights it lacks, and a drop-in gives them',
  async (t) => {
    await writeFile('/etc/rtap/own0.env', 'OPTIONS=--owner daemon\n');
    t.is((await machine.run('systemctl', 'start', 'rtap-hold@own0.service')).code, 1);
    const said = await machine.journal('rtap-hold@own0.service', '--priority=err');
    t.regex(
      said.join('\n'),
      /^rtap: cannot hold "own0": .*\nhint: this root lacks CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, which/,
    );
    await machine.done('systemctl', 'stop', 'rtap-hold@own0.service', 'rtap@own0.service');
    for (const unit of ['rtap@own0.service', 'rtap-hold@own0.service'])
      await writeFile(
        `/etc/systemd/system/${unit}.d/owner.conf`,
        '[Service]\nCapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER\n',
      );
    await machine.done('systemctl', 'daemon-reload');
    await machine.done('systemctl', 'start', 'rtap-hold@own0.service');
    const user = ['setpriv', '--reuid=daemon', '--regid=daemon', '--clear-groups'];
    const reader = machine.start(...user, 'rtap', 'rx-dump', 'own0');
    await reader.waitFor(/listening on own0, queues 0-3/, 'stderr');
    await machine.stop(reader);
    await machine.done('systemctl', 'stop', 'rtap@own0.service');
    t.like(await machine.show('rtap-hold@own0.service'), { ActiveState: 'inactive', Result: 'success' });
  },
);

serial('what a successor says is in the journal, too, with its priority', async (t) => {
  await machine.done('systemctl', 'reload', HOLD);
  await machine.done('ip', 'link', 'set', 'io0', 'nomaster');
  await machine.done('rtap', 'delete', 'io0');
  await reach(HOLD, { ActiveState: 'activating' });
  const lines = await machine.journal(HOLD, '--priority=err');
  t.true(lines.includes('rtap: cannot go on holding "io0": the device was deleted'), lines.join('\n'));
  t.false(lines.some((line) => line.includes('ready')));
});

serial('to stop the device stops its holder and its socket', async (t) => {
  await machine.done('systemctl', 'restart', DEVICE);
  await machine.done('systemctl', 'start', HOLD, SOCKET);
  await reach(HOLD, { ActiveState: 'active' });
  await machine.done('systemctl', 'stop', DEVICE);
  for (const unit of [HOLD, SOCKET, DEVICE])
    t.like(await machine.show(unit), { ActiveState: 'inactive', Result: 'success' }, unit);
  t.is((await machine.run('ip', 'link', 'show', 'dev', 'io0')).code, 1);
  await machine.done('rtap', 'delete', 'io1');
  t.is(await machine.done('ls', '-A', '/run/rtap'), '');
});
