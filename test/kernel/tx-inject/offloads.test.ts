import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { readStatistics } from '../../../src/tap/counters/device-statistics.js';
import { ip } from '../../netlink/iproute2.js';
import { CHECKSUM_FAULT, CHECKSUMS_COMPUTED } from '../../tshark-checksums.js';
import { captureOf, frameOf } from '../capture.js';
import { done, json, run, start } from '../command.js';
import { eventually } from '../deadline.js';
import { type FrameWithHeader, HeaderSocket, pcapngHeadersOf, withoutHeaderBytes } from '../header-socket.js';
import { ipLink } from '../ip-link.js';
import { PacketSocket, runPeer, runTool, startPeer } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

const BULK = fileURLToPath(new URL('../../peers/tcp_bulk.py', import.meta.url));
const BYTES = 256 * 12_000;

/** A side of a TCP transfer behind the bridge br0, in a namespace of its own. */
async function startSide(number: number, ...words: readonly string[]): Promise<RunningProcess> {
  const device = `side${number}`;
  const side = new RunningProcess('unshare', [
    '-n',
    'python3',
    BULK,
    device,
    `10.9.0.${number}/24`,
    ...words,
  ]);
  await side.waitFor(/waiting/);
  ip(
    `link add port${number} type veth peer name ${device}`,
    `link set port${number} master br0 up`,
    `link set port${number} type bridge_slave learning off`,
    `link set ${device} netns ${side.pid}`,
  );
  return side;
}

/** What the kernel sent out of the device, as a socket beside rx-dump saw it: unfinished. */
async function captureKernelTcp(name: string, path: string): Promise<readonly FrameWithHeader[]> {
  ip('link add br0 type bridge ageing_time 0 mcast_snooping 0', 'link set br0 up');
  await done('create', name, '--persist', '--up', '--queues', '1');
  const dump = start(['rx-dump', name, '-w', path]);
  await dump.waitFor(/listening/, 'stderr');
  await eventually(() => ipLink(name).flags.includes('LOWER_UP'), 'the carrier');
  const packetSocket = await HeaderSocket.open(name, 'out');
  ip(`link set ${name} master br0`);
  const receiver = await startSide(1);
  const sender = await startSide(2, '10.9.0.1', String(BYTES));
  await receiver.waitFor(/\d+ bytes/);
  await Promise.all([sender.ended(), receiver.ended()]);
  // Nothing is sent from here on. When rx-dump has read the last frame that the socket saw, both have seen the same frames.
  ip(`link set ${name} nomaster`);
  const seen = await packetSocket.close();
  await eventually(() => readStatistics(name).total.rxPackets >= seen.length, 'the last of the frames');
  const { code, stderr } = await dump.stop();
  if (code !== 0) throw new Error(stderr);
  return seen;
}

test.serial(
  'tx-inject sends bit for bit what rx-dump captured of kernel TCP, with the virtio-net header',
  async (t) => {
    const path = join(directory, 'lro.pcapng');
    const original = await captureKernelTcp('lro0', path);
    const captured = await pcapngHeadersOf(path);
    t.true(captured.filter(({ hex }) => hex.length / 2 > 10_000).length > 20, 'LRO frames');
    t.true(captured.filter(({ checksumFinished }) => checksumFinished).length > 20);

    await done('create', 'again0', '--persist', '--up');
    // A device that another program left behind, with a header of 12 bytes.
    t.is(await runPeer('tap_user.py', 'twelve0', 'multi', 'vnet', 12), '12\n');
    ip('link set twelve0 up');
    const count = original.length;
    for (const device of ['again0', 'twelve0']) {
      const socket = await HeaderSocket.open(device, 'in');
      const ledger = await json('tx-inject', device, '-r', path, '-t');
      t.like(ledger, { offered: count, accepted: count, refused: {}, kernel: count });
      const seen = await socket.close();
      t.is(seen.length, count);
      for (const [number, { header, hex }] of original.entries()) {
        t.true(seen[number]!.hex === hex, `frame ${number}`);
        t.is(withoutHeaderBytes(seen[number]!.header), withoutHeaderBytes(header));
      }
    }
  },
);

test.serial(
  'tx-inject --no-offload sends the frames as the capture has them, finished and whole',
  async (t) => {
    const path = join(directory, 'lro.pcapng');
    const captured = await pcapngHeadersOf(path);
    const { code, stdout } = await run('tx-inject', 'again0', '-r', path, '-t', '--no-offload', '--json');
    const { refused } = JSON.parse(stdout) as { refused: Record<string, number> };
    const long = captured.filter(({ hex }) => hex.length / 2 > 1514).length;
    t.deepEqual([code, refused], [3, { EMSGSIZE: long }]);
    const socket = await HeaderSocket.open('again0', 'in');
    await done('tx-inject', 'again0', '-r', path, '-t', '--no-offload', '--oversize', '-K');
    const seen = await socket.close();
    t.true(seen.every(({ header }) => header.startsWith('0000')));
    t.true(seen.every(({ hex }, number) => hex === captured[number]!.hex));
    t.is(seen.length, captured.length);
  },
);

