import { writeFileSync } from 'node:fs';
import { encodePcapFileHeader, encodePcapRecord } from '../../src/packet/capture/pcap-writer.js';
import type { Contest, Contestant, ContestMaker } from '../contest.js';
import { PrivateNamespace } from '../private-namespace.js';

const FRAMES = 10_000;
const FRAME_BYTES = 64;

/** Sends a capture in a loop at top speed: rtap into a TAP, tcpreplay onto a veth. Both read it into memory first. */
export const makeReplay: ContestMaker = async (workplace, { quick }): Promise<Contest> => {
  const loops = quick ? 50 : 200;
  const namespace = PrivateNamespace.make();
  const capture = workplace.path('frames.pcap');
  writeCapture(capture);
  namespace.makeTap('bench0');
  await namespace.run('ip', 'link', 'add', 'veth0', 'type', 'veth', 'peer', 'name', 'veth1');
  for (const name of ['veth0', 'veth1']) await namespace.run('ip', 'link', 'set', name, 'up');
  const inject = ['tx-inject', 'bench0', '-r', capture, '-t', '-K', '-l', String(loops), '--json'];
  const ours: Contestant = {
    label: 'rtap tx-inject -t -K, TAP',
    measure: async () => ({
      value: readLedger(await namespace.run(workplace.rtap.command, ...inject), loops),
    }),
  };
  const replay = ['-i', 'veth0', '--topspeed', '-K', '-l', String(loops), capture];
  const theirs: Contestant = {
    label: 'tcpreplay --topspeed -K, veth',
    programs: ['tcpreplay'],
    measure: async () => ({ value: readSummary(await namespace.run('tcpreplay', ...replay)) }),
  };
  const work = 'a pcap file of 10,000 frames of 64 bytes, looped, top speed';
  return {
    name: 'replay',
    unit: 'frames/s',
    lessIsBetter: false,
    rows: [{ name: 'replay', work, ours, theirs, limit: 2 }],
    [Symbol.asyncDispose]: async () => namespace[Symbol.dispose](),
  };
};

function writeCapture(path: string): void {
  const bytes = Buffer.alloc(24 + FRAMES * (16 + FRAME_BYTES));
  let end = encodePcapFileHeader(bytes, 0, {});
  for (let number = 0; number < FRAMES; number++) {
    const frame = Buffer.alloc(FRAME_BYTES);
    frame.write('02000000000102000000000288b5', 'hex');
    frame.writeUInt32BE(number, 14);
    end += encodePcapRecord(bytes, end, 1_700_000_000, number * 1000, frame, FRAME_BYTES, FRAME_BYTES);
  }
  writeFileSync(path, bytes);
}

/** Returns the frames a second that rtap reports. Throws an Error unless the kernel took all of them. */
function readLedger(stdout: string, loops: number): number {
  const { accepted, seconds } = JSON.parse(stdout) as { readonly accepted: number; readonly seconds: number };
  if (accepted !== FRAMES * loops) throw new Error(`tx-inject: ${accepted} frames accepted`);
  return accepted / seconds;
}

/** Returns the frames a second that tcpreplay reports. */
function readSummary(stdout: string): number {
  const [, packets, seconds] = /Actual: (\d+) packets .* in ([\d.]+) seconds/.exec(stdout) ?? [];
  return Number(packets) / Number(seconds);
}
