import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { TapDevice } from '../../../src/tap/queue/tap-device.js';
import { HEADER_BYTES_MAX } from '../../../src/tap/state/limits.js';
import { ip } from '../../netlink/iproute2.js';
import { frameOf, framesOf } from '../capture.js';
import { done, refusal, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { PacketSocket, runPeer, startPeer } from '../peer.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

const FRAMES = 40;
const SENT = Array.from({ length: FRAMES }, (_, number) => frameOf(number, 60 + 10 * number));

let networks = 0;

/** Sends frames through the device both ways, and compares them with what an AF_PACKET socket sees. */
async function roundTrip(t: ExecutionContext, name: string, ...words: readonly string[]): Promise<void> {
  networks += 1;
  const neighbour = `10.${networks}.0.2`;
  ip(`addr add 10.${networks}.0.1/24 dev ${name}`, `link set ${name} up`);
  ip(`neigh replace ${neighbour} lladdr 02:00:00:00:00:02 dev ${name} nud permanent`);
  const entering = await PacketSocket.open(name, 'in');
  await done('tx-inject', name, ...words, ...SENT.flatMap((hex) => ['--hex', hex]));
  t.deepEqual(
    (await entering.close()).map(({ hex }) => hex),
    SENT,
  );
  const path = join(directory, `${name}.pcap`);
  const leaving = await PacketSocket.open(name, 'out');
  const before = ipLink(name).stats64.tx.packets;
  const reader = start(['rx-dump', name, ...words, '-w', path, '-c', String(FRAMES)]);
  await reader.waitFor(/listening/, 'stderr');
  await runPeer('udp_flows.py', neighbour, 1, FRAMES);
  await eventually(() => ipLink(name).stats64.tx.packets === before + FRAMES, 'the last frame');
  t.is((await reader.ended()).code, 0);
  const seen = (await leaving.close()).map(({ hex }) => hex);
  t.is(seen.length, FRAMES);
  t.deepEqual(framesOf(path), seen);
}

for (const headerBytes of [10, 12, HEADER_BYTES_MAX]) {
  test.serial(
    `frames go both ways whole through a device that another program left with a header of ${headerBytes} bytes`,
    async (t) => {
      const name = `left${headerBytes}`;
      t.is(await runPeer('tap_user.py', name, 'multi', 'vnet', headerBytes), `${headerBytes}\n`);
      await roundTrip(t, name);
      {
        using device = TapDevice.open(name);
        t.is(device.queues[0]!.headerBytes, headerBytes);
      }
      t.is(
        await runPeer('tap_user.py', name, 'multi', 'vnet'),
        `${headerBytes}\n`,
        'rtap leaves the size as it is',
      );
    },
  );
}

test.serial(
  'frames go both ways whole through a single-queue device with a header of 12 bytes',
  async (t) => {
    await runPeer('tap_user.py', 'single0', 'single', 'vnet', 12);
    await roundTrip(t, 'single0');
  },
);

test.serial('frames go both ways whole through a device whose user wants no virtio-net header', async (t) => {
  // That program has switched its queue off, so that the frames come to rtap. As long as it is attached, its header size holds.
  const user = startPeer('tap_user.py', ['plain0', 'multi', 'plain', 0, 'idle'], { inputOpen: true });
  await user.waitFor(/^0$/m);
  await roundTrip(t, 'plain0');
  t.false(ipLink('plain0').linkinfo.info_data.vnet_hdr);
  {
    using device = TapDevice.open('plain0');
    t.is(device.queues[0]!.headerBytes, 0);
  }
  user.endInput();
  await user.ended();
});

test.serial('rtap refuses to read a device whose header is too large, and shows it', async (t) => {
  const bytes = HEADER_BYTES_MAX + 4;
  await runPeer('tap_user.py', 'large0', 'multi', 'vnet', bytes);
  ip('link set large0 up');
  const reason = `its virtio-net header is set to ${bytes} bytes, at most ${HEADER_BYTES_MAX} are possible`;
  const rows: readonly (readonly [words: readonly string[], action: string])[] = [
    [['rx-dump', 'large0'], 'attach to'],
    [['tx-inject', 'large0', '--hex', frameOf(1)], 'attach to'],
    [['offload', 'large0', 'csum'], 'change'],
  ];
  for (const [words, action] of rows) {
    t.deepEqual((await refusal(...words)).slice(0, 2), [2, `rtap: cannot ${action} "large0": ${reason}`]);
  }
  t.regex(await done('show', 'large0'), /^vnet header +on$/m);
});

/** Lets another program attach to `name`, with its queue switched off, and set the size of the header. */
async function setHeader(name: string, headerBytes: number): Promise<void> {
  const user = startPeer('tap_user.py', [name, 'multi', 'vnet', headerBytes, 'idle'], { inputOpen: true });
  await user.waitFor(/^\d+$/m);
  user.endInput();
  await user.ended();
}

for (const [from, to, neighbour] of [
  [10, 12, '02:00:00:00:00:02'],
  [10, 11, '02:00:00:00:00:02'],
  [12, 10, '00:00:5e:00:01:02'],
  [12, 24, '02:00:00:00:00:02'],
] as const) {
  test.serial(`no frame is handed out shifted when a header of ${from} bytes is set to ${to}`, async (t) => {
    const name = `set${from}to${to}`;
    networks += 1;
    await runPeer('tap_user.py', name, 'multi', 'vnet', from);
    ip(`addr add 10.${networks}.0.1/24 dev ${name}`, `link set ${name} up`);
    ip(`neigh replace 10.${networks}.0.2 lladdr ${neighbour} dev ${name} nud permanent`);
    const path = join(directory, `${name}.pcap`);
    const reader = start(['rx-dump', name, '-U', '-w', path]);
    await reader.waitFor(/listening/, 'stderr');
    await runPeer('udp_flows.py', `10.${networks}.0.2`, 1, FRAMES);
    await eventually(() => existsSync(path) && framesOf(path).length === FRAMES, 'the frames before');
    await setHeader(name, to);
    await runPeer('udp_flows.py', `10.${networks}.0.2`, 1, FRAMES);
    const { code, stderr } = await reader.ended();
    t.is(code, 2);
    const message = `rtap: cannot go on reading "${name}": another process has set its virtio-net header to ${to} bytes`;
    t.is(
      stderr.split('\n').find((line) => line.startsWith('rtap: ')),
      message,
    );
    const start0 = neighbour.replaceAll(':', '');
    t.true(framesOf(path).every((frame) => frame.startsWith(start0)));
    t.is(framesOf(path).length, FRAMES);
  });
}

test.serial('bursts end with an error when the size of the header changes', async (t) => {
  await runPeer('tap_user.py', 'bursts0', 'multi', 'vnet', 10);
  ip('addr add 10.99.0.1/24 dev bursts0', 'link set bursts0 up');
  ip('neigh replace 10.99.0.2 lladdr 02:00:00:00:00:02 dev bursts0 nud permanent');
  using device = TapDevice.open('bursts0');
  await setHeader('bursts0', 12);
  const bursts = device.bursts();
  await runPeer('udp_flows.py', '10.99.0.2', 1, 1);
  await t.throwsAsync(async () => bursts.next(), {
    message: 'cannot go on reading "bursts0": another process has set its virtio-net header to 12 bytes',
  });
  const [queue] = device.queues;
  t.deepEqual([queue!.gone, queue!.changedHeaderBytes, queue!.unusable], [true, 12, 1]);
});
