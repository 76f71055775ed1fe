import test from 'ava';
import fc from 'fast-check';
import { addBytes, sumPseudoHeader } from '../../../src/packet/bytes/internet-checksum.js';
import { buildFrame } from '../../../src/packet/generate/frame-builder.js';
import { parseIpAddress } from '../../../src/packet/headers/ip-address.js';
import { parseMacAddress } from '../../../src/packet/headers/mac-address.js';
import { completeChecksum } from '../../../src/packet/offload/checksum-completion.js';
import { sumTransport } from './transport-checksum.js';

const TEMPLATE = {
  sourceMac: parseMacAddress('02:00:00:00:00:01'),
  destinationMac: parseMacAddress('02:00:00:00:00:02'),
  source: parseIpAddress('10.0.0.1'),
  destination: parseIpAddress('10.0.0.2'),
} as const;

const FACTS = {
  tcp: { checksumStart: 34, checksumOffset: 16 },
  udp: { checksumStart: 34, checksumOffset: 6 },
};

test('completeChecksum agrees with buildFrame', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom('tcp' as const, 'udp' as const),
      fc.uint8Array({ maxLength: 200 }),
      (protocol, payload) => {
        const frame = buildFrame({ ...TEMPLATE, protocol, payload, frameBytes: 54 + payload.length });
        t.is(sumTransport(frame), 0xffff);
        const unfinished = Uint8Array.from(frame);
        const { checksumStart, checksumOffset } = FACTS[protocol];
        const sum = sumPseudoHeader(frame, 26, 30, 4, protocol === 'tcp' ? 6 : 17, frame.length - 34);
        unfinished.set([sum >> 8, sum & 255], checksumStart + checksumOffset);
        t.true(completeChecksum(unfinished, { flags: 1, checksumStart, checksumOffset }));
        t.is(sumTransport(unfinished), 0xffff);
        t.deepEqual(unfinished.subarray(0, 34), frame.subarray(0, 34));
      },
    ),
  );
});

test('completeChecksum stores 0xffff for zero', (t) => {
  const frame = Uint8Array.of(0xff, 0xff, 0, 0);
  t.true(completeChecksum(frame, { flags: 1, checksumStart: 0, checksumOffset: 2 }));
  t.deepEqual([...frame], [0xff, 0xff, 0xff, 0xff]);
  t.is(addBytes(0, frame, 0, 4), 0xffff);
});

test('completeChecksum does not change frames that do not need it', (t) => {
  const frame = new Uint8Array(60).fill(7);
  t.true(completeChecksum(frame, { flags: 2, checksumStart: 34, checksumOffset: 16 }));
  t.deepEqual(frame, new Uint8Array(60).fill(7));
});

test('completeChecksum refuses every truncation before the field', (t) => {
  for (let length = 0; length < 60; length++) {
    const frame = new Uint8Array(length).fill(7);
    const done = completeChecksum(frame, { flags: 1, checksumStart: 34, checksumOffset: 16 });
    t.is(done, length >= 52);
    if (!done) t.deepEqual(frame, new Uint8Array(length).fill(7));
  }
  t.false(completeChecksum(new Uint8Array(60), { flags: 1, checksumStart: 65535, checksumOffset: 65535 }));
});
