import test from 'ava';
import { TUN_F_CSUM, TUN_F_TSO_ECN, TUN_F_USO4, TUN_F_USO6 } from '../../../src/sys/tun.js';
import { CreatedDevice } from '../../../src/tap/device/device-creation.js';
import { changeOffloads, type Offload, readOffloads } from '../../../src/tap/device/offloads.js';
import { findTap } from '../../../src/tap/link/tap-link.js';
import { TapDevice } from '../../../src/tap/queue/tap-device.js';
import { ip } from '../../netlink/iproute2.js';
import { frameOf } from '../capture.js';
import { done, json, RTAP, refusal, run, start } from '../command.js';
import { compileDenied } from '../denied.js';
import { findIpLink, ipLink } from '../ip-link.js';
import { runTool, startPeer } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { unprivileged } from '../unprivileged.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

const NAMES: readonly (readonly [offload: Offload, feature: string])[] = [
  ['csum', 'tx-checksum-ip-generic'],
  ['tso4', 'tx-tcp-segmentation'],
  ['tso6', 'tx-tcp6-segmentation'],
  ['ecn', 'tx-tcp-ecn-segmentation'],
  ['uso', 'tx-udp-segmentation'],
];

/** The offloads that `ethtool -k` shows as on, in rtap's names. */
function byEthtool(name: string): Offload[] {
  const text = runTool('ethtool', '-k', name);
  return NAMES.filter(([, feature]) => new RegExp(`^\\s*${feature}: on`, 'm').test(text)).map(
    ([word]) => word,
  );
}

test('create sets the offloads csum, tso4, tso6 and ecn by default', async (t) => {
  await done('create', 'default0', '--persist');
  const expected = ['csum', 'tso4', 'tso6', 'ecn'];
  t.deepEqual((await json('show', 'default0')).offloads, expected);
  t.deepEqual(byEthtool('default0'), expected);
  t.deepEqual(await json('offload', 'default0'), { ifname: 'default0', offloads: expected });
  t.is(await done('offload', 'default0'), 'csum,tso4,tso6,ecn\n');
  t.regex(await done('show', 'default0'), /^offloads +csum,tso4,tso6,ecn$/m);
});

test('create sets the given offloads, and those that they need', async (t) => {
  const rows: readonly (readonly [list: string, offloads: readonly string[]])[] = [
    ['none', []],
    ['csum', ['csum']],
    ['tso6', ['csum', 'tso6']],
    ['ecn', ['csum', 'tso4', 'tso6', 'ecn']],
    ['uso4,uso6', ['csum', 'uso']],
    ['tso,ecn,uso', ['csum', 'tso4', 'tso6', 'ecn', 'uso']],
  ];
  for (const [row, [list, offloads]] of rows.entries()) {
    await done('create', `told${row}`, '--persist', '--offload', list);
    t.deepEqual(byEthtool(`told${row}`), [...offloads], list);
    t.deepEqual(readOffloads(`told${row}`), [...offloads], list);
  }
});

test('create --exist-ok sets the given offloads of an existing device, and keeps them without --offload', async (t) => {
  await done('create', 'exist0', '--persist', '--offload', 'uso');
  await done('create', 'exist0', '--persist', '--exist-ok', '--mtu', '1400');
  t.deepEqual(byEthtool('exist0'), ['csum', 'uso']);
  await done('create', 'exist0', '--persist', '--exist-ok', '--offload', 'tso4');
  t.deepEqual(byEthtool('exist0'), ['csum', 'tso4']);
  ip('tuntap add dev exist1 mode tap multi_queue');
  await done('create', 'exist1', '--persist', '--exist-ok', '--offload', 'csum');
  t.deepEqual(byEthtool('exist1'), ['csum']);
  t.true(ipLink('exist1').linkinfo.info_data.vnet_hdr);
  await done('create', 'exist1', '--persist', '--exist-ok', '--offload', 'none');
  t.deepEqual(byEthtool('exist1'), []);
});

test('offload sets a list, prints what came with it, and accepts its own output', async (t) => {
  await done('create', 'set0', '--persist');
  const rows: readonly (readonly [list: string, note: string, offloads: readonly string[]])[] = [
    ['none', '', []],
    ['uso', 'offload: csum is on as well, because uso needs it\n', ['csum', 'uso']],
    ['ecn', 'offload: csum,tso4,tso6 is on as well, because ecn needs it\n', ['csum', 'tso4', 'tso6', 'ecn']],
    ['csum,tso4,ecn', '', ['csum', 'tso4', 'ecn']],
  ];
  for (const [list, note, offloads] of rows) {
    const { code, stdout, stderr } = await run('offload', 'set0', list);
    t.deepEqual([code, stdout, stderr], [0, '', note]);
    t.deepEqual(byEthtool('set0'), [...offloads], list);
  }
  t.is(await done('offload', '-i', 'set0'), 'csum,tso4,ecn\n');
});

