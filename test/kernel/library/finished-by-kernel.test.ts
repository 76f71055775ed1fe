import { join } from 'node:path';
import test from 'ava';
import { buildFrame } from '../../../src/packet/generate/frame-builder.js';
import type { FrameTemplate } from '../../../src/packet/generate/frame-template.js';
import { parseIpAddress } from '../../../src/packet/headers/ip-address.js';
import { parseMacAddress } from '../../../src/packet/headers/mac-address.js';
import { VirtioNetHeader } from '../../../src/packet/headers/virtio-net-header.js';
import { prepareChecksum } from '../../../src/packet/offload/checksum-preparation.js';
import { SegmentLayout } from '../../../src/packet/offload/segment-layout.js';
import { requestSegmentation } from '../../../src/packet/offload/segmentation-request.js';
import type { TapDevice } from '../../../src/tap/queue/tap-device.js';
import { ip } from '../../netlink/iproute2.js';
import {
  DESTINATION_OPTIONS,
  HOP_BY_HOP,
  ROUTING_DONE,
  withExtensionHeaders,
  withIpv4Options,
  withTags,
} from '../../packet/offload/longer-headers.js';
import { CHECKSUM_FAULT, CHECKSUMS_COMPUTED } from '../../tshark-checksums.js';
import { eventually } from '../deadline.js';
import { makeTap, openTap, patternOf } from '../offloading-tap.js';
import { runTool } from '../peer.js';
import { markedFrame } from '../ring-tap.js';
import { RunningProcess } from '../running-process.js';
import { VnetPacketSocket } from '../vnet-packet.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

const MSS = 1000;
const V4: FrameTemplate = {
  protocol: 'tcp',
  sourceMac: parseMacAddress('02:00:00:00:00:01'),
  destinationMac: parseMacAddress('02:00:00:00:00:09'),
  source: parseIpAddress('10.0.0.1'),
  destination: parseIpAddress('10.0.0.2'),
  sequence: 0xffff_fff0,
  tcpFlags: 0x18,
  destinationPort: 40_001,
  payload: patternOf(65_000),
  frameBytes: 154,
};
const V6: FrameTemplate = {
  ...V4,
  source: parseIpAddress('2001:db8::1'),
  destination: parseIpAddress('2001:db8::2'),
  frameBytes: 174,
};
const OPTIONS = [1, 1, 1, 1, 0x94, 4, 0, 0];
const HEADERS = [HOP_BY_HOP, ROUTING_DONE, DESTINATION_OPTIONS] as const;

const v4 = (more: Partial<FrameTemplate>) => withIpv4Options(buildFrame({ ...V4, ...more }), OPTIONS);
const v6 = (more: Partial<FrameTemplate>) => withExtensionHeaders(buildFrame({ ...V6, ...more }), ...HEADERS);
const TALL = { frameBytes: 60_000 };
const UDP = { protocol: 'udp' } as const;

/** The frames, each with a source port of its own, and the number of packets into which the kernel must cut it. */
const ROWS: readonly (readonly [what: string, build: (more: Partial<FrameTemplate>) => Uint8Array])[] = [
  ['TCP, IPv4 with options', v4],
  ['UDP, IPv4 with options', (more) => v4({ ...more, ...UDP })],
  ['TCP, IPv6 with extension headers', v6],
  ['UDP, IPv6 with extension headers', (more) => v6({ ...more, ...UDP })],
  ['TCP behind a VLAN tag', (more) => withTags(v4(more), 0x8100)],
  ['UDP behind a VLAN tag', (more) => withTags(v6({ ...more, ...UDP }), 0x8100)],
  ['TCP behind two tags', (more) => withTags(v6(more), 0x88a8, 0x8100)],
  ['UDP behind two tags', (more) => withTags(v4({ ...more, ...UDP }), 0x88a8, 0x8100)],
  ['TCP to be cut, IPv4 with options', (more) => v4({ ...more, ...TALL })],
  ['TCP to be cut, IPv6 with extension headers', (more) => v6({ ...more, ...TALL })],
  ['TCP to be cut behind a VLAN tag', (more) => withTags(v4({ ...more, ...TALL }), 0x8100)],
  ['TCP to be cut behind two tags', (more) => withTags(v4({ ...more, ...TALL }), 0x88a8, 0x8100)],
  ['UDP to be cut, IPv4 with options', (more) => v4({ ...more, ...UDP, ...TALL })],
  ['UDP to be cut, IPv6 with extension headers', (more) => v6({ ...more, ...UDP, ...TALL })],
  ['UDP to be cut behind a VLAN tag', (more) => withTags(v4({ ...more, ...UDP, ...TALL }), 0x8100)],
];

const FRAMES = ROWS.map(([what, build], index) => ({ what, frame: build({ sourcePort: 50_000 + index }) }));

function payloadOf(frame: Uint8Array): string {
  const layout = new SegmentLayout();
  if (!layout.read(frame)) throw new Error('not understood');
  return Buffer.from(frame.subarray(layout.payloadOffset, layout.payloadEnd)).toString('hex');
}

