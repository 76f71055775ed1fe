import { Readable } from 'node:stream';
import test from 'ava';
import { StreamInput } from '../../../../src/cli/input/stream-input.js';
import { CaptureSource } from '../../../../src/cli/tx-inject/sources/capture-source.js';
import { type FrameSource, NO_HEADER } from '../../../../src/cli/tx-inject/sources/frame-source.js';
import {
  PRELOADED_FRAMES_MAX,
  PreloadedSource,
} from '../../../../src/cli/tx-inject/sources/preloaded-source.js';
import { MalformedError } from '../../../../src/errors.js';
import { captureOf, frameOf } from '../../../kernel/capture.js';

const FRAMES = Array.from({ length: 300 }, (_, number) => frameOf(number, 60 + number));

function openCapture(bytes: Uint8Array): CaptureSource {
  return new CaptureSource(new StreamInput(Readable.from([bytes]), false), 'in.pcap');
}

/** All frames of a pass with their properties. */
function drain(source: FrameSource): unknown[] {
  const rows: unknown[] = [];
  while (source.next()) {
    const { frame, originalLength, recordedSeconds, ethernet, virtioNetHeader, checksumFinished } = source;
    rows.push([
      Buffer.from(frame).toString('hex'),
      originalLength,
      recordedSeconds,
      ethernet,
      Buffer.from(virtioNetHeader).toString('hex'),
      checksumFinished,
    ]);
  }
  return rows;
}

test('PreloadedSource returns the frames of its source in each pass when the source is disposed', async (t) => {
  const read = openCapture(captureOf(FRAMES, { cutBytes: 3 }));
  const source = await PreloadedSource.load(read, 'in.pcap');
  read[Symbol.dispose]();
  const wanted = FRAMES.map((hex, number) => [hex, hex.length / 2 + 3, number, true, '', false]);
  for (let pass = 0; pass < 3; pass++) {
    t.is(source.fraction, 0);
    t.deepEqual(drain(source), wanted);
    t.is(source.fraction, 1);
    t.false(source.refill());
    source.rewind();
  }
});

test('PreloadedSource knows the recorded time of each frame of a pass', async (t) => {
  using read = openCapture(captureOf(FRAMES));
  const source = await PreloadedSource.load(read, 'in.pcap');
  t.deepEqual(
    source.recordedTimes,
    FRAMES.map((_, second) => second),
  );
});

test('PreloadedSource returns the frames before a fault, then throws it, when the capture is cut', async (t) => {
  const capture = captureOf([frameOf(1), frameOf(2)]);
  using read = openCapture(capture.subarray(0, capture.length - 5));
  const source = await PreloadedSource.load(read, 'in.pcap');
  t.true(source.next());
  t.throws(() => source.next(), { instanceOf: MalformedError, message: /record 2 is cut/ });
});

test('PreloadedSource refuses a source when it has more frames than it keeps', async (t) => {
  let made = 0;
  const endless: FrameSource = {
    next: () => ++made > 0,
    refill: () => false,
    cancel: () => {},
    rewind: () => {},
    frame: Uint8Array.of(1),
    bytes: Uint8Array.of(1),
    start: 0,
    length: 1,
    originalLength: 1,
    ethernet: true,
    linkType: 1,
    recordedSeconds: 0,
    virtioNetHeader: NO_HEADER,
    queue: -1,
    checksumFinished: false,
    [Symbol.dispose]: () => {},
  };
  await t.throwsAsync(PreloadedSource.load(endless, 'big.pcap'), {
    instanceOf: RangeError,
    message: /^cannot preload "big.pcap": more than 2097152 frames or 1073741824 bytes/,
  });
  t.is(made, PRELOADED_FRAMES_MAX + 1);
});
