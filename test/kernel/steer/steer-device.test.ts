import test from 'ava';
import { programIdOf } from '../../../src/sys/bpf.js';
import { Descriptor, O_RDONLY } from '../../../src/sys/descriptor.js';
import { isSystemError } from '../../../src/sys/errno.js';
import { setTunSteering } from '../../../src/sys/tun.js';
import { HolderChannel } from '../../../src/tap/lease/holder-channel.js';
import { HOLDER_SOCKET } from '../../../src/tap/lease/holder-socket.js';
import { waitForReply } from '../../../src/tap/lease/reply-wait.js';
import { withTemporaryQueue } from '../../../src/tap/link/temporary-queue.js';
import { readSteering, setSteering } from '../../../src/tap/steer/steering.js';
import { ip } from '../../netlink/iproute2.js';
import { done, json, refusal, run, runWith } from '../command.js';
import { eventually } from '../deadline.js';
import { ready, type View } from '../hold/ready-holder.js';
import { ipLink } from '../ip-link.js';
import { OtherNamespace } from '../other-namespace.js';
import { readLink } from '../ring-tap.js';
import { unprivileged } from '../unprivileged.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';
import { assertQueues, makeDevice, SteeredDevice } from './steered-device.js';

const workspace = enterWorkspace();

const TO_QUEUE_2 = ['--by', 'dst-port', '--map', '0-65535=2'];
const PURPOSE = { action: 'steer', object: 'device' };

/** Whether the kernel spreads flows by its own hash. */
async function isSpread(device: SteeredDevice): Promise<boolean> {
  const frames = await device.send(200, { kinds: ['udp4'] });
  return new Set(frames.map(({ queue }) => queue)).size > 1;
}

test('steer prints off, sets, prints what it has set in a form that it takes, and takes it off', async (t) => {
  using device = await makeDevice('set0', 4);
  t.is(await done('steer', 'set0'), 'off\n');
  t.deepEqual(await json('steer', 'set0'), { ifname: 'set0', steer: null });
  const { code, stdout, stderr } = await run('steer', 'set0', ...TO_QUEUE_2);
  t.deepEqual(
    [code, stdout, stderr],
    [
      0,
      '',
      'steer: set0 has no holder, so the program stays with the device; take it off: rtap steer set0 off\n',
    ],
  );
  await assertQueues(t, device, { kinds: ['udp4'], count: 50 }, () => 2);
  const printed = await done('steer', 'set0');
  t.is(printed, '--by dst-port --map 0-65535=2 --else flow\n');
  const steer = { by: 'dst-port', map: '0-65535=2', else: 'flow' };
  t.deepEqual(await json('steer', 'set0', ...printed.trim().split(' ')), { ifname: 'set0', steer });
  t.like(await json('show', 'set0'), { steer });
  t.regex(await done('show', 'set0'), /^steer {8}--by dst-port --map 0-65535=2 --else flow$/m);
  t.deepEqual(await json('steer', 'set0', 'off'), { ifname: 'set0', steer: null });
  t.true(await isSpread(device));
  t.like(await json('show', 'set0'), { steer: null });
});

test('the program stays with a persistent device that no process has attached, and goes with the device', async (t) => {
  await done('create', 'keep0', '--persist', '--up');
  await done('steer', 'keep0', ...TO_QUEUE_2);
  for (let round = 0; round < 2; round++) {
    using device = await SteeredDevice.open('keep0');
    await assertQueues(t, device, { kinds: ['udp4'], count: 50 }, () => 2);
  }
  t.is(ipLink('keep0').linkinfo.info_data.numqueues, 0);
  t.not(await done('steer', 'keep0'), 'off\n');
  await done('delete', 'keep0');
  await done('create', 'keep0', '--persist', '--up');
  t.is(await done('steer', 'keep0'), 'off\n');
  using device = await SteeredDevice.open('keep0');
  t.true(await isSpread(device));
});

test('a holder sets the program, and it stays when the holder ends and when another takes over', async (t) => {
  await done('create', 'held0', '--persist', '--up');
  const holder = await ready('hold', 'held0');
  const { code, stderr } = await run(
    'steer',
    'held0',
    '--by',
    'src-port',
    '--map',
    '0-65535=0-2',
    '--else',
    '3',
  );
  t.deepEqual([code, stderr], [0, ''], 'the holder keeps the device');
  {
    using device = await SteeredDevice.open('held0');
    await assertQueues(t, device, { kinds: ['udp4', 'icmp4'] }, ({ sport }) =>
      sport === undefined ? 3 : sport % 3,
    );
  }
  const next = await ready('hold', 'held0', '--take-over');
  await holder.ended();
  t.is(await done('steer', 'held0'), '--by src-port --map 0-65535=0-2 --else 3\n');
  t.deepEqual((await json<View>('show', 'held0')).attached, []);
  await done('steer', 'held0', ...TO_QUEUE_2);
  await next.stop();
  t.is(await done('steer', 'held0'), '--by dst-port --map 0-65535=2 --else flow\n');
  using device = await SteeredDevice.open('held0');
  await assertQueues(t, device, { kinds: ['tcp4'], count: 50 }, () => 2);
});

