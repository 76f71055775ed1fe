import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { done, start } from '../command.js';
import { eventually } from '../deadline.js';
import { runPeer, runTool } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';
import { CountingHolder } from './counting-holder.js';
import { countsIn, countsOf } from './seen-frames.js';

const { directory } = enterWorkspace();
const LONG_QUEUE = ['--txqueuelen', '200000'];

/** Bytes of each frame in a capture, in its order. */
function framesIn(path: string): string[] {
  const text = runTool('tcpdump', '-nr', path, '-t', '-xx');
  const frames: string[] = [];
  for (const line of text.split('\n')) {
    const bytes = /^\t0x[0-9a-f]+:\s+(.*)$/.exec(line)?.[1]?.replaceAll(' ', '');
    if (bytes === undefined) frames.push('');
    else frames[frames.length - 1] += bytes;
  }
  return frames.filter((frame) => frame !== '');
}

test.serial(
  'sniff sees what tcpdump sees on the same device, in the same order within a queue',
  async (t) => {
    const flows = await FlowDevice.create('beside0', { words: [...LONG_QUEUE, '--queues', '1'] });
    const holder = await CountingHolder.start('beside0', 1);
    const [ours, theirs] = [join(directory, 'ours.pcap'), join(directory, 'theirs.pcap')];
    const sniff = start(['sniff', 'beside0', '-w', ours, 'udp or vlan']);
    const tcpdump = new RunningProcess('tcpdump', [
      ...['-Z', 'root', '-n', '-i', 'beside0', '-B', '16384', '-U', '-w', theirs, 'udp or vlan'],
    ]);
    await sniff.waitFor(/listening/, 'stderr');
    await tcpdump.waitFor(/listening/, 'stderr');
    await flows.send(8, 2000);
    await holder.write(2000, 8);
    await holder.writeTagged(500, 9);
    await flows.send(8, 500);
    t.is((await sniff.stop()).code, 0);
    // tcpdump hands a block over when it is a second old.
    await eventually(() => framesIn(theirs).length === 5000, 'the frames of tcpdump');
    await tcpdump.stop();
    const seen = framesIn(ours);
    t.is(seen.length, 5000);
    const expected = framesIn(theirs);
    t.is(
      seen.findIndex((frame, index) => frame !== expected[index]),
      -1,
    );
    await holder.end();
  },
);

test.serial('a capture of sniff goes back in with tx-inject bit for bit', async (t) => {
  await FlowDevice.create('back0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('back0', 2);
  const first = join(directory, 'first.pcapng');
  const second = join(directory, 'second.pcapng');
  const sniff = start(['sniff', 'back0', '-Q', 'in', '-w', first]);
  await sniff.waitFor(/listening/, 'stderr');
  await holder.write(300, 8);
  await holder.writeTagged(20, 5);
  t.is((await sniff.stop()).code, 0);
  await holder.end();
  const again = start(['sniff', 'back0', '-Q', 'in', '-w', second]);
  await again.waitFor(/listening/, 'stderr');
  await done('tx-inject', 'back0', '-r', first, '--topspeed');
  t.is((await again.stop()).code, 0);
  const frames = framesIn(first);
  t.is(frames.length, 320);
  t.deepEqual(framesIn(second), frames);
});

test.serial('large frames keep their facts, and finished checksums', async (t) => {
  await done('create', 'gso0', '--persist', '--up', '--offload', 'csum,tso,uso', ...LONG_QUEUE);
  const { ip } = await import('../../netlink/iproute2.js');
  ip(
    'addr add 10.66.0.1/24 dev gso0',
    'neigh replace 10.66.0.2 lladdr 02:00:00:00:00:02 dev gso0 nud permanent',
  );
  const holder = await CountingHolder.start('gso0', 2);
  const sniff = start(['sniff', 'gso0', '--json', 'udp']);
  await sniff.waitFor(/listening/, 'stderr');
  await runPeer('udp_segment.py', '10.66.0.2', 9, 1000, 20_000);
  const [line] = await sniff.waitFor(/^\{.*\}$/m);
  t.is((await sniff.stop()).code, 0);
  const { vnet, length, direction, data } = JSON.parse(line) as {
    vnet: Record<string, unknown>;
    length: number;
    direction: string;
    data: string;
  };
  t.is(length, 20_042);
  t.is(direction, 'outbound');
  t.is(data.length, 2 * length);
  t.like(vnet, { gso: 'uso', gsoBytes: 1000, checksum: 'partial', checksumFinished: true });
  await holder.end();
});

test.serial('the example counts queue by queue', async (t) => {
  const { fileURLToPath } = await import('node:url');
  const flows = await FlowDevice.create('example0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('example0', 2);
  const example = fileURLToPath(new URL('../../../examples/sniff-queues.mjs', import.meta.url));
  const loader = fileURLToPath(new URL('../library/sources-as-rtap.mjs', import.meta.url));
  const { COMPILER_FLAG } = await import('../../compiler-flag.js');
  const words = [COMPILER_FLAG, '--import', loader, example, 'example0', 'udp'];
  const sniffing = new RunningProcess(process.execPath, words);
  await sniffing.waitFor(/^watching example0$/m);
  await Promise.all([flows.send(16, 300), holder.write(100, 4)]);
  const { code, stdout, stderr } = await sniffing.stop();
  t.is(code, 0, stderr);
  t.regex(stdout, /^queue 0 in: 50 frames, 2500 bytes\n/m);
  t.regex(stdout, /^400 frames matched, 0 were dropped/m);
  t.regex(stdout, /^last: IP /m);
  await holder.end();
});

test.serial('sniff sees frames of 128 queues under their numbers', async (t) => {
  t.timeout(180_000);
  await FlowDevice.create('many0', { words: [...LONG_QUEUE, '--queues', '128'] });
  const holder = await CountingHolder.start('many0', 128);
  const path = join(directory, 'many.pcapng');
  const sniff = start(['sniff', 'many0', '-w', path]);
  await sniff.waitFor(/listening on many0, all queues/, 'stderr');
  await holder.write(12_800, 64);
  const { code, stderr } = await sniff.stop();
  t.is(code, 0, stderr);
  const { written } = await holder.counts();
  t.deepEqual(countsIn(path), countsOf('in', written));
  await holder.end();
  t.true(readFileSync(path).length > 0);
});
