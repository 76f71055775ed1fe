import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { framesOf } from '../capture.js';
import { done } from '../command.js';
import { eventually } from '../deadline.js';
import { PacketSocket, runTool } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

/** Debian's Python: it has the package scapy. */
const PYTHON = '/usr/bin/python3';
const SCAPY = fileURLToPath(new URL('../../peers/scapy_frames.py', import.meta.url));

function scapy(...words: readonly string[]): string[] {
  return runTool(PYTHON, SCAPY, ...words)
    .split('\n')
    .filter(Boolean);
}

/** Whether a frame comes from scapy: a bridge sends frames of its own. */
function isOurs(hex: string): boolean {
  return hex.slice(12, 24) === '020000000001';
}

/** The frames of a capture in hex, as tshark reads them. */
function readByTshark(path: string): string[] {
  const document = JSON.parse(runTool('tshark', '-r', path, '-T', 'json', '-x', '-J', 'frame')) as {
    readonly _source: { readonly layers: { readonly frame_raw: readonly [hex: string] } };
  }[];
  return document.map(({ _source }) => _source.layers.frame_raw[0]);
}

for (const kind of ['micro', 'nano', 'big', 'pcapng']) {
  test.serial(`tx-inject sends what scapy wrote (${kind}), and the kernel receives it equal`, async (t) => {
    const path = join(directory, `scapy.${kind}`);
    const frames = scapy('write', path, kind);
    t.true(frames.length > 10);
    const device = `s-${kind}`;
    await done('create', device, '--persist', '--up');
    const socket = await PacketSocket.open(device, 'in');
    await done('tx-inject', device, '-r', path, '-t');
    t.deepEqual(
      (await socket.close()).map(({ hex }) => hex),
      frames,
    );
  });
}

test.serial(
  'tx-inject and tcpdump, tshark and scapy agree when one writes on a veth what the other reads',
  async (t) => {
    const first = join(directory, 'first.pcap');
    const frames = scapy('write', first);
    // A veth keeps VLAN tags in the frame, where a TAP's receiver sees them beside it.
    await done('create', 'out0', '--persist', '--up');
    ip('link add br0 type bridge mcast_snooping 0', 'link add near0 type veth peer name far0');
    ip('link set out0 master br0', 'link set near0 master br0');
    for (const device of ['br0', 'near0', 'far0']) ip(`link set ${device} up`);
    const written = join(directory, 'written.pcap');
    const dump = new RunningProcess('tcpdump', ['-Z', 'root', '-i', 'far0', '-Q', 'in', '-U', '-w', written]);
    await dump.waitFor(/listening on far0/, 'stderr');
    await eventually(
      () => runTool('ip', '-d', 'link', 'show', 'near0').includes('state forwarding'),
      'the bridge to forward',
    );
    await done('tx-inject', 'out0', '-r', first, '-t', '--count', '2');
    const wanted = [...frames, ...frames];
    await eventually(
      () => framesOf(written).filter(isOurs).length >= wanted.length,
      'the frames in the file of tcpdump',
    );
    await dump.stop();
    const read = framesOf(written);
    t.deepEqual(read.filter(isOurs), wanted);
    t.deepEqual(readByTshark(written), read);
    t.deepEqual(scapy('read', written), read);

    // And back: tx-inject sends what tcpdump wrote, and what tshark converted.
    const converted = join(directory, 'converted.pcapng');
    runTool('tshark', '-r', written, '-F', 'pcapng', '-w', converted);
    const socket = await PacketSocket.open('out0', 'in');
    await done('tx-inject', 'out0', '-r', written, '-t');
    await done('tx-inject', 'out0', '-r', converted, '-t');
    t.deepEqual(
      (await socket.close()).map(({ hex }) => hex),
      [...read, ...read],
    );
  },
);
