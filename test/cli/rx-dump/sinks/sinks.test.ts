import test from 'ava';
import type { CapturedFrame } from '../../../../src/cli/rx-dump/sinks/captured-frame.js';
import type { CaptureSink, FrameSink } from '../../../../src/cli/rx-dump/sinks/frame-sink.js';
import { FrameTime, type TimeStyle } from '../../../../src/cli/rx-dump/sinks/frame-time.js';
import { JsonSink } from '../../../../src/cli/rx-dump/sinks/json-sink.js';
import { PcapSink } from '../../../../src/cli/rx-dump/sinks/pcap-sink.js';
import { PcapngSink } from '../../../../src/cli/rx-dump/sinks/pcapng-sink.js';
import { TextSink } from '../../../../src/cli/rx-dump/sinks/text-sink.js';
import { parseHex } from '../../../../src/packet/bytes/hex.js';
import { CaptureReader } from '../../../../src/packet/capture/capture-reader.js';
import { QUEUE_UNKNOWN } from '../../../../src/packet/capture/capture-record.js';
import { RECEIVED_FRAME_BYTES_MAX } from '../../../../src/tap/memory/slot-layout.js';
import { drainCapture } from '../../../packet/capture/captured-records.js';
import { itemOf, KeptItems } from './kept-items.js';

process.env.TZ = 'UTC';

/** ARP, who has 10.0.0.2, tell 10.0.0.1: 42 bytes. */
const DATA = 'ffffffffffff020000000001080600010800060400010200000000010a0000010000000000000a000002';
const FRAME: CapturedFrame = {
  queue: 2,
  direction: 'outbound',
  bytes: parseHex(DATA),
  originalLength: 42,
  timed: true,
  seconds: 1_700_000_000,
  nanoseconds: 1_002_003,
  header: Uint8Array.of(1, 0x81, 0x42, 0, 0xb4, 5, 0x22, 0, 0x10, 0),
  checksumFinished: true,
  interfaceId: 0,
};
const INTERFACES = [{ name: 'io0' }];
const VNET =
  '{"checksum":"partial","gso":"tcp4","ecn":true,"gsoBytes":1460,"headerBytes":66,"checksumStart":34,"checksumOffset":16,"checksumFinished":true}';
const SUMMARY = 'ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28';

function lines(sink: FrameSink, frame = FRAME): string[] {
  return itemOf(sink, frame).toString().split('\n');
}

test('TextSink prints time, queue, length and summary when it gets a frame', (t) => {
  t.deepEqual(lines(new TextSink({})), [`22:13:20.001002 q2 42 ${SUMMARY}`, '']);
});

test('TextSink prints the right second when it changes forwards and backwards', (t) => {
  const sink = new TextSink({});
  t.true(lines(sink)[0]!.startsWith('22:13:20.001002 '));
  t.true(
    lines(sink, { ...FRAME, seconds: FRAME.seconds + 40, nanoseconds: 999_999_999 })[0]!.startsWith(
      '22:14:00.999999 ',
    ),
  );
  t.true(lines(sink, { ...FRAME, nanoseconds: 0 })[0]!.startsWith('22:13:20.000000 '));
});

test('every digit of a time is printed when a number cannot hold the seconds', (t) => {
  const exactSeconds = -(2n ** 62n) + 1_700_000_000n;
  const frame = { ...FRAME, seconds: Number(exactSeconds), exactSeconds, nanoseconds: 0 };
  t.is(JSON.parse(lines(new JsonSink(INTERFACES), frame)[0]!).timestamp, '-4611686016727387904.000000000');
  t.true(lines(new TextSink({ time: 'epoch' }), frame)[0]!.startsWith('-4611686016727387904.000000 '));
  const later = { ...frame, nanoseconds: 1000 };
  t.true(lines(new TextSink({ time: 'epoch' }), later)[0]!.startsWith('-4611686016727387903.999999 '));
});

test('JsonSink prints no time for a frame that the capture has none of', (t) => {
  const [line] = lines(new JsonSink(INTERFACES), { ...FRAME, timed: false, seconds: 0, nanoseconds: 0 });
  t.is(JSON.parse(line!).timestamp, null);
});

test('TextSink adds the Ethernet header and the bytes when they are wanted', (t) => {
  const [line, ...dump] = lines(new TextSink({ linkShown: true, dump: 'hex', linkDumped: true }));
  t.is(
    line,
    `22:13:20.001002 q2 42 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: ${SUMMARY.replace('ARP, ', '')}`,
  );
  t.deepEqual(dump, [
    '\t0x0000:  ffff ffff ffff 0200 0000 0001 0806 0001',
    '\t0x0010:  0800 0604 0001 0200 0000 0001 0a00 0001',
    '\t0x0020:  0000 0000 0000 0a00 0002',
    '',
  ]);
});