test('offload works on a device that a process holds, takes none of its frames from then on, and none is attached', async (t) => {
  await done('create', 'held0', '--persist', '--up', '--queues', '2');
  const reader = start(['rx-dump', 'held0']);
  await reader.waitFor(/listening/, 'stderr');
  const { code, stderr } = await run('offload', 'held0', 'none');
  t.deepEqual([code, stderr], [0, '']);
  t.deepEqual(byEthtool('held0'), []);
  const { numqueues, numdisabled = 0 } = ipLink('held0').linkinfo.info_data;
  t.deepEqual([numqueues, numdisabled], [2, 0]);
  await reader.stop();
});

test('reading, feeding and opening a device leave its offloads as they are', async (t) => {
  await done('create', 'kept0', '--persist', '--up', '--offload', 'csum,tso4');
  const look = () => [byEthtool('kept0'), readOffloads('kept0')];
  const before = look();
  await run('rx-dump', 'kept0', '--duration', '0');
  t.deepEqual(look(), before);
  await done('tx-inject', 'kept0', '--hex', frameOf(1));
  t.deepEqual(look(), before);
  {
    using _device = TapDevice.open('kept0');
    t.deepEqual(look(), before);
  }
  t.deepEqual(look(), before);
});

test('offload sees what ethtool switched off, and switches it on again', async (t) => {
  await done('create', 'tool0', '--persist');
  runTool('ethtool', '-K', 'tool0', 'tso', 'off');
  const shown = await json<{ offloads: string[] }>('offload', 'tool0');
  t.deepEqual(shown.offloads, byEthtool('tool0'));
  t.false(shown.offloads.includes('tso4'));
  await run('offload', 'tool0', 'tso');
  t.deepEqual(byEthtool('tool0'), ['csum', 'tso4', 'tso6']);
});

test('offload names the offloads that the kernel refuses, and changes nothing', async (t) => {
  await done('create', 'sg0', '--persist', '--offload', 'csum');
  runTool('ethtool', '-K', 'sg0', 'sg', 'off');
  t.deepEqual(await refusal('offload', 'sg0', 'tso'), [
    2,
    'rtap: cannot change "sg0": the kernel leaves the offload tso4, tso6 off',
    'hint: tso and uso need scatter-gather: ethtool -K sg0 sg on; list what is on: ethtool -k sg0',
  ]);
  t.deepEqual(byEthtool('sg0'), ['csum']);
});

test('offload refuses unknown words, absent devices, and links that are no TAP', async (t) => {
  ip('link add br0 type bridge');
  const wanted = 'wanted csum, tso, tso4, tso6, ecn or uso, separated by commas, or none';
  const rows: readonly (readonly [words: readonly string[], code: number, message: string])[] = [
    [['offload', 'any0', 'lro'], 1, `cannot read offload "lro": ${wanted}`],
    [['create', 'any0', '--offload', 'csum,'], 1, `cannot read offload "": ${wanted}`],
    [['offload', 'any0', 'csum'], 2, 'cannot change "any0": there is no such device'],
    [['offload', 'any0'], 2, 'cannot read "any0": there is no such device'],
    [['offload', 'br0'], 2, 'cannot read "br0": it is not a TAP (bridge)'],
  ];
  for (const [words, code, message] of rows) {
    t.deepEqual((await refusal(...words)).slice(0, 2), [code, `rtap: ${message}`]);
  }
  t.is(findIpLink('any0'), undefined);
});

test('offload names the user of a single-queue device in use, and changes a free one', async (t) => {
  ip('tuntap add dev single0 mode tap vnet_hdr');
  t.is((await run('offload', 'single0', 'tso6')).code, 0);
  t.deepEqual(byEthtool('single0'), ['csum', 'tso6']);
  const holder = startPeer('tap_user.py', ['single0', 'single', 'vnet', 0, 'hold'], { inputOpen: true });
  await holder.waitFor(/^10$/m);
  const [code, message, hint] = await refusal('offload', 'single0', 'none');
  t.is(code, 2);
  t.is(
    message,
    `rtap: cannot change "single0": it is a single-queue device, and python3 (pid ${holder.pid}) has its queue attached`,
  );
  t.regex(hint!, /^hint: a single-queue device serves one process; find out which one: rtap show single0$/);
  t.deepEqual(byEthtool('single0'), ['csum', 'tso6']);
  holder.endInput();
  await holder.ended();
});

