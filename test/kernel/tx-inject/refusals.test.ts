import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readStatistics } from '../../../src/tap/counters/device-statistics.js';
import { ip } from '../../netlink/iproute2.js';
import { captureOf, frameOf } from '../capture.js';
import { done, json, refusal, run, runWith, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { PacketSocket, runTool } from '../peer.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

/** A frame with VLAN tags in front of its EtherType; `length` without them. */
function tagged(types: readonly string[], length: number): string {
  const frame = frameOf(9, length);
  return frame.slice(0, 24) + types.map((type) => `${type}0005`).join('') + frame.slice(24);
}

test('tx-inject refuses frames that the kernel or the MTU forbids, sends the others, and exits with 3', async (t) => {
  await done('create', 'some0', '--persist', '--up', '--mtu', '1000');
  const socket = await PacketSocket.open('some0', 'in');
  const frames = [frameOf(1), frameOf(2, 13), frameOf(3, 1014), frameOf(4, 1015), frameOf(5, 14), frameOf(6)];
  const words = frames.flatMap((hex) => ['--hex', hex]);
  const { code, stdout, stderr } = await run('tx-inject', 'some0', ...words, '--json');
  t.is(code, 3);
  t.like(JSON.parse(stdout), { offered: 6, accepted: 4, refused: { EMSGSIZE: 1, EINVAL: 1 }, kernel: 4 });
  t.deepEqual(
    (await socket.close()).map(({ hex }) => hex),
    [0, 2, 4, 5].map((index) => frames[index]),
  );
  t.true(
    stderr.includes(
      '1 packet refused: EMSGSIZE (longer than the MTU of 1000 allows; --oversize sends them)\n',
    ),
  );
  t.true(stderr.includes('1 packet refused: EINVAL ('));
  t.like(await json('stats', 'some0'), { tx: { packets: 4, errors: 2 } });
});

test('tx-inject lets one or two VLAN tags exceed the MTU', async (t) => {
  await done('create', 'vlan0', '--persist', '--up', '--mtu', '1000');
  const rows = [
    [['8100'], 1014, true],
    [['8100'], 1015, false],
    [['88a8', '8100'], 1014, true],
    [['8100', '8100'], 1015, false],
    [['8100', '8100', '8100'], 1014, false],
    [[], 1014, true],
  ] as const;
  for (const [types, length, taken] of rows) {
    const { code, stdout } = await run('tx-inject', 'vlan0', '--hex', tagged(types, length), '--json');
    t.deepEqual(
      [code, (JSON.parse(stdout) as { accepted: number }).accepted],
      taken ? [0, 1] : [3, 0],
      types.join(),
    );
  }
});

test('tx-inject --oversize sends frames beyond the MTU', async (t) => {
  await done('create', 'over0', '--persist', '--up');
  const socket = await PacketSocket.open('over0', 'in');
  const frames = [frameOf(1, 1515), frameOf(2, 20_000), frameOf(3, 65_535)];
  const path = file('over.pcap', captureOf(frames));
  const ledger = await json('tx-inject', 'over0', '-r', path, '-t', '--oversize');
  t.like(ledger, { accepted: 3, refused: {}, kernel: 3 });
  t.deepEqual(
    (await socket.close()).map(({ hex }) => hex),
    frames,
  );
});

test('tx-inject sends records that were captured short, and counts them', async (t) => {
  await done('create', 'short0', '--persist', '--up');
  const path = file('short.pcap', captureOf([frameOf(1), frameOf(2)], { cutBytes: 40 }));
  const { code, stdout, stderr } = await run('tx-inject', 'short0', '-r', path, '-t', '--json');
  t.is(code, 0);
  t.like(JSON.parse(stdout), { accepted: 2, short: 2, bytes: 120 });
  t.true(stderr.includes('2 packets sent as captured, shorter than the original frame\n'));
  // What the kernel refuses was not sent.
  const stump = file('stump.pcap', captureOf([frameOf(1, 13), frameOf(2)], { cutBytes: 40 }));
  const ledger = await run('tx-inject', 'short0', '-r', stump, '-t', '--json');
  t.is(ledger.code, 3);
  t.like(JSON.parse(ledger.stdout), { offered: 2, accepted: 1, refused: { EINVAL: 1 }, short: 1 });
});

test('tx-inject prints how to take a device up when it is down', async (t) => {
  await done('create', 'down0', '--persist');
  t.deepEqual(await refusal('tx-inject', 'down0', '--hex', frameOf(1)), [
    2,
    'rtap: cannot send into "down0": down0 is down',
    'hint: switch it on: rtap up down0',
  ]);
});

test('tx-inject counts what the kernel refuses when the device goes down meanwhile', async (t) => {
  await done('create', 'off0', '--persist', '--up');
  const words = ['--hex', frameOf(1), '--count', '1000000000', '--rate', '2kpps', '--json'];
  const injection = start(['tx-inject', 'off0', ...words]);
  await eventually(() => ipLink('off0').stats64.rx.packets > 10, 'the first frames');
  ip('link set off0 down');
  const { rx } = ipLink('off0').stats64;
  await eventually(() => readStatistics('off0').total.txErrors > 0, 'the first refusal');
  await injection.waitFor(/is down/, 'stderr');
  const { code, stdout, stderr } = await injection.stop();
  const ledger = JSON.parse(stdout) as { accepted: number; refused: Record<string, number> };
  t.is(
    stderr.match(/^rtap: warning: off0 is down: the kernel refuses frames until it is up$/gm)?.length,
    1,
    stderr,
  );
  t.is(code, 3);
  t.is(ledger.accepted, rx.packets);
  t.true(ledger.refused.EIO! > 0);
});

test('tx-inject prints an error and its counts when the device is deleted', async (t) => {
  await done('create', 'lost0', '--persist', '--up');
  for (const words of [['--rate', '1kpps'], ['-t']]) {
    await done('create', 'lost0', '--persist', '--up', '--exist-ok');
    const injection = start(['tx-inject', 'lost0', '--hex', frameOf(1), '--count', '1000000000', ...words]);
    await eventually(() => ipLink('lost0').stats64.rx.packets > 10, 'the first frames');
    await done('delete', 'lost0');
    const { code, stderr } = await injection.ended();
    t.is(code, 2);
    t.regex(stderr, /^tx-inject: lost0 queue 0\n\d+ packets offered, \d+ accepted \(\d+ bytes\) in /);
    t.regex(stderr, /\nrtap: cannot go on sending into "lost0": the device was deleted\n/);
    t.false(stderr.includes('    at '));
  }
});

test('tx-inject refuses a capture that it cannot open', async (t) => {
  await done('create', 'open0', '--persist', '--up');
  mkdirSync(join(directory, 'folder'));
  const absent = join(directory, 'absent.pcap');
  const [code, message] = await refusal('tx-inject', 'open0', '-r', absent);
  t.deepEqual(
    [code, message],
    [2, `rtap: cannot open "${absent}": open failed with ENOENT (there is no such file or directory)`],
  );
  t.is((await refusal('tx-inject', 'open0', '-r', join(directory, 'folder')))[0], 2);
});

test('tx-inject sends the frames before a fault in a capture, and prints the fault', async (t) => {
  await done('create', 'bad0', '--persist', '--up');
  const whole = captureOf([frameOf(1), frameOf(2), frameOf(3)]);
  const corrupt = Buffer.from(whole);
  corrupt.writeUInt32LE(0x7fffffff, 24 + 76 + 8);
  const rows: readonly (readonly [
    name: string,
    bytes: Uint8Array | string,
    sent: number,
    message: RegExp,
  ])[] = [
    ['empty.pcap', '', 0, /empty/],
    ['none.txt', 'this is a text, and no capture at all', 0, /not a pcap/],
    ['header.pcap', whole.subarray(0, 10), 0, /cut|short|ends/],
    ['cut.pcap', whole.subarray(0, whole.length - 5), 2, /record 3/],
    ['cut-header.pcap', whole.subarray(0, 24 + 76 + 8), 1, /record 2/],
    ['corrupt.pcap', corrupt, 1, /record 2/],
  ];
  for (const [name, bytes, sent, message] of rows) {
    for (const piped of [false, true]) {
      const path = file(name, bytes);
      const { code, stderr, stdout } = piped
        ? await runWith({ input: bytes }, 'tx-inject', 'bad0', '-r', '-', '-t', '--json')
        : await run('tx-inject', 'bad0', '-r', path, '-t', '--json');
      t.is(code, 3, name);
      const last = stderr
        .trimEnd()
        .split('\n')
        .filter((line) => line.startsWith('rtap: '))
        .join();
      t.regex(last, message, name);
      t.true(last.includes(piped ? 'standard input' : path), last);
      t.like(JSON.parse(stdout), { accepted: sent, kernel: sent }, name);
      t.false(stderr.includes('    at '), name);
    }
  }
});

test('tx-inject puts an Ethernet header in front of cooked and raw packets, and refuses them with --no-convert', async (t) => {
  await done('create', 'conv0', '--persist', '--up');
  const ip4 = frameOf(1).slice(28);
  const cooked = file(
    'conv-113.pcap',
    captureOf([`00000001000602000000000a00000800${ip4}`, `00010304000600000000000000000800${ip4}`], {
      linkType: 113,
    }),
  );
  const raw = file('conv-101.pcap', captureOf([`45${ip4.slice(2)}`], { linkType: 101 }));
  const own = ipLink('conv0').address.replaceAll(':', '');
  const socket = await PacketSocket.open('conv0', 'in');
  const sent = await run(
    'tx-inject',
    'conv0',
    '-r',
    cooked,
    '-t',
    '--json',
    '--src-mac',
    '02:00:00:00:00:0b',
  );
  t.is(sent.code, 0, sent.stderr);
  t.like(JSON.parse(sent.stdout), { offered: 2, accepted: 2, converted: { 113: 2 }, refused: {} });
  t.true(sent.stderr.includes('\n2 packets of link type 113 (Linux cooked) got an Ethernet header\n'));
  for (const preload of [[], ['-K']])
    await done('tx-inject', 'conv0', '-r', raw, '-t', '--dst-mac', '02:00:00:00:00:0c', ...preload);
  const frames = (await socket.close()).map(({ hex }) => hex);
  t.deepEqual(frames.slice(0, 2), [`${own}02000000000a0800${ip4}`, `ffffffffffff02000000000b0800${ip4}`]);
  for (const hex of frames.slice(2)) {
    t.is(hex.slice(0, 12), '02000000000c');
    t.is(hex.slice(24), `080045${ip4.slice(2)}`);
  }
  t.is(frames.length, 4);
  const refused = await run('tx-inject', 'conv0', '-r', raw, '-t', '--no-convert');
  t.is(refused.code, 3);
  t.regex(
    refused.stderr,
    /\d packets? refused: EPROTONOSUPPORT \(not Ethernet: \d of link type 101 \(raw IP\)\)/,
  );
});

test('tx-inject counts all packets of a pcap when its link type is unknown, and waits for none', async (t) => {
  await done('create', 'wifi0', '--persist', '--up');
  const path = file('wireless.pcap', captureOf([frameOf(1), frameOf(2), frameOf(3)], { linkType: 105 }));
  for (const words of [[], ['-K'], ['-p', '0.001']]) {
    const { code, stdout, stderr } = await run('tx-inject', 'wifi0', '-r', path, '--json', ...words);
    t.is(code, 3);
    t.regex(stderr, /^3 packets refused: EPROTONOSUPPORT \(not Ethernet: 3 of link type 105 \(802.11\)\)$/m);
    t.like(JSON.parse(stdout), { offered: 3, accepted: 0, refused_link_types: { 105: 3 } });
  }
});

test('tx-inject refuses frames of a pcapng that are not Ethernet, and sends the others', async (t) => {
  await done('create', 'mixed0', '--persist', '--up');
  const socket = await PacketSocket.open('mixed0', 'in');
  const files = ([147, 1] as const).map((linkType) =>
    file(`link-${linkType}.pcap`, captureOf([frameOf(linkType), frameOf(linkType + 1)], { linkType })),
  );
  const path = join(directory, 'mixed.pcapng');
  runTool('mergecap', '-a', '-F', 'pcapng', '-w', path, ...files);
  const { code, stdout, stderr } = await run('tx-inject', 'mixed0', '-r', path, '-t', '--json');
  t.is(code, 3, stderr);
  t.like(JSON.parse(stdout), {
    offered: 4,
    accepted: 2,
    refused: { EPROTONOSUPPORT: 2 },
    refused_link_types: { 147: 2 },
    kernel: 2,
  });
  t.regex(stderr, /2 packets refused: EPROTONOSUPPORT \(not Ethernet: 2 of link type 147\)/);
  t.deepEqual(
    (await socket.close()).map(({ hex }) => hex),
    [frameOf(1), frameOf(2)],
  );
});

test('tx-inject accepts a capture without frames', async (t) => {
  await done('create', 'none0', '--persist', '--up');
  const path = file('no-frames.pcap', captureOf([]));
  const { code, stdout } = await run('tx-inject', 'none0', '-r', path, '--json');
  t.like(JSON.parse(stdout), { offered: 0, accepted: 0, refused: {}, kernel: 0, bytes: 0, pps: 0 });
  t.is(code, 0);
});

test('tx-inject refuses absent devices and queues, and links that are no TAP', async (t) => {
  ip('link add br0 type bridge mcast_snooping 0', 'link set br0 up');
  await done('create', 'queues0', '--persist', '--up');
  const hex = ['--hex', frameOf(1)];
  const rows = [
    ['absent0', [], 'cannot send into "absent0": there is no such device'],
    ['br0', [], 'cannot send into "br0": it is not a TAP (bridge)'],
    ['queues0', ['-q', '4'], 'cannot use queue 4: queues0 has 4 queues (0 to 3)'],
  ] as const;
  for (const [name, words, message] of rows) {
    const refused = await refusal('tx-inject', name, ...hex, ...words);
    t.deepEqual(refused.slice(0, 2), [2, `rtap: ${message}`]);
  }
  // The bytes of a pipe come once: tx-inject reads none of them for a device that does not exist.
  const preloading = start(['tx-inject', 'absent0', '-K', '-r', '-'], { inputOpen: true });
  t.is((await preloading.ended()).code, 2);
});

test('tx-inject refuses options without a meaning', async (t) => {
  const hex = ['--hex', frameOf(1)];
  const rows = [
    [[], 'cannot send: give one of -r FILE, --hex and a template (--udp, --tcp, --icmp, --arp)'],
    [
      [...hex, '-r', 'x.pcap'],
      'cannot send: give one of -r FILE, --hex and a template (--udp, --tcp, --icmp, --arp)',
    ],
    [[...hex, '--rate', '10bps'], 'cannot read rate "10bps": "bps" is ambiguous, write pps or bit'],
    [[...hex, '--rate', '0'], 'cannot use rate "0": it must be more than 0'],
    [[...hex, '--rate', 'fast'], 'cannot read rate "fast": wanted a form like 10kpps or 1Gbit'],
    [[...hex, '--rate', '1kpps', '-t'], 'cannot use -t with --rate: use one of -x, -p, --rate, -M and -t'],
    [[...hex, '--limit', '0'], `cannot use limit 0: 1 to ${Number.MAX_SAFE_INTEGER} are possible`],
    [[...hex, '-K'], 'cannot use -K without -r: there is no file to preload'],
    [[...hex, '-q', 'recorded'], 'cannot use -q recorded without -r: only a capture has recorded queues'],
    [[...hex, '-q', '256'], 'cannot read queues "256": 256 is not a range from 0 to 255'],
  ] as const;
  for (const [words, message] of rows) {
    t.deepEqual((await refusal('tx-inject', 'any0', ...words)).slice(0, 2), [1, `rtap: ${message}`]);
  }
  t.is((await refusal('tx-inject', 'any0', '--hex', '02zz'))[0], 1);
});