test('JsonSink writes one object on one line', (t) => {
  const sink = new JsonSink(INTERFACES);
  t.deepEqual(lines(sink), [
    `{"queue":2,"interface":"io0","direction":"outbound","timestamp":"1700000000.001002003","length":42,"originalLength":42,"vnet":${VNET},"data":"${DATA}"}`,
    '',
  ]);
  const unknown = {
    ...FRAME,
    queue: -1,
    direction: 'unknown' as const,
    header: new Uint8Array(),
    interfaceId: 1,
  };
  t.like(JSON.parse(lines(sink, unknown)[0]!), { queue: null, interface: null, direction: null, vnet: null });
});

test('text and JSON sinks write whole lines when a frame is cut at any byte', (t) => {
  for (let length = 0; length <= FRAME.bytes.length; length++) {
    const frame = { ...FRAME, bytes: FRAME.bytes.subarray(0, length) };
    t.is(lines(new TextSink({}), frame).length, 2);
    t.is(lines(new TextSink({ linkShown: true }), frame).length, 2);
    t.is(JSON.parse(lines(new JsonSink(INTERFACES), frame)[0]!).length, length);
  }
});

test('PcapSink writes the golden bytes', (t) => {
  const sink = new PcapSink(262_144);
  t.is(Buffer.from(sink.begin()).toString('hex'), '4d3cb2a1020004000000000000000000000004000100' + '0000');
  t.is(itemOf(sink, FRAME).toString('hex'), `00f15365134a0f002a0000002a000000${DATA}`);
});

test('PcapSink writes the original length when a frame was cut', (t) => {
  const sink = new PcapSink(20);
  const cut = { ...FRAME, bytes: FRAME.bytes.subarray(0, 20) };
  const bytes = Buffer.concat([sink.begin(), itemOf(sink, cut), itemOf(sink, cut)]);
  const { records, error } = drainCapture(new CaptureReader(), bytes);
  t.is(error, undefined);
  t.is(records.length, 2);
  const { seconds, nanoseconds } = FRAME;
  t.like(records[1], { seconds, nanoseconds, originalLength: 42, linkType: 1 });
  t.deepEqual(records[1]!.frame, FRAME.bytes.slice(0, 20));
});

test('PcapSink writes the largest frame', (t) => {
  const sink = new PcapSink(262_144);
  const bytes = new Uint8Array(RECEIVED_FRAME_BYTES_MAX).fill(7);
  const frame = { ...FRAME, bytes, originalLength: bytes.length };
  const whole = Buffer.concat([sink.begin(), itemOf(sink, frame)]);
  const { records, error } = drainCapture(new CaptureReader(), whole);
  t.is(error, undefined);
  t.is(Buffer.compare(records[0]!.frame, bytes), 0);
});

const STATISTICS = {
  startSeconds: 1_700_000_000,
  startNanoseconds: 0,
  endSeconds: 1_700_000_001,
  endNanoseconds: 5,
  received: 3,
  missed: 2,
  accepted: 1,
  written: 4,
};

/** A pcapng file: head, items and tail. */
function fileOf(sink: CaptureSink, frames: readonly CapturedFrame[]): Buffer {
  const head = sink.begin();
  return Buffer.concat([head, ...frames.map((frame) => itemOf(sink, frame)), sink.end(STATISTICS)]);
}

test('PcapngSink writes everything that is known about a frame', (t) => {
  const bytes = fileOf(new PcapngSink(INTERFACES, 'rtap', 262_144), [FRAME]);
  const reader = new CaptureReader();
  reader.push(bytes);
  reader.end();
  t.true(reader.next());
  t.deepEqual(reader.record.frame, FRAME.bytes);
  t.deepEqual(
    [
      reader.record.queue,
      reader.record.direction,
      reader.record.interfaceName,
      reader.record.checksumFinished,
    ],
    [2, 'outbound', 'io0', true],
  );
  t.deepEqual([reader.record.seconds, reader.record.nanoseconds], [1_700_000_000, 1_002_003]);
  t.deepEqual(reader.record.virtioNetHeader, FRAME.header);
  t.false(reader.next());
  // The block of statistics, by its type, its interface, and the four counts.
  const statistics = bytes.subarray(bytes.length - 0x64).toString('hex');
  t.regex(
    statistics,
    /^050000006400000000000000.*0400080003(00){7}0500080002(00){7}0600080001(00){7}0800080004(00){7}/,
  );
});

