import test from 'ava';
import fc from 'fast-check';
import { parseHex } from '../../../src/packet/bytes/hex.js';
import { formatHexAsciiDump, formatHexDump } from '../../../src/packet/bytes/hex-dump.js';
import { CaptureReader } from '../../../src/packet/capture/capture-reader.js';
import {
  linkHeaderLength,
  summarizeFrame,
  summarizeFrameVerbosely,
  summarizeFrameWithLink,
} from '../../../src/packet/summary/frame-summary.js';
import { drainCapture } from '../capture/captured-records.js';
import { readFixture, readFixtureText } from '../fixture.js';
import { checkForms } from './summary-forms.js';

const frames = drainCapture(new CaptureReader(), readFixture('protocols.pcap')).records;
const detailFrames = drainCapture(new CaptureReader(), readFixture('details.pcap')).records;
const allFrames = [...frames, ...detailFrames];
const cutFrames = drainCapture(new CaptureReader(), readFixture('cut-60.pcap')).records;

/** tcpdump's lines, without the bytes of unknown protocols. */
function goldenLines(name: string): string[] {
  const lines = readFixtureText(name)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('\t'));
  return lines.map((line) => line.replace(/: $/, ''));
}

/** tcpdump has two blanks in places. Its last golden line is about LLDP, which rtap does not decode. */
function normalize(line: string): string {
  return line
    .replaceAll('  ', ' ')
    .replace(/^LLDP, length 0$/, `${STATIONS}, ethertype LLDP (0x88cc), length 14`);
}

const STATIONS = '02:00:00:00:00:01 > 02:00:00:00:00:02';

for (const [index, line] of goldenLines('protocols.txt').entries()) {
  test(`summarizeFrame writes frame ${index + 1} as tcpdump does`, (t) => {
    const { frame, originalLength } = frames[index]!;
    t.is(summarizeFrame(frame, originalLength), normalize(line));
  });
}

test('summarizeFrameWithLink writes what tcpdump -e writes', (t) => {
  for (const [index, line] of goldenLines('protocols-e.txt').entries()) {
    const { frame, originalLength } = frames[index]!;
    t.is(summarizeFrameWithLink(frame, originalLength), normalize(line).replace(/: LLDP, length 0$/, ''));
  }
});

test('summarizeFrameWithLink agrees with tcpdump -e about cut frames, up to the cut', (t) => {
  for (const [index, line] of goldenLines('cut-60.txt').entries()) {
    const { frame, originalLength } = cutFrames[index]!;
    const ours = summarizeFrameWithLink(frame, originalLength);
    const theirs = normalize(line);
    if (theirs.includes('[|')) t.regex(ours, /\[\|\w+\]$/);
    t.true(theirs.startsWith(ours.replace(/(\d+ > \d+: )?\[\|\w+\]$/, '')), `${ours}\n${theirs}`);
  }
});

/** A packet's text begins at the margin. In the verbose form, further lines begin with a blank. */
function goldenTexts(name: string): string[] {
  const texts = readFixtureText(name).split(/^(?=\S)/m);
  return texts.map((text) => withoutDoubleBlanks(text.trimEnd()));
}

function withoutDoubleBlanks(text: string): string {
  return text.replaceAll(/(?<=\S) {2,}/g, ' ').replaceAll(/ +$/gm, '');
}

const FORMS: readonly (readonly [
  golden: string,
  what: string,
  summarize: (frame: Uint8Array, originalLength: number) => string,
])[] = [
  ['details.txt', 'tcpdump', summarizeFrame],
  ['details-v.txt', 'tcpdump -v', summarizeFrameVerbosely],
  [
    'details-ve.txt',
    'tcpdump -v -e',
    (frame, length) => summarizeFrameVerbosely(frame, length, { linkShown: true }),
  ],
];

for (const [golden, what, summarize] of FORMS) {
  test(`frames with every option, flag and error are described as ${what} does`, (t) => {
    const texts = goldenTexts(golden);
    t.is(texts.length, detailFrames.length);
    for (const [index, { frame, originalLength }] of detailFrames.entries()) {
      t.is(withoutDoubleBlanks(summarize(frame, originalLength)), texts[index]!, `frame ${index + 1}`);
    }
  });
}

for (const [name, dump] of [
  ['protocols-x.txt', formatHexDump],
  ['protocols-X.txt', formatHexAsciiDump],
] as const) {
  test(`linkHeaderLength agrees with ${name}`, (t) => {
    // tcpdump prints unknown frames twice. They are at the end.
    const wanted = readFixtureText(name)
      .split('\n')
      .filter((line) => line.startsWith('\t'));
    const lines = frames
      .slice(0, 43)
      .flatMap(({ frame }) => dump(frame, linkHeaderLength(frame)).split('\n'));
    t.deepEqual(lines, wanted.slice(0, lines.length));
  });
}

const ETHER = '020000000002 020000000001';
const IPV4 = '4500 0000 0001 0000 4006 0000 0a000001 0a000002';
const TCP = '9c40 1e61 00000001 00000000 5002 2000 0000 0000';

const UDP = '03e8 03e9 000b 1234 616263';

