import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer } from 'node:net';
import test from 'ava';
import { eventually, withDeadline } from '../deadline.js';
import { deviceMac, makeTap, openTap, patternOf, USER_MAC } from '../offloading-tap.js';
import { enterWorkspace } from '../workspace.js';
import { CWR } from './tcp-frame.js';
import { TcpReceiver } from './tcp-receiver.js';
import { TcpSender } from './tcp-sender.js';

enterWorkspace();

const TRANSFER_BYTES = 3_000_000;
const DATA = patternOf(TRANSFER_BYTES);
const GSO_TCPV4 = 1;
const GSO_ECN = 0x80;

function address(name: string, net: number): string[] {
  return [
    `addr add 10.9.${net}.1/24 dev ${name}`,
    `neigh add 10.9.${net}.2 lladdr ${USER_MAC} dev ${name} nud permanent`,
    'link set lo up',
  ];
}

/** A server that closes the connection after `length` bytes. */
async function listen(length: number) {
  const chunks: Buffer[] = [];
  let count = 0;
  const server = createServer((socket) => {
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      count += chunk.length;
      if (count >= length) socket.resetAndDestroy();
    });
    socket.on('error', () => {});
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return { server, port, received: () => Buffer.concat(chunks), count: () => count };
}

test.serial('a sender in user space with TSO carries 3 MB to the kernel from mapped memory', async (t) => {
  makeTap('tso0', [], ...address('tso0', 1));
  using device = await openTap('tso0');
  const { server, port, received, count } = await listen(TRANSFER_BYTES);
  const to = { mac: deviceMac('tso0'), source: [10, 9, 1, 2], address: [10, 9, 1, 1], port };
  using sender = new TcpSender(device, to, DATA);
  sender.connect();
  await eventually(
    () => count() >= TRANSFER_BYTES,
    () => `the bytes, ${count()} are there`,
  );
  server.close();
  t.deepEqual(sender.refusals, []);
  t.true(received().equals(DATA));
  t.is(Math.max(...sender.frameLengths), 65_549);
  t.true(sender.frameLengths.length < TRANSFER_BYTES / 10_000, `${sender.frameLengths.length} frames`);
});

async function sendFromKernel(port: number, target: string, receiver: TcpReceiver): Promise<void> {
  const socket = connectTcp(port, target);
  socket.on('error', () => {});
  await withDeadline(once(socket, 'connect'), 'the connection');
  socket.end(DATA);
  await eventually(
    () => receiver.ended,
    () => `the end, ${receiver.bytes.length} bytes are there`,
  );
  socket.destroy();
}

for (const [segmentBytes, net] of [
  [undefined, 2],
  [256, 3],
  [1500, 4],
] as const) {
  test.serial(
    `TapDevice receives 3 MB of TCP in LRO frames when it reads into ${segmentBytes === undefined ? 'one piece' : `segments of ${segmentBytes} bytes`}`,
    async (t) => {
      const name = `lro${net}`;
      makeTap(name, ['csum', 'tso4'], ...address(name, net));
      using device = await openTap(name, segmentBytes === undefined ? {} : { segmentBytes });
      using receiver = new TcpReceiver(device, { port: 5000, mac: deviceMac(name) });
      await sendFromKernel(5000, `10.9.${net}.2`, receiver);
      t.true(receiver.bytes.equals(DATA));
      const whole = receiver.frames.filter(({ gsoType }) => gsoType === GSO_TCPV4);
      t.true(whole.length > 0);
      t.true(Math.max(...whole.map(({ frameBytes }) => frameBytes)) > 50_000);
      t.true(receiver.frames.every(({ checksum }) => checksum === 'partial'));
      t.true(whole.every(({ gsoBytes }) => gsoBytes === 1460 || gsoBytes === 1448));
      const wanted = (frameBytes: number) => Math.ceil((frameBytes + 10) / (segmentBytes ?? 70_000));
      t.true(receiver.frames.every(({ segments, frameBytes }) => segments === wanted(frameBytes)));
    },
  );
}

test.serial('TapDevice reports ECN when the sender answers to congestion within an LRO frame', async (t) => {
  writeFileSync('/proc/sys/net/ipv4/tcp_ecn', '1');
  makeTap('ecn0', ['csum', 'tso4', 'ecn'], ...address('ecn0', 5));
  using device = await openTap('ecn0');
  using receiver = new TcpReceiver(device, {
    port: 5000,
    mac: deviceMac('ecn0'),
    congestionAtBytes: 1_000_000,
  });
  await sendFromKernel(5000, '10.9.5.2', receiver);
  t.true(receiver.bytes.equals(DATA));
  const marked = receiver.frames.filter(({ gsoType, flags }) => gsoType !== 0 && (flags & CWR) !== 0);
  t.true(marked.length > 0, 'CWR came in an LRO frame');
  t.true(marked.every(({ gsoType }) => gsoType === (GSO_TCPV4 | GSO_ECN)));
});