test.serial(
  'tx-inject finishes and cuts frames itself when the device has no virtio-net header',
  async (t) => {
    const path = join(directory, 'lro.pcapng');
    const captured = await pcapngHeadersOf(path);
    // The first program that attaches decides. As long as this one is attached, the device has no header.
    const user = startPeer('tap_user.py', ['bare0', 'multi', 'plain', 0, 'idle'], { inputOpen: true });
    await user.waitFor(/^0$/m);
    ip('link set bare0 up');
    const socket = await PacketSocket.open('bare0', 'in');
    const { code, stdout, stderr } = await run('tx-inject', 'bare0', '-r', path, '-t', '--json');
    t.is(code, 0, stderr);
    const ledger = JSON.parse(stdout) as { accepted: number; cut: number; offloaded: number };
    t.is(ledger.offloaded, 0);
    t.is(
      ledger.cut,
      captured.filter(
        ({ header }) => header !== '-' && !header.startsWith('0100') && !header.startsWith('0000'),
      ).length,
    );
    const seen = await socket.close();
    t.is(seen.length, ledger.accepted);
    t.true(seen.length > captured.length);
    const sent = join(directory, 'cut.pcap');
    writeFileSync(sent, captureOf(seen.map(({ hex }) => hex)));
    t.true(seen.every(({ hex }) => hex.length / 2 <= 1514));
    t.is(
      runTool('tshark', '-r', sent, ...CHECKSUMS_COMPUTED, '-Y', CHECKSUM_FAULT),
      '',
      'tshark finds every sum right',
    );
    t.is(payloadBytes(sent), BYTES);
    user.endInput();
    await user.ended();
  },
);

/** Bytes of TCP payload in a capture, each counted once, as tshark finds them. */
function payloadBytes(path: string): number {
  const words = ['-r', path, '-T', 'fields', '-e', 'tcp.seq', '-e', 'tcp.len', '-Y', 'tcp.len > 0'];
  const lengths = new Map(
    runTool('tshark', ...words)
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t') as [string, string]),
  );
  return [...lengths.values()].reduce((sum, length) => sum + Number(length), 0);
}

/** What the kernel sees when `tx-inject` sends one UDP or TCP frame of the template `words`. */
async function ask(
  t: ExecutionContext,
  device: string,
  ...words: readonly string[]
): Promise<FrameWithHeader[]> {
  const socket = await HeaderSocket.open(device, 'in');
  const { code, stderr } = await run('tx-inject', device, ...words);
  t.is(code, 0, stderr);
  return socket.close();
}

test.serial(
  'tx-inject --csum, --tso and --uso ask the kernel for the work, for every kind of input',
  async (t) => {
    await done('create', 'ask0', '--persist', '--up');
    const TCP = [
      '--tcp',
      '10.0.0.1:1000-10.0.0.2:2000',
      '--tcp-flags',
      'ack',
      '--size',
      '5054',
      '--payload',
      'ab',
    ];
    const UDP = ['--udp', '10.0.0.1:1000-10.0.0.2:2000', '--size', '5042', '--payload', 'cd'];
    const plain = [
      ...(await ask(t, 'ask0', ...TCP, '--oversize')),
      ...(await ask(t, 'ask0', ...UDP, '--oversize')),
    ];
    const path = join(directory, 'plain.pcap');
    writeFileSync(path, captureOf(plain.map(({ hex }) => hex)));
    const hex = plain.flatMap((frame) => ['--hex', frame.hex]);
    // flags, gso_type, gso_size, csum_start, csum_offset; little-endian
    const rows = [
      [
        ['--csum', '--oversize'],
        ['0100....000022001000', '0100....000022000600'],
      ],
      [
        ['--tso', '1000', '--oversize'],
        ['0101....e80322001000', '0000....000000000000'],
      ],
      [
        ['--uso', '1200', '--oversize'],
        ['0000....000000000000', '0105....b00422000600'],
      ],
      [
        ['--csum', '--tso', '1000', '--uso', '1200'],
        ['0101....e80322001000', '0105....b00422000600'],
      ],
    ] as const;
    for (const [words, headers] of rows) {
      for (const input of [['-r', path, '-t'], hex]) {
        const seen = await ask(t, 'ask0', ...input, ...words);
        t.deepEqual(
          seen.map(({ header }) => withoutHeaderBytes(header)),
          [...headers],
          words.join(' '),
        );
        t.deepEqual(
          seen.map((frame) => frame.hex.length),
          plain.map((frame) => frame.hex.length),
        );
      }
    }
    const [made] = await ask(t, 'ask0', ...TCP, '--tso', '1000');
    t.is(withoutHeaderBytes(made!.header), '0101....e80322001000');
    // More datagrams than the kernel cuts one frame into: the kernel refuses it.
    const { code, stdout } = await run('tx-inject', 'ask0', ...UDP, '--uso', '10', '--json');
    t.is(code, 3);
    t.like(JSON.parse(stdout), { offered: 1, accepted: 0, refused: { EINVAL: 1 }, offloaded: 0 });
  },
);

test.serial(
  'tx-inject --segments sends each frame whole from so many pieces, for every kind of input',
  async (t) => {
    await done('create', 'piece0', '--persist', '--up');
    const frames = Array.from({ length: 100 }, (_, number) => frameOf(number, 14 + number * 15));
    const path = join(directory, 'pieces.pcap');
    writeFileSync(path, captureOf(frames));
    for (const segments of ['2', '7', '1023']) {
      const socket = await PacketSocket.open('piece0', 'in');
      await done('tx-inject', 'piece0', '-r', path, '-t', '--segments', segments);
      t.deepEqual(
        (await socket.close()).map(({ hex }) => hex),
        frames,
        segments,
      );
    }
    const asked = await ask(t, 'piece0', '--hex', frameOf(3, 59), '--segments', '5');
    t.is(asked[0]?.hex, frameOf(3, 59));
    const [large] = await ask(
      t,
      'piece0',
      '--tcp',
      '10.0.0.1:1-10.0.0.2:2',
      '--size',
      '60000',
      '--tso',
      '1448',
      '--segments',
      '100',
    );
    t.is(large!.hex.length / 2, 60_000);
    t.is(withoutHeaderBytes(large!.header), '0101....a80522001000');
  },
);
