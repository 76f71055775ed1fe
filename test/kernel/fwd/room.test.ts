import test from 'ava';
import { FORWARDING_BURST_FRAMES } from '../../../src/tap/forward/forwarding.js';
import { ip } from '../../netlink/iproute2.js';
import { frameOf } from '../capture.js';
import { done, json } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { PacketSocket, runPeer, runTool } from '../peer.js';
import { enterWorkspace } from '../workspace.js';
import { reportIn, startForwarder } from './forwarder.js';

enterWorkspace();

const FRAMES = 1000;
/** Some ten frames, as the kernel counts them. */
const ROOM_BYTES = 10_000;
const WORDS = ['--persist', '--up', '--queues', '2', '--txqueuelen', '5000'];

/** Whether a frame belongs to the test: a bridge sends frames of its own. */
function isOurs(hex: string): boolean {
  return hex.slice(24, 28) === '88b5';
}

/** What `rtap stats` has of the frames that were sent into `device`. */
async function sentInto(device: string) {
  const { tx } = await json<{ readonly tx: { readonly packets: number; readonly errors: number } }>(
    'stats',
    device,
  );
  return tx;
}

/** A device into which writes are refused while more than ROOM_BYTES wait in the shaper behind its bridge. */
class NarrowDevice {
  readonly name: string;
  /** What comes out of the shaper arrives here. */
  readonly end: string;
  readonly #port: string;

  private constructor(name: string) {
    this.name = name;
    this.end = `${name}e`;
    this.#port = `${name}p`;
  }

  static async create(name: string, rate: string): Promise<NarrowDevice> {
    await done('create', name, ...WORDS);
    const device = new NarrowDevice(name);
    const bridge = `${name}r`;
    ip(
      `link add ${bridge} type bridge mcast_snooping 0`,
      `link add ${device.#port} type veth peer name ${device.end}`,
      `link set ${name} master ${bridge}`,
      `link set ${device.#port} master ${bridge}`,
    );
    for (const link of [bridge, device.#port, device.end]) ip(`link set ${link} up`);
    const shaper = ['root', 'tbf', 'rate', rate, 'burst', '2kb', 'limit', '10mb'];
    runTool('tc', 'qdisc', 'add', 'dev', device.#port, ...shaper);
    return device;
  }

  /** Frames that wait in the shaper. */
  get waiting(): number {
    return Number(/backlog \d+b (\d+)p/.exec(runTool('tc', '-s', 'qdisc', 'show', 'dev', this.#port))![1]);
  }

  /** Must be called after the queues are attached. */
  async narrow(): Promise<void> {
    const forwards = (port: string) => runTool('ip', '-d', 'link', 'show', port).includes('state forwarding');
    await eventually(() => forwards(this.#port) && forwards(this.name), 'the bridge to forward');
    await runPeer('tap_room.py', this.name, ROOM_BYTES);
  }
}

test.serial('fwd waits for room in a full device, and loses no frame', async (t) => {
  await done('create', 'fasta', ...WORDS);
  const narrow = await NarrowDevice.create('slowa', '2mbit');
  const forwarder = await startForwarder(['fasta', 'slowa', '--json']);
  await narrow.narrow();
  const packetSocket = await PacketSocket.open(narrow.end, 'in');
  await runPeer('numbered_frames.py', 'fasta', FRAMES);
  await eventually(() => ipLink('slowa').stats64.rx.packets >= FRAMES, 'the last frame', 60_000);
  await eventually(() => narrow.waiting === 0, 'the shaper to be empty', 60_000);
  forwarder.signal('SIGUSR1');
  await forwarder.waitFor(/^ {2}\d+ waits? for room in slowa$/m, 'stderr');
  const { code, stdout, stderr } = await forwarder.stop();
  t.is(code, 0, stderr);
  const [out] = reportIn(stdout).directions;
  t.like(out, { received: FRAMES, sent: FRAMES, sentBytes: FRAMES * 60, refused: {} });
  t.true(out.waits > 0);
  t.like(await sentInto('slowa'), { packets: FRAMES, errors: 0 }, 'who is offered again was not refused');
  const seen = (await packetSocket.close()).map(({ hex }) => hex).filter(isOurs);
  const sent = Array.from({ length: FRAMES }, (_, number) => frameOf(number));
  t.deepEqual(seen.toSorted(), sent);
  // The first refusal can come within a burst. From then on no frame overtakes another.
  const displaced = seen.flatMap((hex, index) => (hex === sent[index] ? [] : [index]));
  t.true((displaced.at(-1) ?? 0) - (displaced[0] ?? 0) < FORWARDING_BURST_FRAMES, displaced.join());
});

test.serial(
  'fwd does not wait for room after a signal, and counts the frames that it could not send',
  async (t) => {
    await done('create', 'fastb', ...WORDS);
    const narrow = await NarrowDevice.create('slowb', '8kbit');
    const forwarder = await startForwarder(['fastb', 'slowb', '--json']);
    await narrow.narrow();
    await runPeer('numbered_frames.py', 'fastb', FRAMES);
    await eventually(() => {
      forwarder.signal('SIGUSR1');
      return /waits? for room in slowb/.test(forwarder.stderr);
    }, 'the first wait');
    const { code, stdout } = await forwarder.stop();
    t.is(code, 3);
    const [out] = reportIn(stdout).directions;
    t.is(out.received, FRAMES);
    t.deepEqual(Object.keys(out.refused), ['EAGAIN']);
    t.is(out.sent + out.refused.EAGAIN!, FRAMES);
    t.is(ipLink('slowb').stats64.rx.packets, out.sent);
    t.like(await sentInto('slowb'), { packets: out.sent, errors: out.refused.EAGAIN! });
  },
);
