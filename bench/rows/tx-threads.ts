import { writeFileSync } from 'node:fs';
import { encodePcapFileHeader, encodePcapRecord } from '../../src/packet/capture/pcap-writer.js';
import { buildFrame } from '../../src/packet/generate/frame-builder.js';
import type { Contest, Contestant, ContestMaker } from '../contest.js';
import { PrivateNamespace } from '../private-namespace.js';
import { measureSending } from '../sending-sample.js';

const FRAMES = 10_000;
const FRAME_BYTES = 64;
const FLOWS = 64;

/**
 * Replays a capture in a loop at top speed: rtap into a TAP from two threads, beside one thread, and beside tcpreplay onto a
 * veth. All read it into memory first.
 */
export const makeTxThreads: ContestMaker = async (workplace, { quick }): Promise<Contest> => {
  const namespace = PrivateNamespace.make();
  const capture = workplace.path('frames.pcap');
  writeCapture(capture);
  namespace.makeTap('bench0', { queueCount: 2 });
  await namespace.run('ip', 'link', 'add', 'veth0', 'type', 'veth', 'peer', 'name', 'veth1');
  for (const name of ['veth0', 'veth1']) await namespace.run('ip', 'link', 'set', name, 'up');
  const replay = (label: string, device: string, ...command: readonly [string, ...string[]]): Contestant => ({
    label,
    measure: () => measureSending({ namespace, device, command, seconds: quick ? 1 : 2 }),
  });
  const rtap = [workplace.rtap.command, 'tx-inject', 'bench0', '-r', capture, '-t', '-K', '-l', '0'] as const;
  const two = replay('rtap tx-inject --threads 2', 'bench0', ...rtap, '-q', 'all', '--threads', '2');
  const one = replay('rtap tx-inject, one queue', 'bench0', ...rtap);
  const tcpreplay = ['tcpreplay', '-i', 'veth0', '--topspeed', '-K', '-l', '0', capture] as const;
  // The other end of the pair counts what it receives.
  const theirs = replay('tcpreplay --topspeed -K, veth', 'veth1', ...tcpreplay);
  const work = 'tx, a capture in memory, 64-byte frames of 64 flows, top speed, two queues';
  return {
    name: 'tx-threads',
    unit: 'frames/s',
    lessIsBetter: false,
    rows: [
      { name: 'tx-threads', work, ours: two, theirs: one, limit: 1.6 },
      { name: 'tx-tcpreplay', work, ours: two, theirs: { ...theirs, programs: ['tcpreplay'] }, limit: 2 },
    ],
    [Symbol.asyncDispose]: async () => namespace[Symbol.dispose](),
  };
};

/** Writes UDP frames to an address that no device here has: the kernel drops them early. */
function writeCapture(path: string): void {
  const bytes = Buffer.alloc(24 + FRAMES * (16 + FRAME_BYTES));
  let end = encodePcapFileHeader(bytes, 0, {});
  for (let number = 0; number < FRAMES; number++) {
    const frame = buildFrame({
      protocol: 'udp',
      sourceMac: Uint8Array.of(2, 0, 0, 0, 0, 1),
      destinationMac: Uint8Array.of(2, 0, 0, 0, 0, 9),
      source: Uint8Array.of(192, 0, 2, 1),
      destination: Uint8Array.of(192, 0, 2, 2),
      sourcePort: 1024 + (number % FLOWS),
      destinationPort: 9,
      frameBytes: FRAME_BYTES,
    });
    end += encodePcapRecord(bytes, end, 1_700_000_000, number * 1000, frame, FRAME_BYTES, FRAME_BYTES);
  }
  writeFileSync(path, bytes);
}
