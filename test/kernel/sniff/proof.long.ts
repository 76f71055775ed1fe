import { join } from 'node:path';
import test from 'ava';
import { start } from '../command.js';
import { runTool } from '../peer.js';
import { idleTicks } from '../process-state.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';
import { CountingHolder } from './counting-holder.js';
import { countsIn, countsOf } from './seen-frames.js';

const { directory } = enterWorkspace();
const LONG_QUEUE = ['--txqueuelen', '200000'];
const FRAMES = 100_000;

test.serial('sniff counts per queue and direction what a program that holds 4 queues counts', async (t) => {
  t.timeout(180_000);
  const flows = await FlowDevice.create('proof0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('proof0', 4);
  const path = join(directory, 'proof.pcapng');
  const sniff = start(['sniff', 'proof0', '-w', path]);
  await sniff.waitFor(/listening on proof0, all queues/, 'stderr');
  await Promise.all([flows.send(64, FRAMES), holder.write(FRAMES, 64)]);
  let { read, written } = await holder.counts();
  while (read.reduce((sum, count) => sum + count, 0) < FRAMES) ({ read, written } = await holder.counts());
  const { code, stderr } = await sniff.stop();
  t.is(code, 0, stderr);
  t.regex(
    stderr,
    new RegExp(`^${2 * FRAMES} packets captured\n${2 * FRAMES} packets received by filter\n`, 'm'),
  );
  t.regex(stderr, /^0 packets dropped by kernel/m);
  t.regex(stderr, /^0 packets missed by the device/m);
  t.deepEqual(countsIn(path), { ...countsOf('out', read), ...countsOf('in', written) });
  t.regex(runTool('capinfos', path), /Strict time order: +True/);
  await holder.end();
});

test.serial('sniff uses no processor time while nothing passes 128 queues', async (t) => {
  t.timeout(180_000);
  const flows = await FlowDevice.create('idle0', { words: ['--queues', '128'] });
  const holder = await CountingHolder.start('idle0', 128);
  const sniff = start(['sniff', 'idle0']);
  await sniff.waitFor(/listening/, 'stderr');
  await flows.send(4, 4);
  await sniff.waitFor(/(.*\n){4}/);
  t.is(await idleTicks(sniff.pid), 0);
  await flows.send(1, 1);
  await sniff.waitFor(/(.*\n){5}/);
  t.is((await sniff.stop()).code, 0);
  await holder.end();
});
