import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { json, RTAP } from '../command.js';
import { RunningProcess } from '../running-process.js';
import { checkFlows, FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

const PRELOAD = fileURLToPath(new URL('../forced-collections.mjs', import.meta.url));
const FRAMES = 40_000;

test('rx-dump stays correct at full speed while garbage is collected all the time', async (t) => {
  const device = await FlowDevice.create('gc0', { words: ['--txqueuelen', '20000'] });
  const path = join(directory, 'gc0.pcap');
  const words = ['--expose-gc', `--import=${PRELOAD}`, RTAP, 'rx-dump', 'gc0', '-w', path];
  const reader = new RunningProcess(process.execPath, words);
  await reader.waitFor(/listening/, 'stderr');
  await device.send(64, FRAMES);
  const { code, stderr } = await reader.stop();
  t.is(code, 0, stderr);
  const [, captured, missed] = /(\d+) packets captured\n(\d+) packets missed/.exec(stderr)!;
  t.is(Number(captured) + Number(missed), FRAMES);
  t.like(await checkFlows(path), { frames: Number(captured), reordered: 0, twice: 0, strange: 0 });
  t.like((await json('stats', 'gc0')).rx, {
    packets: Number(captured),
    bytes: Number(captured) * 50,
    errors: 0,
  });
});

test('tx-inject stays correct while garbage is collected all the time', async (t) => {
  await FlowDevice.create('gc1');
  const frame = `02000000000102000000000288b5${'5a'.repeat(600)}`;
  const words = [
    '--expose-gc',
    `--import=${PRELOAD}`,
    RTAP,
    'tx-inject',
    'gc1',
    '--json',
    '--count',
    '30000',
    '--hex',
    frame,
  ];
  const { code, stdout, stderr } = await new RunningProcess(process.execPath, words).ended();
  t.is(code, 0, stderr);
  t.like(JSON.parse(stdout), { offered: 30_000, accepted: 30_000, kernel: 30_000, bytes: 30_000 * 614 });
});
