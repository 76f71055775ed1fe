import test from 'ava';
import { type InjectArguments, readInjectOptions } from '../../../src/cli/tx-inject/inject-arguments.js';

const PLAIN = { queue: '0' };
const TEMPLATE = { udp: '10.0.0.1:1000-10.0.0.2:2000' };

test('readInjectOptions keeps the recorded pace when a capture is given', (t) => {
  t.deepEqual(readInjectOptions({ ...PLAIN, read: ['in.pcap'] }), {
    queues: [0],
    threads: 1,
    queueCount: undefined,
    read: ['in.pcap'],
    conversion: { sourceMac: undefined, destinationMac: undefined },
    frames: [],
    template: undefined,
    loops: 1,
    limit: Infinity,
    durationSeconds: Infinity,
    timing: { kind: 'recorded', multiplier: 1, gapSecondsMax: Infinity },
    loopDelaySeconds: 0,
    preload: false,
    offloads: { stored: true, checksum: false, tcpSegmentBytes: undefined, udpSegmentBytes: undefined },
    segments: 1,
    oversize: false,
    progress: false,
    json: false,
  });
});

test('readInjectOptions sends at top speed when frames have no times: those in hex, and templates', (t) => {
  const options = readInjectOptions({ ...PLAIN, hex: ['00ff', '01 02'] });
  t.deepEqual(options.frames, [Uint8Array.of(0, 255), Uint8Array.of(1, 2)]);
  t.deepEqual(options.timing, { kind: 'topspeed' });
  const made = readInjectOptions({ ...PLAIN, ...TEMPLATE });
  t.not(made.template, undefined);
  t.deepEqual(made.timing, { kind: 'topspeed' });
});

test('readInjectOptions reads every option when it is given', (t) => {
  const all = readInjectOptions({
    queue: '255,0-2',
    threads: '4',
    queues: '256',
    read: ['-'],
    loop: '3',
    limit: '10',
    duration: '1m',
    multiplier: '2.5',
    maxGap: '2s',
    loopDelay: '250ms',
    preloadPcap: true,
    csum: true,
    tso: '1448',
    uso: '1400',
    segments: '1023',
    oversize: true,
    progress: true,
    json: true,
    srcMac: '02:00:00:00:00:01',
    dstMac: '02:00:00:00:00:02',
  });
  t.deepEqual(all, {
    queues: [0, 1, 2, 255],
    threads: 4,
    queueCount: 256,
    read: ['-'],
    conversion: {
      sourceMac: Uint8Array.of(2, 0, 0, 0, 0, 1),
      destinationMac: Uint8Array.of(2, 0, 0, 0, 0, 2),
    },
    frames: [],
    template: undefined,
    loops: 3,
    limit: 10,
    durationSeconds: 60,
    timing: { kind: 'recorded', multiplier: 2.5, gapSecondsMax: 2 },
    loopDelaySeconds: 0.25,
    preload: true,
    offloads: { stored: true, checksum: true, tcpSegmentBytes: 1448, udpSegmentBytes: 1400 },
    segments: 1023,
    oversize: true,
    progress: true,
    json: true,
  });
});

test('readInjectOptions takes all queues, or the recorded ones of a capture', (t) => {
  t.is(readInjectOptions({ queue: 'all', hex: ['00'] }).queues, 'all');
  t.is(readInjectOptions({ queue: 'recorded', read: ['x'] }).queues, 'recorded');
});

const timings: readonly (readonly [given: Partial<InjectArguments>, rate: unknown])[] = [
  [{ rate: '1Gbit' }, { bitsPerSecond: 1e9 }],
  [{ pps: '0.5' }, { packetsPerSecond: 0.5 }],
  [{ mbps: '2.5' }, { bitsPerSecond: 2.5e6 }],
];

for (const [given, rate] of timings) {
  test(`readInjectOptions paces ${JSON.stringify(given)} whatever the input is`, (t) => {
    for (const input of [{ read: ['x'] }, { hex: ['00'] }, TEMPLATE])
      t.deepEqual(readInjectOptions({ ...PLAIN, ...input, ...given }).timing, { kind: 'steady', rate });
  });
}

test('readInjectOptions has no conversion when --no-convert is given', (t) => {
  t.is(readInjectOptions({ ...PLAIN, read: ['in.pcap'], convert: false }).conversion, undefined);
});

test('readInjectOptions ignores the stored virtio-net headers when --no-offload is given', (t) => {
  t.false(readInjectOptions({ ...PLAIN, read: ['x'], offload: false }).offloads.stored);
});

test('readInjectOptions repeats without limit when -l or --count is 0, as tcpreplay does', (t) => {
  t.is(readInjectOptions({ ...PLAIN, read: ['x'], loop: '0' }).loops, Infinity);
  t.is(readInjectOptions({ ...PLAIN, read: ['x'], count: '0' }).loops, Infinity);
  t.is(readInjectOptions({ ...PLAIN, read: ['x'], count: '7' }).loops, 7);
});

const INPUT = 'cannot send: give one of -r FILE, --hex and a template (--udp, --tcp, --icmp, --arp)';
const ONE_TIMING = 'use one of -x, -p, --rate, -M and -t';