/** Sends FRAMES with their work left to the kernel; every other one in pieces of mapped memory, in the same bursts. */
function sendAll(device: TapDevice): void {
  using burst = device.allocateBurst();
  for (const [index, { what, frame }] of FRAMES.entries()) {
    const memory = device.mapMemory(frame.length);
    memory.bytes.set(frame);
    if (index % 2 === 0) burst.append(frame);
    else
      burst.appendSegments(
        [100, 20_000, 70_000].map((end, at) => memory.bytes.subarray([0, 100, 20_000][at], end)),
      );
    const bytes = index % 2 === 0 ? burst.frame(index) : memory.bytes;
    const facts = burst.facts(index);
    const asked = requestSegmentation(bytes, facts, MSS) || prepareChecksum(bytes, facts);
    if (!asked) throw new Error(`${what}: not understood`);
  }
  const sent = device.queues[0]!.send(burst);
  const refused = FRAMES.filter((_, index) => burst.refusal(index) !== undefined).map(({ what }) => what);
  if (sent !== FRAMES.length) throw new Error(`refused: ${refused.join(', ')}`);
}

/** A packet as tshark read it: ports, checksums (1 is good), sequence number and payload. */
interface Read {
  readonly port: number;
  readonly checksums: readonly string[];
  readonly sequence: number;
  readonly payload: string;
}

function readByTshark(path: string): Read[] {
  const fields = [
    'tcp.srcport',
    'udp.srcport',
    'ip.checksum.status',
    'tcp.checksum.status',
    'udp.checksum.status',
  ];
  fields.push('tcp.seq_raw', 'tcp.payload', 'udp.payload', 'ip.proto', '_ws.malformed');
  const words = ['-r', path, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
  const text = runTool('tshark', ...words, ...CHECKSUMS_COMPUTED);
  return text
    .split('\n')
    .filter(Boolean)
    .map(readOfLine)
    .filter(({ port }) => port >= 50_000);
}

function readOfLine(line: string): Read {
  const [tcpPort, udpPort, ipStatus, tcpStatus, udpStatus, sequence, tcpPayload, udpPayload] =
    line.split('\t');
  return {
    port: Number(tcpPort || udpPort),
    // IPv6 has no checksum of its own.
    checksums: [ipStatus || '1', tcpStatus || udpStatus || 'none'],
    sequence: Number(sequence),
    payload: tcpPayload || udpPayload || '',
  };
}

test.serial('the kernel finishes and cuts frames for a receiver without offloads', async (t) => {
  makeTap('work0', [], 'link add bridge0 type bridge mcast_snooping 0', 'link set bridge0 up');
  ip(
    'link add near0 type veth peer name far0',
    'link set near0 master bridge0',
    'link set work0 master bridge0',
  );
  ip('link set near0 up', 'link set far0 up');
  runTool('ethtool', '-K', 'near0', 'tx', 'off', 'sg', 'off', 'tso', 'off', 'gso', 'off');
  using device = await openTap('work0');
  const path = join(directory, 'far.pcap');
  const tcpdump = new RunningProcess('tcpdump', [
    '-i',
    'far0',
    '-U',
    '-Z',
    'root',
    '-B',
    '16384',
    '-w',
    path,
  ]);
  await tcpdump.waitFor(/listening on/, 'stderr');
  using probe = device.allocateBurst();
  probe.append(markedFrame(0));
  await eventually(() => {
    device.queues[0]!.send(probe);
    return Number(runTool('cat', '/proc/net/dev').match(/far0:\s*(\d+)/)?.[1]) > 0;
  }, 'a first frame on the far side');
  probe[Symbol.dispose]();
  sendAll(device);
  const wanted = FRAMES.length;
  await eventually(() => {
    const seen = new Set(readByTshark(path).map(({ port }) => port));
    return seen.size === wanted;
  }, 'all flows in the capture');
  const { stderr } = await tcpdump.stop();
  t.regex(stderr, /\n0 packets dropped by kernel/);
  t.is(runTool('tshark', '-r', path, ...CHECKSUMS_COMPUTED, '-Y', CHECKSUM_FAULT), '');
  const read = readByTshark(path);
  for (const [index, { what, frame }] of FRAMES.entries()) {
    const packets = read.filter(({ port }) => port === 50_000 + index);
    const payload = payloadOf(frame);
    t.is(packets.length, Math.ceil(payload.length / 2 / MSS), what);
    t.true(
      packets.every(({ checksums }) => checksums.every((status) => status === '1')),
      what,
    );
    t.true(packets.map((packet) => packet.payload).join('') === payload, `${what}: the payload`);
    if (!what.startsWith('TCP')) continue;
    const sequences = packets.map((_, at) => (0xffff_fff0 + at * MSS) >>> 0);
    t.deepEqual(
      packets.map(({ sequence }) => sequence),
      sequences,
      what,
    );
  }
});

test.serial('the kernel gets the virtio-net header that the caller asked for', async (t) => {
  makeTap('seen0', []);
  using device = await openTap('seen0');
  const packetSocket = await VnetPacketSocket.open('seen0', 'in');
  sendAll(device);
  const seen = await packetSocket.close();
  t.is(seen.length, FRAMES.length);
  for (const [index, { what, frame }] of FRAMES.entries()) {
    const facts = new VirtioNetHeader(seen[index]!.header);
    // The kernel takes the outer tag out, and counts from what is left.
    const tagged = frame[12] === 0x81 || frame[12] === 0x88 ? 4 : 0;
    const layout = new SegmentLayout();
    layout.read(frame);
    t.is(seen[index]!.frame.length, frame.length - tagged, what);
    const isCut = what.includes('to be cut');
    const gsoTypes = layout.isTcp ? (layout.isIpv4 ? 1 : 4) : 5;
    t.deepEqual(
      [facts.flags, facts.gsoType, facts.gsoBytes, facts.checksumStart + tagged, facts.checksumOffset],
      [1, isCut ? gsoTypes : 0, isCut ? MSS : 0, layout.transportOffset, layout.isTcp ? 16 : 6],
      what,
    );
  }
});
