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
