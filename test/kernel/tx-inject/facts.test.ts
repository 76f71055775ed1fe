import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { buildFrame } from '../../../src/packet/generate/frame-builder.js';
import type { FrameTemplate } from '../../../src/packet/generate/frame-template.js';
import { parseIpAddress } from '../../../src/packet/headers/ip-address.js';
import { VIRTIO_NET_HDR_SIZE, VirtioNetHeader } from '../../../src/packet/headers/virtio-net-header.js';
import { prepareChecksum } from '../../../src/packet/offload/checksum-preparation.js';
import { requestSegmentation } from '../../../src/packet/offload/segmentation-request.js';
import { done, json, start } from '../command.js';
import { HeaderSocket, withoutHeaderBytes } from '../header-socket.js';
import { runPeer } from '../peer.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

const ADDRESSES = [
  ['10.0.0.1', '10.0.0.2'],
  ['2001:db8::1', '2001:db8::2'],
] as const;
const SEGMENT_BYTES = 1400;
const ACK = 16;
const CWR = 128;

interface SentFrame {
  readonly header: string;
  readonly hex: string;
}

/** A frame, and what its virtio-net header asks of the kernel: to cut it, or only to finish its checksum. */
function unfinished(template: FrameTemplate, cut: boolean): SentFrame {
  const frame = buildFrame(template);
  const header = new Uint8Array(VIRTIO_NET_HDR_SIZE);
  const facts = new VirtioNetHeader(header);
  const asked = cut ? requestSegmentation(frame, facts, SEGMENT_BYTES) : prepareChecksum(frame, facts);
  if (!asked) throw new Error('the frame cannot be left unfinished');
  return { header: Buffer.from(header).toString('hex'), hex: Buffer.from(frame).toString('hex') };
}

/** TCP, TCP with ECN's CWR, and UDP, over IPv4 and IPv6, with and without a tag: small, of odd length, and to be cut. */
function everyKind(): SentFrame[] {
  const frames: SentFrame[] = [];
  for (const [from, to] of ADDRESSES) {
    for (const tag of [{}, { vlanId: 5 }]) {
      const common = {
        sourceMac: Uint8Array.of(2, 0, 0, 0, 0, 1),
        destinationMac: Uint8Array.of(2, 0, 0, 0, 0, 2),
        source: parseIpAddress(from),
        destination: parseIpAddress(to),
        payload: Uint8Array.of(1, 2, 3, 5, 8, 13, 21),
        ...tag,
      };
      const kinds = [
        { protocol: 'tcp', tcpFlags: ACK },
        { protocol: 'tcp', tcpFlags: ACK | CWR },
        { protocol: 'udp' },
      ] as const;
      for (const kind of kinds) {
        for (const frameBytes of [100, 101, 1514])
          frames.push(unfinished({ ...common, ...kind, frameBytes }, false));
        for (const frameBytes of [5001, 65_000])
          frames.push(unfinished({ ...common, ...kind, frameBytes }, true));
      }
    }
  }
  return frames;
}

/** The header that a socket on the receiving device gets: the kernel has taken the outer tag away. */
function untagged({ header, hex }: SentFrame): SentFrame {
  if (hex.slice(24, 28) !== '8100') return { header: withoutHeaderBytes(header), hex };
  const bytes = Buffer.from(header, 'hex');
  const facts = new VirtioNetHeader(bytes);
  facts.checksumStart -= 4;
  return {
    header: withoutHeaderBytes(bytes.toString('hex')),
    hex: hex.slice(0, 24) + hex.slice(32),
  };
}

for (const words of [[], ['--raw']]) {
  test.serial(
    `tx-inject sends every kind of frame as it was when rx-dump ${words.join()} wrote it`,
    async (t) => {
      const from = `from${words.length}`;
      const to = `to${words.length}`;
      await done('create', from, '--persist', '--up', '--queues', '1', '--offload', 'tso,ecn,uso');
      await done('create', to, '--persist', '--up');
      const frames = everyKind();
      const list = join(directory, 'frames');
      writeFileSync(list, frames.map(({ header, hex }) => `${header} ${hex}\n`).join(''));
      const path = join(directory, `${from}.pcapng`);
      const dump = start(['rx-dump', from, '-w', path, '-c', String(frames.length), ...words]);
      await dump.waitFor(/listening/, 'stderr');
      await runPeer('facts_sender.py', from, list);
      t.is((await dump.ended()).code, 0);

      for (const [loops, ...from] of [[1], [2], [2, '-K']] as const) {
        const socket = await HeaderSocket.open(to, 'in');
        const ledger = await json('tx-inject', to, '-r', path, '-t', '-l', String(loops), ...from);
        const count = loops * frames.length;
        t.like(ledger, { offered: count, accepted: count, offloaded: count, kernel: count });
        const seen = await socket.close();
        t.deepEqual(
          seen.map(({ header, hex }) => ({ header: withoutHeaderBytes(header), hex })),
          Array.from({ length: loops }, () => frames.map(untagged)).flat(),
        );
      }
    },
  );
}
