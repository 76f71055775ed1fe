import test from 'ava';
import type { FrameSink } from '../../src/cli/rx-dump/frame-sink.js';
import { JsonSink } from '../../src/cli/rx-dump/json-sink.js';
import { PcapSink } from '../../src/cli/rx-dump/pcap-sink.js';
import { TextSink } from '../../src/cli/rx-dump/text-sink.js';
import { parseHex } from '../../src/packet/hex.js';
import { PcapReader } from '../../src/packet/pcap-reader.js';
import { RECEIVED_FRAME_BYTES_MAX } from '../../src/tap/frame-arena.js';
import { drainCapture } from '../packet/captured-records.js';

process.env.TZ = 'UTC';

/** ARP, who has 10.0.0.2, tell 10.0.0.1: 42 bytes. */
const DATA = 'ffffffffffff020000000001080600010800060400010200000000010a0000010000000000000a000002';
const FRAME = { queue: 2, bytes: parseHex(DATA), seconds: 1_700_000_000, nanoseconds: 1_002_003 };
const SUMMARY = 'ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28';

function lines(sink: FrameSink, frame = FRAME): string[] {
  const text = Buffer.from(sink.encode(frame)).toString();
  return text.split('\n');
}

test('TextSink prints time, queue, length and summary when it gets a frame', (t) => {
  const sink = new TextSink({});
  t.is(sink.begin().length, 0);
  t.deepEqual(lines(sink), [`22:13:20.001002 q2 42 ${SUMMARY}`, '']);
});

test('TextSink moves its clock when the second changes, and back', (t) => {
  const sink = new TextSink({});
  t.true(lines(sink)[0]!.startsWith('22:13:20.001002 '));
  t.true(
    lines(sink, { ...FRAME, seconds: FRAME.seconds + 40, nanoseconds: 999_999_999 })[0]!.startsWith(
      '22:14:00.999999 ',
    ),
  );
  t.true(lines(sink, { ...FRAME, nanoseconds: 0 })[0]!.startsWith('22:13:20.000000 '));
});

test('TextSink adds the Ethernet header and the bytes when they are wanted', (t) => {
  const [line, ...dump] = lines(new TextSink({ linkShown: true, hexShown: true }));
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

test('JsonSink gives one object on one line when it gets a frame', (t) => {
  const sink = new JsonSink();
  t.is(sink.begin().length, 0);
  t.deepEqual(lines(sink), [
    `{"queue":2,"timestamp":"1700000000.001002003","length":42,"data":"${DATA}"}`,
    '',
  ]);
});

test('every text sink gives whole lines when a frame is cut at any byte', (t) => {
  for (let length = 0; length <= FRAME.bytes.length; length++) {
    const frame = { ...FRAME, bytes: FRAME.bytes.subarray(0, length) };
    t.is(lines(new TextSink({}), frame).length, 2);
    t.is(lines(new TextSink({ linkShown: true }), frame).length, 2);
    t.is(JSON.parse(lines(new JsonSink(), frame)[0]!).length, length);
  }
});

test('PcapSink gives the golden bytes when it gets a frame', (t) => {
  const sink = new PcapSink(262_144);
  t.is(Buffer.from(sink.begin()).toString('hex'), '4d3cb2a1020004000000000000000000000004000100' + '0000');
  t.is(Buffer.from(sink.encode(FRAME)).toString('hex'), `00f15365134a0f002a0000002a000000${DATA}`);
});

test('PcapSink keeps the first bytes, and tells the length, when a frame is longer than wanted', (t) => {
  const sink = new PcapSink(20);
  const bytes = Buffer.concat([
    sink.begin(),
    Buffer.from(sink.encode(FRAME)),
    Buffer.from(sink.encode(FRAME)),
  ]);
  const { records, error } = drainCapture(new PcapReader(), bytes);
  t.is(error, undefined);
  t.is(records.length, 2);
  const { seconds, nanoseconds } = FRAME;
  t.like(records[1], { seconds, nanoseconds, originalLength: 42, linkType: 1 });
  t.deepEqual(records[1]!.frame, FRAME.bytes.slice(0, 20));
});

test('PcapSink takes the largest frame when one arrives', (t) => {
  const sink = new PcapSink(262_144);
  const bytes = new Uint8Array(RECEIVED_FRAME_BYTES_MAX).fill(7);
  const whole = Buffer.concat([sink.begin(), Buffer.from(sink.encode({ ...FRAME, bytes }))]);
  const { records, error } = drainCapture(new PcapReader(), whole);
  t.is(error, undefined);
  t.is(Buffer.compare(records[0]!.frame, bytes), 0);
});