test('a map of 512 long ranges passes through a holder', async (t) => {
  await done('create', 'long0', '--persist', '--up');
  await ready('hold', 'long0');
  const part = (index: number) => index.toString(16).padStart(4, '0');
  const map = Array.from({ length: 512 }, (_, index) => {
    const prefix = `2001:0db8:0000:0000:0000:0000:${part(index)}`;
    return `${prefix}:0000-${prefix}:ffff=0-3`;
  }).join();
  await done('steer', 'long0', '--by', 'dst-ip', '--map', map);
  t.true((await done('steer', 'long0')) === `--by dst-ip --map ${map} --else flow\n`);
});

test('a device that moves to another network namespace keeps its program, and its holder brings the record', async (t) => {
  await done('create', 'move0', '--persist', '--up', '--txqueuelen', '5000');
  await ready('hold', 'move0');
  await done('steer', 'move0', '--by', 'udp-dst-port', '--map', '0-32767=1,32768-65535=2', '--else', '3');
  await done('filter', 'move0', '--mac', '02:00:00:00:00:07');
  await done('filter', 'move0', 'off');
  using device = await SteeredDevice.open('move0');
  const place = await OtherNamespace.make();
  ip(`link set move0 netns ${place.name}`);
  await place.run('ip', 'link', 'set', 'move0', 'up');
  const netns = ['--netns', place.name];
  await assertQueues(t, device, { kinds: ['udp4', 'udp6', 'arp'], netns: place.name }, ({ dport, kind }) =>
    kind === 'arp' ? 3 : dport! < 32_768 ? 1 : 2,
  );
  const followed = async () => (await run('steer', 'move0', ...netns)).stdout !== 'off\n';
  while (!(await followed()));
  t.is(await done('steer', 'move0', ...netns), '--by udp-dst-port --map 0-32767=1,32768-65535=2 --else 3\n');
  await done('steer', 'move0', 'off', ...netns);
  t.is(await done('steer', 'move0', ...netns), 'off\n');
});

test('steer prints unknown after another program has taken its program off', async (t) => {
  await done('create', 'other0', '--persist');
  await done('steer', 'other0', '--by', 'flow');
  withTemporaryQueue(readLink('other0'), PURPOSE, ({ fd }) => setTunSteering(fd, undefined, PURPOSE));
  await eventually(() => readSteering('other0') === 'unknown', 'the kernel to free the program');
  t.is(await done('steer', 'other0'), 'unknown\n');
  t.deepEqual(await json('steer', 'other0'), { ifname: 'other0', steer: 'unknown' });
  await done('steer', 'other0', 'off');
  t.is(await done('steer', 'other0'), 'off\n');
});

test('steer names what a user without CAP_BPF lacks, with and without a holder, and lets that user take a program off', async (t) => {
  await done('create', 'own0', '--persist', '--owner', 'nobody');
  await done('create', 'own1', '--persist', '--owner', 'nobody');
  await ready('hold', 'own1');
  for (const name of ['own0', 'own1']) {
    const { code, stderr } = await unprivileged('steer', name, '--by', 'flow');
    t.is(code, 2);
    t.is(
      stderr,
      `rtap: cannot steer "${name}": bpf(BPF_PROG_LOAD) failed with EPERM\nhint: run as root outside of a user namespace, or grant CAP_BPF; check this machine: rtap doctor\n`,
    );
    await done('steer', name, '--by', 'flow');
    t.is((await unprivileged('steer', name)).stdout, '--by flow --else flow\n');
    t.deepEqual((await unprivileged('steer', name, 'off')).stderr, '');
    t.is(await done('steer', name), 'off\n');
  }
  await done('create', 'root0', '--persist', '--owner', 'root');
  await ready('hold', 'root0');
  const { code, stderr } = await unprivileged('steer', 'root0', 'off');
  t.is(code, 2);
  t.regex(
    stderr,
    /^rtap: cannot steer "root0": its holder, .* does not lend to this user\nhint: run as root/,
  );
});

test('steer warns if it cannot remember what it has set', async (t) => {
  await done('create', 'forget0', '--persist');
  const runtime = '/proc/no-such-folder';
  const before = process.env.RTAP_RUNTIME_DIR;
  process.env.RTAP_RUNTIME_DIR = runtime;
  try {
    t.deepEqual(setSteering('forget0', { by: 'flow' }), { throughHolder: false, remembered: false });
  } finally {
    process.env.RTAP_RUNTIME_DIR = before;
  }
  const { code, stderr } = await runWith(
    { env: { RTAP_RUNTIME_DIR: runtime } },
    'steer',
    'forget0',
    '--by',
    'flow',
  );
  t.is(code, 0);
  t.regex(stderr, /^rtap: warning: this user cannot write the runtime directory/m);
});