for (const drops of ['reserved', 'committed'] as const) {
  test(`PcapngSink describes an interface with its next packet when the first was dropped once ${drops}`, (t) => {
    const interfaces = [{ name: 'a' }];
    const sink = new PcapngSink(interfaces, 'rtap', 262_144);
    interfaces.push({ name: 'b' });
    const second = { ...FRAME, interfaceId: 1 };
    const head = sink.begin();
    const full = new KeptItems();
    full.drops = drops;
    t.false(sink.write(second, full));
    const reader = new CaptureReader();
    reader.push(Buffer.concat([head, itemOf(sink, FRAME), itemOf(sink, second)]));
    t.true(reader.next());
    t.is(reader.record.interfaceName, 'a');
    t.true(reader.next());
    t.is(reader.record.interfaceName, 'b');
  });
}

test('every sink returns false when the output drops a frame', (t) => {
  for (const sink of [
    new TextSink({}),
    new JsonSink(INTERFACES),
    new PcapSink(99),
    new PcapngSink(INTERFACES, '', 99),
  ])
    for (const drops of ['nothing', 'reserved', 'committed'] as const) {
      const output = new KeptItems();
      output.drops = drops;
      t.is(sink.write(FRAME, output), drops === 'nothing');
    }
});

test('FrameTime formats every time that a capture can contain', (t) => {
  const write = (style: TimeStyle, seconds: number, nanoseconds: number) =>
    new FrameTime(style, false).format({ seconds, nanoseconds });
  t.is(write('epoch', -1, 700_000_000), '-0.300000 ');
  t.is(write('epoch', -2, 0), '-2.000000 ');
  t.is(write('epoch', -10_000_000_000, 999_999_000), '-9999999999.000001 ');
  t.is(write('date', -1, 700_000_000), '1969-12-31T23:59:59.700000+00:00 ');
  t.is(write('date', 4_294_967_296, 0), '2106-02-07T06:28:16.000000+00:00 ');
  t.is(write('date', 2 ** 63, 0), '[Error converting time] ');
  t.is(write('clock', 2 ** 63, 5), '[Error converting time] ');
  const early = { ...FRAME, seconds: -1, nanoseconds: 1 };
  t.is(JSON.parse(lines(new JsonSink(INTERFACES), early)[0]!).timestamp, '-0.999999999');
});

test('PcapngSink writes a packet without a time as a simple packet block when that can hold it', (t) => {
  const bare = {
    ...{ ...FRAME, timed: false, seconds: 0, nanoseconds: 0, header: new Uint8Array() },
    ...({ queue: QUEUE_UNKNOWN, direction: 'unknown', checksumFinished: false } as const),
  };
  const isTimed = (frame: CapturedFrame, snapBytes = 262_144) => {
    const reader = new CaptureReader();
    reader.push(fileOf(new PcapngSink(INTERFACES, 'rtap', snapBytes), [frame]));
    t.true(reader.next());
    t.deepEqual([...reader.record.frame], [...frame.bytes]);
    t.is(reader.record.originalLength, frame.originalLength);
    return reader.record.timed;
  };
  t.false(isTimed(bare));
  t.false(isTimed({ ...bare, originalLength: 100 }, 42), 'cut at the length that the interface names');
  t.true(isTimed({ ...bare, originalLength: 100 }), 'the block cannot say that it was cut elsewhere');
  t.true(isTimed({ ...bare, queue: 2 }), 'the block has no options');
});

test('PcapngSink describes in each file the interfaces that it has frames of, as they come', (t) => {
  const interfaces: { name: string }[] = [];
  const sink = new PcapngSink(interfaces, 'rtap', 262_144);
  const frames = [0, 1, 0, 2].map((interfaceId) => ({ ...FRAME, interfaceId }));
  interfaces.push({ name: 'a' }, { name: 'b' }, { name: 'c' });
  const names = (bytes: Uint8Array) => {
    const reader = new CaptureReader();
    reader.push(bytes);
    const seen: string[] = [];
    while (reader.next()) seen.push(reader.record.interfaceName);
    return seen.join('');
  };
  t.is(names(fileOf(sink, frames)), 'abac');
  t.is(names(fileOf(sink, frames)), 'abac');
  const last = fileOf(sink, [frames[3]!]);
  t.is(names(last), 'c');
  t.is(last.length, fileOf(new PcapngSink([{ name: 'c' }], 'rtap', 262_144), [FRAME]).length);
});

