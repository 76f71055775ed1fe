import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'ava';
import { openInput } from '../../../../src/cli/input/open-input.js';
import { StreamInput } from '../../../../src/cli/input/stream-input.js';
import { CaptureSource } from '../../../../src/cli/tx-inject/sources/capture-source.js';
import type { FrameSource } from '../../../../src/cli/tx-inject/sources/frame-source.js';
import { HexSource } from '../../../../src/cli/tx-inject/sources/hex-source.js';
import { MalformedError } from '../../../../src/errors.js';
import { encodePcapFileHeader, encodePcapRecord } from '../../../../src/packet/capture/pcap-writer.js';
import { BlockBuilder } from '../../../packet/capture/pcapng-blocks.js';
import { makeFolder } from '../../../tap/scratch-folder.js';
import { makeConsole } from '../../scripted-console.js';

const FRAMES = [Uint8Array.of(1, 2, 3), Uint8Array.of(4), Uint8Array.of(5, 6)];

/** A capture of FRAMES, of 100 original bytes each. The second is half a second after the first, the third before it. */
function makeCapture(linkType = 1): Buffer {
  const target = Buffer.alloc(1000);
  let end = encodePcapFileHeader(target, 0, { linkType });
  const times = [
    [10, 800_000_000],
    [11, 300_000_000],
    [9, 800_000_000],
  ] as const;
  for (const [index, frame] of FRAMES.entries()) {
    const [seconds, nanoseconds] = times[index]!;
    end += encodePcapRecord(target, end, seconds, nanoseconds, frame, frame.length, 100);
  }
  return target.subarray(0, end);
}

interface Row {
  readonly frame: readonly number[];
  readonly originalLength: number;
  readonly milliseconds: number;
}

/** All frames until the end of a pass, and the error that ended it. */
async function drain(source: FrameSource): Promise<{ rows: Row[]; error: unknown }> {
  const rows: Row[] = [];
  try {
    do {
      while (source.next()) {
        const { frame, originalLength, recordedSeconds } = source;
        rows.push({ frame: [...frame], originalLength, milliseconds: Math.round(recordedSeconds * 1000) });
      }
    } while (await source.refill());
  } catch (error) {
    return { rows, error };
  }
  return { rows, error: undefined };
}

const WANTED: readonly Row[] = [
  { frame: [1, 2, 3], originalLength: 100, milliseconds: 0 },
  { frame: [4], originalLength: 100, milliseconds: 500 },
  { frame: [5, 6], originalLength: 100, milliseconds: -1000 },
];

test('CaptureSource returns every frame in each pass of a file', async (t) => {
  const path = join(makeFolder(), 'in.pcap');
  writeFileSync(path, makeCapture());
  using source = new CaptureSource(openInput(path, { repeated: true, console: makeConsole() }), path);
  for (let pass = 0; pass < 3; pass++) {
    t.deepEqual(await drain(source), { rows: [...WANTED], error: undefined });
    t.true(source.ethernet);
    source.rewind();
  }
});

test('CaptureSource returns every frame in each pass of a pipe that is read byte by byte', async (t) => {
  const chunks = [...makeCapture()].map((byte) => Uint8Array.of(byte));
  using source = new CaptureSource(new StreamInput(Readable.from(chunks), true), 'standard input');
  for (let pass = 0; pass < 2; pass++) {
    t.deepEqual(await drain(source), { rows: [...WANTED], error: undefined });
    source.rewind();
  }
});

test('CaptureSource returns the whole frames, then throws a MalformedError, when the file is cut at any byte', async (t) => {
  const capture = makeCapture();
  const ends = [24, 24 + 19, 24 + 19 + 17, capture.length];
  for (let length = 0; length < capture.length; length++) {
    const stream = Readable.from(length === 0 ? [] : [capture.subarray(0, length)]);
    using source = new CaptureSource(new StreamInput(stream, false), 'cut.pcap');
    const { rows, error } = await drain(source);
    t.deepEqual(rows, WANTED.slice(0, ends.filter((end) => end > 24 && end <= length).length));
    if (ends.includes(length)) t.is(error, undefined);
    else
      t.true(
        error instanceof MalformedError && error.message.startsWith('cannot read capture "cut.pcap": '),
        `${length}: ${error}`,
      );
  }
});

test('CaptureSource has no frame when the capture is empty', async (t) => {
  const stream = Readable.from([makeCapture().subarray(0, 24)]);
  using source = new CaptureSource(new StreamInput(stream, false), 'empty.pcap');
  t.deepEqual(await drain(source), { rows: [], error: undefined });
  t.false(await source.refill());
});

test('CaptureSource says of which link type a frame is when it is not of Ethernet', async (t) => {
  using source = new CaptureSource(new StreamInput(Readable.from([makeCapture(113)]), false), 'any.pcap');
  await source.refill();
  t.true(source.next());
  t.deepEqual([source.ethernet, source.linkType], [false, 113]);
});

test('CaptureSource leaves out what a capture has beyond the length of a packet', async (t) => {
  const target = Buffer.alloc(200);
  let end = encodePcapFileHeader(target, 0);
  end += encodePcapRecord(target, end, 1, 0, Uint8Array.of(1, 2, 3, 4), 4, 2);
  using source = new CaptureSource(new StreamInput(Readable.from([target.subarray(0, end)]), false), 'x');
  t.deepEqual(await drain(source), {
    rows: [{ frame: [1, 2], originalLength: 2, milliseconds: 0 }],
    error: undefined,
  });
});

test('CaptureSource lets a frame without a time go with the one before it', async (t) => {
  const b = new BlockBuilder(true);
  const timed = (microseconds: number) => b.enhanced(0, 0x00060a24, microseconds, [1]);
  const blocks = [
    b.section(),
    b.interface(1, 0),
    b.simple(1, [2]),
    timed(1_000_000),
    b.simple(1, [2]),
    timed(1_250_000),
    b.simple(1, [2]),
  ];
  using source = new CaptureSource(
    new StreamInput(Readable.from([Uint8Array.from(blocks.flat())]), true),
    'x',
  );
  for (let pass = 0; pass < 2; pass++) {
    const { rows, error } = await drain(source);
    t.is(error, undefined);
    t.deepEqual(
      rows.map(({ milliseconds }) => milliseconds),
      [0, 0, 0, 250, 250],
    );
    source.rewind();
  }
});

test('HexSource returns its frames in each pass', async (t) => {
  using source = new HexSource(FRAMES);
  for (let pass = 0; pass < 2; pass++) {
    const rows = FRAMES.map((frame) => ({
      frame: [...frame],
      originalLength: frame.length,
      milliseconds: 0,
    }));
    t.deepEqual(await drain(source), { rows, error: undefined });
    source.rewind();
  }
  t.true(source.ethernet);
});

test('HexSource has no frame when it is given none', async (t) => {
  t.deepEqual(await drain(new HexSource([])), { rows: [], error: undefined });
});
