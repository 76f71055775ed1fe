import { TopSpeed } from '../../src/cli/tx-inject/due-times.js';
import { Injection } from '../../src/cli/tx-inject/injection.js';
import { DirectLane } from '../../src/cli/tx-inject/sending/direct-lane.js';
import { laneByFlow } from '../../src/cli/tx-inject/sending/lane-choice.js';
import { PacingClock } from '../../src/cli/tx-inject/sending/pacing-clock.js';
import { RunLedger } from '../../src/cli/tx-inject/sending/run-ledger.js';
import { ThreadedLane } from '../../src/cli/tx-inject/sending/threaded-lane.js';
import { Transmission } from '../../src/cli/tx-inject/sending/transmission.js';
import { TemplateSource } from '../../src/cli/tx-inject/sources/template-source.js';
import { FrameStamper } from '../../src/cli/tx-inject/templates/template-stamp.js';
import { openQueuesForSending } from '../../src/tap/queue/sending-device.js';
import { SendingThreads } from '../../src/tap/sending/sending-threads.js';
import { untilRunning } from './bridged-devices.js';

const FLOWS = 64;

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

/**
 * Calls `measure` with the loop of `tx-inject --stamp -t` into all queues of the device `name`, sent by `threadCount` threads,
 * or by this one.
 */
export async function withInjection(
  name: string,
  threadCount: number,
  measure: (prepare: (frames: number) => () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const sending = openQueuesForSending(name, { selection: 'all', burstsPerQueue: 8 });
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
  using transmission = new Transmission(lanes, laneByFlow(lanes.length), {
    mtu: sending.link.mtu,
    oversize: false,
    offloads: { stored: true, checksum: false, tcpSegmentBytes: undefined, udpSegmentBytes: undefined },
    unplaced: ledger.unplaced,
  });
  using source = makeSource();
  await measure((frames) => {
    const parts = { source, dueTimes: new TopSpeed(), clock, transmission, stopped: () => false };
    const injection = new Injection(parts, {
      loops: 1,
      limit: frames,
      durationSeconds: Number.POSITIVE_INFINITY,
    });
    return () => injection.run();
  });
  if (ledger.total().refusedCount > 0) throw new Error('frames were refused');
}