test('PcapngSink numbers interfaces behind those that every file describes', (t) => {
  const interfaces = [{ name: 'device' }];
  const sink = new PcapngSink(interfaces, 'rtap', 262_144);
  interfaces.push({ name: 'unused' }, { name: 'used' });
  const reader = new CaptureReader();
  reader.push(fileOf(sink, [{ ...FRAME, interfaceId: 2 }, FRAME, { ...FRAME, interfaceId: 2 }]));
  const seen: [number, string][] = [];
  while (reader.next()) seen.push([reader.record.interfaceId, reader.record.interfaceName]);
  t.deepEqual(seen, [
    [1, 'used'],
    [0, 'device'],
    [1, 'used'],
  ]);
});

test('PcapngSink describes an interface once when its first packet begins a new file', (t) => {
  const interfaces = [{ name: 'a' }];
  const sink = new PcapngSink(interfaces, 'rtap', 262_144);
  interfaces.push({ name: 'b' }, { name: 'c' });
  const output = new KeptItems();
  output.onReserve = () => output.items.push(Buffer.from(sink.begin()));
  sink.write({ ...FRAME, interfaceId: 1 }, output);
  output.onReserve = () => {};
  sink.write({ ...FRAME, interfaceId: 2 }, output);
  const reader = new CaptureReader();
  reader.push(Buffer.concat(output.items));
  t.true(reader.next());
  t.is(reader.record.interfaceName, 'b');
  t.true(reader.next());
  t.is(reader.record.interfaceName, 'c');
});

test('PcapngSink writes the largest frame', (t) => {
  const sink = new PcapngSink(INTERFACES, 'rtap', 262_144);
  const bytes = new Uint8Array(262_144).fill(7);
  const { records, error } = drainCapture(
    new CaptureReader(),
    fileOf(sink, [{ ...FRAME, bytes, originalLength: bytes.length, header: new Uint8Array(12) }]),
  );
  t.is(error, undefined);
  t.is(Buffer.compare(records[0]!.frame, bytes), 0);
});

test('TextSink prints no unknown queue, and numbers lines when told', (t) => {
  const sink = new TextSink({ numbered: true, time: 'none' });
  t.is(lines(sink, { ...FRAME, queue: -1 })[0], `    1  42 ${SUMMARY}`);
  t.is(lines(sink)[0], `    2  q2 42 ${SUMMARY}`);
});

const times: readonly (readonly [TimeStyle, boolean, ...string[]])[] = [
  ['clock', false, '22:13:20.001002 ', '22:13:19.999999 '],
  ['clock', true, '22:13:20.001002003 ', '22:13:19.999999999 '],
  ['none', false, '', ''],
  ['epoch', false, '1700000000.001002 ', '1699999999.999999 '],
  ['epoch', true, '1700000000.001002003 ', '1699999999.999999999 '],
  ['previous', false, ' 00:00:00.000000 ', '-00:00:00.001002 '],
  ['date', false, '2023-11-14T22:13:20.001002+00:00 ', '2023-11-14T22:13:19.999999+00:00 '],
  ['first', true, ' 00:00:00.000000000 ', '-00:00:00.001002004 '],
];

for (const [style, nano, ...expected] of times) {
  test(`FrameTime writes ${JSON.stringify(expected)} when the style is ${style}${nano ? ' in nanoseconds' : ''}`, (t) => {
    const time = new FrameTime(style, nano);
    t.deepEqual(
      [
        time.format({ seconds: 1_700_000_000, nanoseconds: 1_002_003 }),
        time.format({ seconds: 1_699_999_999, nanoseconds: 999_999_999 }),
      ],
      expected,
    );
  });
}

test('FrameTime counts hours from the frame that its style says', (t) => {
  const previous = new FrameTime('previous', false);
  const first = new FrameTime('first', false);
  for (const time of [previous, first]) time.format({ seconds: 1000, nanoseconds: 500_000_000 });
  for (const time of [previous, first])
    t.is(time.format({ seconds: 4661, nanoseconds: 250_000_000 }), ' 01:01:00.750000 ');
  t.is(previous.format({ seconds: 4662, nanoseconds: 0 }), ' 00:00:00.750000 ');
  t.is(first.format({ seconds: 4662, nanoseconds: 0 }), ' 01:01:01.500000 ');
});
