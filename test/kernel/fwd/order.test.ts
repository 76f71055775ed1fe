import test from 'ava';
import { readStatistics } from '../../../src/tap/counters/device-statistics.js';
import { start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { PacketSocket } from '../peer.js';
import { threadNames } from '../process-state.js';
import { FlowDevice, stampOf } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';
import { reportIn, startForwarder } from './forwarder.js';

enterWorkspace();

const FLOWS = 64;
const FRAMES = 20_000;
const ROOM = ['--txqueuelen', String(FRAMES)];

/** Frames by flow, in the order in which they were seen. */
function byFlow(frames: readonly { readonly hex: string }[]): Map<string, string[]> {
  const flows = new Map<string, string[]>();
  for (const { hex } of frames) {
    const flow = stampOf(hex).slice(0, 8);
    const seen = flows.get(flow);
    if (seen === undefined) flows.set(flow, [hex]);
    else seen.push(hex);
  }
  return flows;
}

/** Flows that differ, with the number of frames of each. */
function differences(sent: Map<string, string[]>, received: Map<string, string[]>): string[] {
  return [...sent]
    .filter(([flow, frames]) => frames.join() !== received.get(flow)?.join())
    .map(([flow, frames]) => `flow ${flow}: ${frames.length} sent, ${received.get(flow)?.length} received`);
}

for (const [queues, words] of [
  [[1, 1], []],
  [
    [2, 2],
    ['--threads', '2'],
  ],
  [[4, 1], []],
  [
    [2, 4],
    ['--threads', '2', '--busy-poll'],
  ],
] as const) {
  test.serial(
    `fwd forwards every frame unchanged, each flow in order, both ways at once, between ${queues.join(' and ')} queues${words.map((word) => ` ${word}`).join('')}`,
    async (t) => {
      t.timeout(120_000);
      const name = `o${queues.join('')}`;
      const [first, second] = [
        await FlowDevice.create(`${name}a`, { words: [...ROOM, '--queues', String(queues[0])] }),
        await FlowDevice.create(`${name}b`, { words: [...ROOM, '--queues', String(queues[1])] }),
      ];
      const packetSockets = await Promise.all(
        [first, second].flatMap(({ name }) => [
          PacketSocket.open(name, 'out'),
          PacketSocket.open(name, 'in'),
        ]),
      );
      const forwarder = await startForwarder([first.name, second.name, '--json', ...words]);
      await Promise.all([first.send(FLOWS, FRAMES), second.send(FLOWS, FRAMES)]);
      await eventually(
        () => [first, second].every(({ name }) => readStatistics(name).total.txPackets === FRAMES),
        'the last frames',
        60_000,
      );
      t.deepEqual(
        threadNames(forwarder.pid).filter((thread) => thread.startsWith('iou-')),
        [],
      );
      const { code, stdout, stderr } = await forwarder.stop();
      t.is(code, 0, stderr);
      const seen = [];
      for (const packetSocket of packetSockets) seen.push(await packetSocket.close());
      const [firstOut, firstIn, secondOut, secondIn] = seen.map(byFlow);
      t.is(firstOut!.size, FLOWS);
      t.is(secondOut!.size, FLOWS);
      t.deepEqual([firstIn!.size, secondIn!.size], [FLOWS, FLOWS]);
      t.deepEqual(differences(firstOut!, secondIn!), []);
      t.deepEqual(differences(secondOut!, firstIn!), []);
      for (const direction of reportIn(stdout).directions)
        t.like(direction, { received: FRAMES, sent: FRAMES, missed: 0, refused: {} });
      for (const { name } of [first, second]) {
        const { rx, tx } = ipLink(name).stats64;
        t.deepEqual([rx.packets, tx.packets, tx.dropped], [FRAMES, FRAMES, 0]);
      }
    },
  );
}

test.serial(
  'fwd -c takes exactly that number of frames from the kernel, over both directions and all threads',
  async (t) => {
    const device = await FlowDevice.create('exacta', { words: ['--queues', '2', '--txqueuelen', '5000'] });
    const peer = await FlowDevice.create('exactb', { words: ['--queues', '2', '--txqueuelen', '5000'] });
    const forwarder = await startForwarder(['exacta', 'exactb', '--threads', '2', '-c', '1001', '--json']);
    // They wait in all four queues.
    forwarder.signal('SIGSTOP');
    await Promise.all([device.send(FLOWS, 2000), peer.send(FLOWS, 2000)]);
    forwarder.signal('SIGCONT');
    const { code, stdout, stderr } = await forwarder.ended();
    t.is(code, 0, stderr);
    const { directions } = reportIn(stdout);
    const received = directions.map((direction) => direction.received);
    t.is(received[0]! + received[1]!, 1001);
    t.deepEqual(
      directions.map((direction) => direction.sent),
      received,
    );
    t.deepEqual([ipLink('exacta').stats64.tx.packets, ipLink('exactb').stats64.tx.packets], received);
  },
);

test.serial('fwd prints rates, and at the end the counts of each direction and queue', async (t) => {
  const device = await FlowDevice.create('ratesa', { words: ['--queues', '2', ...ROOM] });
  await FlowDevice.create('ratesb', { words: ['--queues', '2', ...ROOM] });
  const forwarder = await startForwarder(['ratesa', 'ratesb', '--stats', '50ms']);
  await device.send(FLOWS, 1000);
  await forwarder.waitFor(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d ratesa -> ratesb [1-9][\d.]* k?pps, [1-9][\d.]* [kM]?bit\/s, 0 missed; ratesb -> ratesa 0 pps, 0 bit\/s, 0 missed$/m,
  );
  await eventually(() => readStatistics('ratesb').total.txPackets === 1000, 'the last frame');
  forwarder.signal('SIGUSR1');
  await forwarder.waitFor(/ratesa -> ratesb: 1000 packets \(50000 bytes\)/, 'stderr');
  const { code, stderr } = await forwarder.stop();
  t.is(code, 0);
  const report = stderr.slice(stderr.lastIndexOf('ratesa -> ratesb: '));
  const lines = report.trimEnd().split('\n');
  t.deepEqual(lines.slice(0, 2), [
    'ratesa -> ratesb: 1000 packets (50000 bytes), 0 missed (dropped by the kernel before rtap could read them)',
    'ratesb -> ratesa: 0 packets (0 bytes), 0 missed (dropped by the kernel before rtap could read them)',
  ]);
  t.regex(lines[2]!, /^FROM +TO +RECEIVED +BYTES +SENT +BYTES$/);
  const rows = lines.slice(3).map((line) => line.split(/ {2,}/));
  t.deepEqual(
    rows.map(([from, to]) => `${from} ${to}`),
    [
      'ratesa queue 0 ratesb queue 0',
      'ratesa queue 1 ratesb queue 1',
      'ratesb queue 0 ratesa queue 0',
      'ratesb queue 1 ratesa queue 1',
    ],
  );
  t.is(
    rows.reduce((sum, [, , received]) => sum + Number(received), 0),
    1000,
  );

  const jsonForwarder = start(['fwd', 'ratesa', 'ratesb', '--stats', '20ms', '--json']);
  await jsonForwarder.waitFor(/(.*\n){2}/);
  const { stdout } = await jsonForwarder.stop('SIGTERM');
  const objects = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.true(objects.length >= 3);
  for (const object of objects.slice(0, -1)) {
    t.like(object, { refused: 0 });
    t.deepEqual(Object.keys(object), ['time', 'seconds', 'refused', 'directions']);
    t.like((object.directions as object[])[0], {
      from: 'ratesa',
      to: 'ratesb',
      packetsPerSecond: 0,
      bitsPerSecond: 0,
      missed: 0,
    });
  }
  t.is(reportIn(stdout).threads, 1);
});