test('steer refuses absent devices, single-queue devices and impossible words', async (t) => {
  ip('tuntap add dev single0 mode tap', 'link add bridge0 type bridge');
  await done('create', 'words0', '--persist');
  const keys = 'wanted udp-dst-port, tcp-dst-port, dst-port, src-port, src-ip, dst-ip, vlan, flow';
  const rows: readonly (readonly [words: readonly string[], code: number, message: string])[] = [
    [['nosuch0', '--by', 'flow'], 2, 'cannot steer "nosuch0": there is no such device'],
    [['nosuch0'], 2, 'cannot read "nosuch0": there is no such device'],
    [['bridge0', 'off'], 2, 'cannot steer "bridge0": it is not a TAP (bridge)'],
    [['single0', '--by', 'flow'], 2, 'cannot steer "single0": it is a single-queue device'],
    [['words0', '--by', 'port'], 1, `cannot steer by "port": ${keys}`],
    [['words0', 'on'], 1, 'cannot read "on": wanted off, or options'],
    [['words0', 'off', '--by', 'flow'], 1, 'cannot use --by with "off"'],
    [['words0', '--map', '53=1'], 1, 'cannot use --map without --by'],
    [['words0', '--else', '1'], 1, 'cannot use --else without --by'],
    [['words0', '--by', 'flow', '--map', '53=1'], 1, 'cannot use a map with "flow": it has no values'],
    [
      ['words0', '--by', 'flow', '--else', 'all'],
      1,
      'cannot read --else "all": wanted the number of a queue, or flow',
    ],
    [['words0', '--by', 'flow', '--else', '256'], 1, 'cannot use queue 256: 0 to 255 are possible'],
  ];
  for (const [words, code, message] of rows)
    t.deepEqual((await refusal('steer', ...words)).slice(0, 2), [code, `rtap: ${message}`]);
});

test('a holder refuses programs that are none, and rules that it does not know', async (t) => {
  await done('create', 'raw0', '--persist');
  const { pid } = await ready('hold', 'raw0');
  const folder = deviceFolder(workspace, readLink('raw0').index);
  const record = { by: 'flow', map: undefined, else: 'flow', program: 1 };
  const request = (descriptors: readonly number[], words: object | undefined) => {
    using channel = HolderChannel.connect(folder, HOLDER_SOCKET, PURPOSE)!;
    waitForReply(channel.fd, PURPOSE, 5000);
    channel.receiveBare(PURPOSE);
    channel.send({ type: 'steer', record: words as typeof record | undefined }, PURPOSE, descriptors);
    waitForReply(channel.fd, PURPOSE, 5000);
    try {
      return channel.receiveBare(PURPOSE).type;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return error.code;
    }
  };
  using nothing = Descriptor.open('/dev/null', O_RDONLY, PURPOSE);
  t.is(request([nothing.fd], record), 'EINVAL', 'no program');
  t.is(request([], record), 'EBADMSG', 'no descriptor');
  t.is(request([nothing.fd, nothing.fd], record), 'EBADMSG', 'two descriptors');
  t.is(request([nothing.fd], undefined), 'EBADMSG', 'a descriptor for nothing');
  t.is(request([nothing.fd], { ...record, by: 'moon' }), 'EINVAL', 'an unknown key');
  t.is(request([nothing.fd], { ...record, by: 'vlan', map: '1=999' }), 'EINVAL', 'an impossible map');
  t.is(request([], undefined), 'done');
  t.like(await json<View>('show', 'raw0'), { holder: { pid }, steer: null });
  t.throws(() => programIdOf(nothing.fd, PURPOSE), { code: 'EINVAL' });
});

test('the library sets a rule with blanks in its map, reads it and removes it', async (t) => {
  await done('create', 'lib0', '--persist');
  const rule = { by: 'dst-port', map: ' 5000-5003 = 0-3, 53=1 ', else: 2 } as const;
  t.deepEqual(setSteering('lib0', rule), { throughHolder: false, remembered: true });
  t.deepEqual(readSteering('lib0'), { ...rule, map: '5000-5003=0-3,53=1' });
  t.is(await done('steer', 'lib0', '--by', 'vlan', '--map', '5 = 1, 6=0'), '');
  t.is(await done('steer', 'lib0'), '--by vlan --map 5=1,6=0 --else flow\n');
  setSteering('lib0', undefined);
  t.is(readSteering('lib0'), 'off');
  t.throws(() => setSteering('lib0', { by: 'flow', else: 4 }), {
    code: 'EINVAL',
    message: /lib0 has 4 queues/,
  });
  t.throws(() => setSteering('lib0', { by: 'dst-port', map: '53' }), { instanceOf: TypeError });
});
