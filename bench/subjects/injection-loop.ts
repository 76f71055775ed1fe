import { writeFileSync } from 'node:fs';
import { openInput } from '../../src/cli/input/open-input.js';
import { TopSpeed } from '../../src/cli/tx-inject/due-times.js';
import { Injection } from '../../src/cli/tx-inject/injection.js';
import { DirectLane } from '../../src/cli/tx-inject/sending/direct-lane.js';
import { laneByFlow } from '../../src/cli/tx-inject/sending/lane-choice.js';
import { PacingClock } from '../../src/cli/tx-inject/sending/pacing-clock.js';
import { RunLedger } from '../../src/cli/tx-inject/sending/run-ledger.js';
import { ThreadedLane } from '../../src/cli/tx-inject/sending/threaded-lane.js';
import { Transmission } from '../../src/cli/tx-inject/sending/transmission.js';
import { CaptureSource } from '../../src/cli/tx-inject/sources/capture-source.js';
import type { FrameSource } from '../../src/cli/tx-inject/sources/frame-source.js';
import { TemplateSource } from '../../src/cli/tx-inject/sources/template-source.js';
import { storeBytes, useStore } from '../../src/cli/tx-inject/store-use.js';
import { FrameStamper } from '../../src/cli/tx-inject/templates/template-stamp.js';
import { encodePcapFileHeader, encodePcapRecord } from '../../src/packet/capture/pcap-writer.js';
import { openQueuesForSending } from '../../src/tap/queue/sending-device.js';
import { SendingThreads } from '../../src/tap/sending/sending-threads.js';
import { untilRunning } from './bridged-devices.js';

const FLOWS = 64;
const CAPTURE_FRAMES = 100_000;
const CAPTURE_FRAME_BYTES_MAX = 128;
/** Of a capture; other frames never end. */
const PASSES = { segments: 1, loops: Number.POSITIVE_INFINITY };

/** Stamped UDP frames of FLOWS flows, without end. */
function makeSource(): TemplateSource {
  return new TemplateSource({
    template: {
      protocol: 'udp',
      sourceMac: Uint8Array.of(2, 0, 0, 0, 0, 1),
      destinationMac: Uint8Array.of(2, 0, 0, 0, 0, 9),
      source: Uint8Array.of(10, 0, 0, 1),
      destination: Uint8Array.of(10, 0, 0, 2),
      frameBytes: 64,
    },
    varied: [{ name: 'src-port', first: Uint8Array.of(4, 0), step: 1, count: FLOWS }],
    rounds: Number.POSITIVE_INFINITY,
    stamper: new FrameStamper(),
  });
}

/** A capture of frames of many lengths and FLOWS flows, from the file `path`, which is made. */
function openCapture(path: string): CaptureSource {
  const bytes = Buffer.alloc(24 + CAPTURE_FRAMES * (16 + CAPTURE_FRAME_BYTES_MAX));
  let end = encodePcapFileHeader(bytes, 0, {});
  for (let number = 0; number < CAPTURE_FRAMES; number++) {
    const length = 60 + (number % (CAPTURE_FRAME_BYTES_MAX - 59));
    const frame = Buffer.alloc(length);
    frame.write('02000000000902000000000188b5', 'hex');
    frame.writeUInt8(number % FLOWS, 11);
    end += encodePcapRecord(bytes, end, 1_700_000_000 + number, 0, frame, length, length);
  }
  writeFileSync(path, bytes.subarray(0, end));
  const input = openInput(path, { repeated: true, console: { input: process.stdin } });
  return new CaptureSource(input, path);
}

/** What an injection sends, and how. */
export interface InjectionKind {
  /** Threads that send; with 1 it is this one. */
  readonly threadCount: number;
  /** Where to make a capture that is sent again and again. @default stamped frames */
  readonly capture?: string;
}

/** Calls `measure` with the loop of `tx-inject -t` into all queues of the device `name`. */
export async function withInjection(
  name: string,
  { threadCount, capture }: InjectionKind,
  measure: (prepare: (frames: number) => () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  using source: FrameSource = capture === undefined ? makeSource() : openCapture(capture);
  const sending = openQueuesForSending(name, {
    selection: 'all',
    burstsPerQueue: 8,
    storeBytes: (frames) => storeBytes(source, PASSES, frames),
  });
  using device = sending.device;
  await untilRunning(name, device.ifindex);
  await using threads = threadCount > 1 ? await SendingThreads.start(sending, threadCount) : undefined;
  const clock = new PacingClock();
  const ledger = new RunLedger();
  const surroundings = { device, clock, lateness: undefined, segments: 1 };
  const lanes = sending.queues.map((queue, index) => {
    const own = ledger.open(queue.number);
    const handed = threads?.lanes[index];
    return handed === undefined
      ? new DirectLane(queue, own, surroundings)
      : new ThreadedLane(handed, own, surroundings);
  });
  const stored = useStore(source, sending, () => {
    transmission.flush();
    transmission.finish();
  });
  using transmission = new Transmission(lanes, laneByFlow(lanes.length), {
    ...stored,
    mtu: sending.link.mtu,
    oversize: false,
    offloads: { stored: true, checksum: false, tcpSegmentBytes: undefined, udpSegmentBytes: undefined },
    unplaced: ledger.unplaced,
  });
  await measure((frames) => {
    const parts = { source, dueTimes: new TopSpeed(), clock, transmission, stopped: () => false };
    const injection = new Injection(parts, {
      loops: PASSES.loops,
      limit: frames,
      durationSeconds: Number.POSITIVE_INFINITY,
    });
    return async () => {
      source.rewind();
      const { accepted } = ledger.total();
      const fault = await injection.run();
      if (fault !== undefined) throw fault;
      if (ledger.total().accepted !== accepted + frames) throw new Error('not all frames were sent');
    };
  });
  if (ledger.total().refusedCount > 0) throw new Error('frames were refused');
}