const refusals: readonly (readonly [given: Partial<InjectArguments>, message: string])[] = [
  [{ read: ['-', 'x', '-'] }, 'cannot read standard input twice: give -r - once'],
  [{ read: ['x'], loopDelay: '1s' }, 'cannot use --loop-delay without -l: it is the pause between two loops'],
  [{ read: ['x'], loop: '2', loopDelay: '0' }, 'cannot use loop delay "0": it must be more than 0'],
  [{ read: ['x'], maxGap: '0s' }, 'cannot use gap "0s": it must be more than 0'],
  [{ hex: ['00'], maxGap: '1s' }, 'cannot use --max-gap without -r: only a capture has recorded pauses'],
  [
    { read: ['x'], maxGap: '1s', topspeed: true },
    'cannot use --max-gap with -t: recorded pauses do not count there',
  ],
  [
    { read: ['x'], maxGap: '1s', pps: '1' },
    'cannot use --max-gap with -p: recorded pauses do not count there',
  ],
  [{}, INPUT],
  [{ hex: [] }, INPUT],
  [{ read: ['x'], hex: ['00'] }, INPUT],
  [{ read: ['x'], ...TEMPLATE }, INPUT],
  [{ hex: ['00'], ...TEMPLATE }, INPUT],
  [{ read: ['x'], rate: '1pps', topspeed: true }, `cannot use -t with --rate: ${ONE_TIMING}`],
  [{ read: ['x'], pps: '1', mbps: '1' }, `cannot use -M with -p: ${ONE_TIMING}`],
  [{ read: ['x'], multiplier: '1', pps: '1' }, `cannot use -p with -x: ${ONE_TIMING}`],
  [{ read: ['x'], mbps: '1', topspeed: true }, `cannot use -t with -M: ${ONE_TIMING}`],
  [{ read: ['x'], rate: '1Mbps' }, 'cannot read rate "1Mbps": "bps" is ambiguous, write pps or bit'],
  [
    { hex: ['00'], convert: false },
    'cannot use --no-convert without -r: only a capture can have packets to convert',
  ],
  [
    { read: ['in.pcap'], convert: false, dstMac: '02:00:00:00:00:01' },
    'cannot use --dst-mac with --no-convert: it is for the Ethernet headers that --no-convert leaves out',
  ],
  [
    { hex: ['00'], offload: false },
    'cannot use --no-offload without -r: only a capture has a virtio-net header for each frame',
  ],
  [
    { ...TEMPLATE, offload: false },
    'cannot use --no-offload without -r: only a capture has a virtio-net header for each frame',
  ],
  ...(['csum', 'tso', 'uso'] as const).map(
    (wish) =>
      [
        { read: ['x'], offload: false, [wish]: '1' },
        `cannot use --${wish} with --no-offload: only one of them leaves work to the kernel`,
      ] as const,
  ),
  [{ ...TEMPLATE, tso: '1' }, 'cannot use --tso with --udp: --tso is for TCP; --uso cuts UDP'],
  [{ arp: '1.1.1.1-2.2.2.2', tso: '1' }, 'cannot use --tso with --arp: --tso is for TCP; --uso cuts UDP'],
  [{ icmp: '1.1.1.1-2.2.2.2', uso: '1' }, 'cannot use --uso with --icmp: --uso is for UDP; --tso cuts TCP'],
  [{ tcp: TEMPLATE.udp, uso: '1' }, 'cannot use --uso with --tcp: --uso is for UDP; --tso cuts TCP'],
  [{ read: ['x'], queues: '257' }, 'cannot use queue count 257: 1 to 256 are possible'],
  [{ read: ['x'], rate: '0' }, 'cannot use rate "0": it must be more than 0'],
  [{ read: ['x'], pps: '0' }, 'cannot use pps 0: it must be more than 0'],
  [{ read: ['x'], mbps: '1k' }, 'cannot read mbps "1k": wanted a number'],
  [{ read: ['x'], multiplier: '0' }, 'cannot use multiplier 0: it must be more than 0'],
  [{ hex: ['00'], multiplier: '2' }, 'cannot use -x without -r: only a capture has recorded times'],
  [{ hex: ['00'], preloadPcap: true }, 'cannot use -K without -r: there is no file to preload'],
  [{ read: ['x'], loop: '2', count: '2' }, 'cannot use --count with -l: they mean the same'],
  [{ read: ['x'], loop: '-1' }, 'cannot read loop "-1": wanted a whole number'],
  [{ read: ['x'], count: '-1' }, 'cannot read count "-1": wanted a whole number'],
  [{ read: ['x'], limit: '0' }, 'cannot use limit 0: 1 to 9007199254740991 are possible'],
  [{ read: ['x'], duration: '0' }, 'cannot use duration "0": it must be more than 0'],
  [{ read: ['x'], tso: '0' }, 'cannot use tso 0: 1 to 65535 are possible'],
  [{ read: ['x'], uso: '65536' }, 'cannot use uso 65536: 1 to 65535 are possible'],
  [{ read: ['x'], segments: '1024' }, 'cannot use segments 1024: 1 to 1023 are possible'],
  [{ read: ['x'], queue: '256' }, 'cannot read queues "256": 256 is not a range from 0 to 255'],
  [{ read: ['x'], queue: 'some' }, 'cannot read queues "some": wanted a form like 2, 0,2 or 1-3, or all'],
  [
    { hex: ['00'], queue: 'recorded' },
    'cannot use -q recorded without -r: only a capture has recorded queues',
  ],
  [{ read: ['x'], queue: '0,recorded' }, 'cannot read queues "0,recorded": "recorded" stands alone'],
  [{ read: ['x'], threads: '0' }, 'cannot use threads 0: 1 to 256 are possible'],
  [
    { hex: ['00', '0'] },
    'cannot parse "0": the digit at position 1 has no partner: hexadecimal digits come in pairs',
  ],
];

for (const [given, message] of refusals) {
  test(`readInjectOptions refuses ${JSON.stringify(given)} when it is given`, (t) => {
    t.throws(() => readInjectOptions({ ...PLAIN, ...given }), { message });
  });
}
