import { createHash } from 'node:crypto';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { serialIfAble } from '../able.js';
import { done, start } from '../command.js';
import { withDeadline } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { PacketSocket } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';
import { BorrowedDevice } from './borrowed-device.js';
import { Guest, missingForGuest } from './guest.js';
import { eventuallyShown, ready } from './ready-holder.js';

const workspace = enterWorkspace();

const HOST = '192.0.2.1';
const GUEST = '192.0.2.2';
/** Sent each way. */
const CONTENT = Buffer.alloc(4_000_000, 'rtap lends queues to other programs\n');
const SUM = md5(CONTENT);
/** Longest frame of a wire with an MTU of 1500 bytes. */
const WIRE_BYTES = 1514;
/** The virtio-net header that a guest of today asks for. */
const GUEST_HEADER_BYTES = 12;

const missing = missingForGuest();
const title = 'a guest of QEMU works on lent queues through a take-over, and nothing is left of it';
serialIfAble(missing)(title, run);

async function run(t: ExecutionContext): Promise<void> {
  t.timeout(600_000);
  t.is(missing, undefined);
  await done('create', 'io0', '--persist', '--up', '--queues', '2');
  ip(`address add ${HOST}/24 dev io0`);
  const first = await ready('hold', 'io0');
  const device = await BorrowedDevice.open('io0');
  const before = device.state;
  const guest = Guest.start(['io0', '-q', '0-1'], workspace.directory);
  t.is(await guest.up(), 2);
  const lease = { pid: guest.process.pid, command: 'qemu-system-x86_64', queues: [0, 1] };
  t.like(await eventuallyShown('io0'), { disabled: [], leases: [lease] });
  t.deepEqual([device.state.headerBytes, device.state.detached], [GUEST_HEADER_BYTES, []]);
  await checkPings(t, guest);
  const server = await serve();
  await checkTransfers(t, guest, server);
  await checkQueues(guest, server);
  const second = await checkTakeOver(t, guest, server);
  t.is((await first.ended()).code, 0);
  t.like(await eventuallyShown('io0'), { holder: { pid: second.pid }, leases: [lease] });
  server.close();
  await guest.process.stop('SIGKILL');
  await eventuallyShown('io0', ({ leases }) => leases.length === 0);
  t.deepEqual(device.state, before);
  t.deepEqual(await device.indexes(), [0, 1]);
  await device.close();
  await second.stop();
}

type Server = Awaited<ReturnType<typeof serve>>;

/** Serves CONTENT to the guest. */
async function serve() {
  const server = createServer((_, response) => response.end(CONTENT));
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://${HOST}:${port}/`, close: () => server.close() };
}

/** Pings in both directions. sniff sees each request and each answer, and with -q those of one queue. */
async function checkPings(t: ExecutionContext, guest: Guest): Promise<void> {
  const every = [
    ['-q', 'all'],
    ['-q', '0'],
    ['-q', '1'],
  ].map((chosen) => start(['sniff', 'io0', ...chosen, '-t', 'icmp']));
  for (const sniff of every) await sniff.waitFor(/listening/, 'stderr');
  t.regex(await guest.run(`ping -q -c 3 ${HOST}`), / 0% packet loss/);
  t.regex(await ping('-c', '3'), / 0% packet loss/);
  const outputs = await Promise.all(every.map(async (sniff) => (await sniff.stop()).stdout));
  const [lines = [], ...ofQueues] = outputs.map((text) => text.split('\n').filter(Boolean));
  for (const direction of ['In', 'Out'])
    t.is(lines.filter((line) => line.includes(` ${direction} `)).length, 6, lines.join('\n'));
  for (const [queue, found] of ofQueues.entries())
    t.deepEqual(
      found,
      lines.filter((line) => line.includes(` q${queue} `)),
    );
}

/** TCP in both directions, in frames that are larger than those of a wire. */
async function checkTransfers(t: ExecutionContext, guest: Guest, { url }: Server): Promise<void> {
  const [out, into] = [await PacketSocket.open('io0', 'out'), await PacketSocket.open('io0', 'in')];
  t.regex(
    await guest.run(`wget -q -O /tmp/content ${url} && md5sum /tmp/content`),
    new RegExp(`^${SUM} `, 'm'),
  );
  await guest.run('httpd -p 80 -h /tmp');
  t.is(md5(await fetchFrom(`http://${GUEST}/content`)), SUM);
  for (const socket of [out, into]) {
    const lengths = (await socket.close()).map(({ hex }) => hex.length / 2);
    t.true(Math.max(...lengths) > WIRE_BYTES);
  }
}

/** Waits until both queues of the guest have received frames. */
async function checkQueues(guest: Guest, { url }: Server): Promise<void> {
  const counts = async () => {
    const lines = (await guest.run('grep virtio0-input /proc/interrupts')).trim().split('\n');
    return lines.map((line) => line.trim().split(/\s+/).slice(1, 3).map(Number));
  };
  while ((await counts()).some(([one = 0, other = 0]) => one + other === 0))
    await guest.run(`wget -q -O /dev/null ${url}`);
}

/** Neither a ping nor a byte is lost while another process takes the device over. Returns that process. */
async function checkTakeOver(t: ExecutionContext, guest: Guest, { url }: Server): Promise<RunningProcess> {
  const { dropped } = ipLink('io0').stats64.tx;
  const pings = ping('-i', '0.02', '-c', '300');
  const transfer = guest.run(`wget -q -O - ${url} | md5sum`);
  const next = await ready('hold', 'io0', '--take-over');
  t.regex(await transfer, new RegExp(`^${SUM} `, 'm'));
  t.regex(await pings, / 0% packet loss/);
  t.is(ipLink('io0').stats64.tx.dropped, dropped);
  return next;
}

/** Pings the guest. */
async function ping(...words: readonly string[]): Promise<string> {
  return (await new RunningProcess('ping', ['-q', ...words, GUEST]).ended()).stdout;
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

function fetchFrom(url: string): Promise<Buffer> {
  const body = new Promise<Buffer>((resolve, reject) => {
    get(url, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks)));
    }).on('error', reject);
  });
  return withDeadline(body, url);
}