test('offload gives a free device the virtio-net header, and refuses one whose users read none', async (t) => {
  ip('tuntap add dev free0 mode tap multi_queue', 'tuntap add dev used0 mode tap multi_queue');
  await run('offload', 'free0', 'none');
  t.false(ipLink('free0').linkinfo.info_data.vnet_hdr, 'finished frames need none');
  await run('offload', 'free0', 'csum');
  t.true(ipLink('free0').linkinfo.info_data.vnet_hdr);
  t.deepEqual(byEthtool('free0'), ['csum']);
  const user = startPeer('tap_user.py', ['used0', 'multi', 'plain', 0, 'hold'], { inputOpen: true });
  await user.waitFor(/^0$/m);
  t.deepEqual(await refusal('offload', 'used0', 'csum'), [
    2,
    'rtap: cannot change "used0": its frames have no virtio-net header, which offloads need',
    'hint: end the program that holds it, or make that program attach with IFF_VNET_HDR',
  ]);
  t.deepEqual(byEthtool('used0'), []);
  t.is((await run('offload', 'used0', 'none')).code, 0);
  user.endInput();
  await user.ended();
});

test('offload names what an older kernel does not know, and changes nothing', async (t) => {
  const denied = compileDenied(directory);
  const rows: readonly (readonly [flags: number, words: readonly string[], unknown: string])[] = [
    [TUN_F_USO4 | TUN_F_USO6, ['offload', 'old0', 'tso4,uso'], 'uso'],
    [TUN_F_USO4 | TUN_F_USO6 | TUN_F_TSO_ECN, ['offload', 'old0', 'ecn,uso'], 'ecn, uso'],
    [TUN_F_CSUM, ['offload', 'old0', 'tso'], 'csum'],
    [TUN_F_USO4, ['create', 'new0', '--persist', '--offload', 'csum,uso'], 'uso'],
  ];
  await done('create', 'old0', '--persist', '--offload', 'tso6');
  for (const [flags, words, unknown] of rows) {
    const [program, ...rule] = denied('offload', flags);
    const line = [...rule, process.execPath, RTAP, ...words];
    const { code, stderr } = await new RunningProcess(program!, line).ended();
    const action = words[0] === 'create' ? 'create' : 'change';
    t.is(code, 2);
    t.is(
      stderr,
      `rtap: cannot ${action} "${words[1]}": this kernel does not know the offload ${unknown}\nhint: leave that offload out; uso needs Linux 6.2 or newer\n`,
    );
  }
  t.is(findIpLink('new0'), undefined);

  t.deepEqual(byEthtool('old0'), ['csum', 'tso6']);
});

test('offload needs the rights of the owner alone, and names the missing privilege to other users', async (t) => {
  await done('create', 'own0', '--persist', '--owner', 'nobody');
  const { code, stderr } = await unprivileged('offload', 'own0', 'csum');
  t.deepEqual([code, stderr], [0, '']);
  t.deepEqual(byEthtool('own0'), ['csum']);
  await done('create', 'root0', '--persist', '--owner', 'root');
  const denied = await unprivileged('offload', 'root0', 'csum');
  t.is(denied.code, 2);
  t.regex(
    denied.stderr,
    /^rtap: cannot change "root0": ioctl\(TUNSETIFF\) failed with EPERM\nhint: run as root/,
  );
  t.is((await unprivileged('offload', 'root0')).stdout, 'csum,tso4,tso6,ecn\n');
});

test('the library creates with offloads and changes them', (t) => {
  using device = CreatedDevice.create('lib0', { offloads: ['ecn'] });
  t.deepEqual(readOffloads(device.name), ['csum', 'tso4', 'tso6', 'ecn']);
  t.deepEqual(changeOffloads(findTap('lib0', 'change'), ['uso']), ['csum', 'uso']);
  t.deepEqual(changeOffloads('lib0', ['uso']), ['csum', 'uso']);
  t.throws(() => changeOffloads('nolib0', []), { code: 'ENODEV' });
  t.deepEqual(byEthtool('lib0'), ['csum', 'uso']);
  using plain = CreatedDevice.create('lib1', { offloads: [] });
  t.deepEqual(byEthtool(plain.name), []);
});
