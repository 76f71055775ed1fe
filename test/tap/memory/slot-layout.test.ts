import test from 'ava';
import fc from 'fast-check';
import {
  RECEIVED_FRAME_BYTES_MAX,
  SEGMENT_BYTES_MIN,
  SLOT_BYTES,
  SlotLayout,
} from '../../../src/tap/memory/slot-layout.js';
import { HEADER_BYTES_MAX } from '../../../src/tap/state/limits.js';
import { UIO_MAXIOV } from '../../../src/uring/iovec-table.js';

const CACHE_LINE_BYTES = 64;

test('SlotLayout has one piece for the largest frame by default', (t) => {
  const slots = new SlotLayout();
  t.deepEqual([slots.slotBytes, slots.segmentsMax, slots.segmentBytes], [SLOT_BYTES, 0, 0]);
  t.is(slots.frameBytesMax, RECEIVED_FRAME_BYTES_MAX);
});

test('SlotLayout has room for header, frame and one byte, and a gap after each segment, for any sizes', (t) => {
  const frames = fc.integer({ min: 14, max: RECEIVED_FRAME_BYTES_MAX });
  const segments = fc.option(fc.integer({ min: 66, max: RECEIVED_FRAME_BYTES_MAX }), { nil: undefined });
  fc.assert(
    fc.property(frames, segments, (frameBytesMax, segmentBytes) => {
      const slots = new SlotLayout(
        segmentBytes === undefined ? { frameBytesMax } : { frameBytesMax, segmentBytes },
      );
      const wholeBytes = HEADER_BYTES_MAX + frameBytesMax + 1;
      t.is((slots.slotBytes / CACHE_LINE_BYTES) % 2, 1);
      if (segmentBytes === undefined) {
        t.true(slots.slotBytes >= wholeBytes);
        return;
      }
      t.true(slots.segmentsMax * segmentBytes >= wholeBytes && slots.segmentsMax <= UIO_MAXIOV);
      t.true((slots.segmentsMax - 1) * segmentBytes < wholeBytes);
      t.true(slots.segmentStride > segmentBytes && slots.segmentStride % CACHE_LINE_BYTES === 0);
      t.true(slots.slotBytes >= slots.segmentsMax * slots.segmentStride);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('SlotLayout names the smallest possible segment when a frame would take more segments than IOV_MAX', (t) => {
  t.throws(() => new SlotLayout({ segmentBytes: 64 }), {
    instanceOf: RangeError,
    message:
      'cannot receive segments of 64 bytes: a frame of 65539 bytes would need more than 1024 of them (IOV_MAX), the smallest possible are 65 bytes',
  });
  t.is(new SlotLayout({ segmentBytes: 65 }).segmentsMax, 1009);
  t.is(new SlotLayout({ segmentBytes: SEGMENT_BYTES_MIN, frameBytesMax: 1514 }).segmentsMax, 25);
});

test('SlotLayout throws a RangeError when a size is out of range', (t) => {
  for (const segmentBytes of [0, -1, 63, 256.5, 65_540, Number.NaN]) {
    t.throws(() => new SlotLayout({ segmentBytes, frameBytesMax: 1514 }), {
      instanceOf: RangeError,
      message: `cannot receive segments of ${segmentBytes} bytes: 64 to 65539 are possible`,
    });
  }
  for (const frameBytesMax of [0, 13, 65_540, 1.5]) {
    t.throws(() => new SlotLayout({ frameBytesMax }), {
      instanceOf: RangeError,
      message: `cannot receive frames of ${frameBytesMax} bytes: 14 to 65539 are possible`,
    });
  }
});