test('summarizeFrameVerbosely reports a wrong UDP checksum over IPv4, as tcpdump -vv does', (t) => {
  const frame = parseHex(
    `${ETHER} 0800 ${IPV4.replace('4500 0000', '4500 001f').replace('4006', '4011')} ${UDP}`,
  );
  const [header, datagram, ...more] = summarizeFrameVerbosely(frame, frame.length).split('\n');
  t.true(header!.endsWith('proto UDP (17), length 31, bad cksum 0 (->66cb)!)'), header);
  t.is(datagram, '    10.0.0.1.1000 > 10.0.0.2.1001: [bad udp cksum 0x1234 -> 0x1fa2!] UDP, length 3');
  t.deepEqual(more, []);
});

test('summarizeFrameVerbosely prints no checksum when bytes are missing', (t) => {
  for (const { frame, originalLength } of detailFrames) {
    // Three, since one of the datagrams is shorter than its packet.
    const text = summarizeFrameVerbosely(frame.subarray(0, frame.length - 3), originalLength);
    t.notRegex(text.split('\n\t')[0]!, /cksum 0x|sum ok|bad udp|wrong icmp|bad icmp6/);
  }
});

const rows: readonly (readonly [what: string, hex: string, originalLength: number, line: string])[] = [
  ['no bytes', '', 60, '[Invalid header: caplen==0]'],
  ['no length', '', 0, '[Invalid header: caplen==0, len==0]'],
  ['more bytes than there were', ETHER, 11, '[Invalid header: len(11) < caplen(12)]'],
  ['a cut Ethernet header', ETHER, 60, '[|ether]'],
  ['a cut VLAN tag', `${ETHER} 8100 0001`, 60, '[|vlan]'],
  [
    'a TSO packet above 64 KiB',
    `${ETHER} 0800 ${IPV4} ${TCP}`,
    100054,
    'IP 10.0.0.1.40000 > 10.0.0.2.7777: Flags [S], seq 1:100001, win 8192, length 100000',
  ],
  [
    'a BIG TCP packet over IPv6',
    `${ETHER} 86dd 60000000 0000 0640 ${'00'.repeat(15)}01 ${'00'.repeat(15)}02 ${TCP}`,
    100074,
    'IP6 ::1.40000 > ::2.7777: Flags [S], seq 1:100001, win 8192, length 100000',
  ],
  [
    'a packet that was cut on the way',
    `${ETHER} 0800 ${IPV4.replace('4500 0000', '4500 0040')} ${TCP}`,
    54,
    'IP truncated-ip - 24 bytes missing! 10.0.0.1.40000 > 10.0.0.2.7777: Flags [S], seq 1:25, win 8192, length 24',
  ],
  ['a wrong version', `${ETHER} 0800 ${IPV4.replace('4500', '6500')}`, 34, 'IP version error: 6 != 4'],
  ['a wrong header length', `${ETHER} 0800 ${IPV4.replace('4500', '4400')}`, 34, 'IP bad-hlen 16'],
];

for (const [what, hex, originalLength, line] of rows) {
  test(`summarizeFrame describes ${what}`, (t) => t.is(summarizeFrame(parseHex(hex), originalLength), line));
}

test('summarizeFrame limits IP headers within IP headers', (t) => {
  const header = IPV4.replace('4500 0000', '4500 ffff').replace('4006', '4004');
  const frame = parseHex(`${ETHER} 0800 ${header.repeat(3000)}`);
  t.true(summarizeFrame(frame, 60014).length < 1000);
  t.true(summarizeFrameVerbosely(frame, 60014).length < 2000);
});

test('summarizeFrame limits ICMP errors about ICMP errors', (t) => {
  const header = `${IPV4.replace('4500 0000', '4500 ffff').replace('4006', '4001')} 0301 0000 00000000`;
  const text = summarizeFrameVerbosely(parseHex(`${ETHER} 0800 ${header.repeat(2000)}`), 56014);
  t.true(text.length < 3000);
});

test('summarizeFrame describes every truncation of every frame', (t) => {
  for (const { frame, originalLength } of allFrames) {
    for (let length = 0; length <= frame.length; length++) {
      checkForms(frame.subarray(0, length), originalLength);
      t.true(linkHeaderLength(frame.subarray(0, length)) <= length);
    }
  }
});

test('summarizeFrame prints nothing beyond the end of a view', (t) => {
  for (const { frame, originalLength } of allFrames) {
    for (let length = 0; length < frame.length; length++) {
      const alone = summarizeFrameWithLink(frame.slice(0, length), originalLength);
      t.is(summarizeFrameWithLink(frame.subarray(0, length), originalLength), alone);
      const verbose = summarizeFrameVerbosely(frame.slice(0, length), originalLength);
      t.is(summarizeFrameVerbosely(frame.subarray(0, length), originalLength), verbose);
    }
  }
});

test('summaries of 100,000 random, damaged and truncated frames do not throw', (t) => {
  let count = 0;
  const damaged = fc
    .tuple(
      fc.constantFrom(...allFrames),
      fc.array(fc.tuple(fc.nat(150), fc.nat(255)), { maxLength: 4 }),
      fc.nat(150),
    )
    .map(([{ frame }, changes, length]) => {
      const copy = frame.slice(0, Math.max(1, length));
      for (const [at, value] of changes) copy[at % copy.length] = value;
      return copy;
    });
  fc.assert(
    fc.property(fc.oneof(damaged, damaged, fc.uint8Array({ maxLength: 100 })), fc.nat(300), (frame, more) => {
      checkForms(frame, frame.length + more);
      count++;
    }),
    { numRuns: 100_000, seed: 20261122 },
  );
  t.is(count, 100_000);
});
