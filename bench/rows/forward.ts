import type { Contest, Contestant, ContestMaker, Sample } from '../contest.js';
import {
  type ForwardingPath,
  makeForwardedTaps,
  makeVethPath,
  ringPath,
  rtapPath,
  testpmdPath,
} from '../forwarding-path.js';
import { processorSecondsOf } from '../processor-time.js';
import { TwoNamespaces } from '../two-namespaces.js';

/** Measures TCP from one namespace to another: through rtap fwd, the same in C, testpmd, and without a program. */
export const makeForward: ContestMaker = async (workplace, { quick }): Promise<Contest> => {
  const spaces = new TwoNamespaces();
  await makeForwardedTaps(spaces);
  const command = [workplace.rtap.command] as const;
  const ring = [await workplace.program('ring-forwarder')] as const;
  const seconds = quick ? 2 : 3;
  const stream = (path: ForwardingPath): Contestant => ({
    label: path.label,
    programs: ['iperf3', ...path.programs],
    measure: () => measureStream(spaces, path, seconds),
  });
  const on = stream(rtapPath(spaces, 'on0', command));
  const off = stream(rtapPath(spaces, 'off0', command));
  const onInC = stream(ringPath(spaces, 'on0', ring));
  const offInC = stream(ringPath(spaces, 'off0', ring));
  const veth = stream(await makeVethPath(spaces));
  const testpmd = stream(testpmdPath(spaces));
  const work = 'fwd, iperf3 TCP, offloads';
  return {
    name: 'fwd',
    unit: 'bit/s',
    lessIsBetter: false,
    rows: [
      { name: 'fwd-on', work: `${work} on`, ours: on, theirs: onInC, limit: 0.95 },
      { name: 'fwd-off', work: `${work} off`, ours: off, theirs: offInC, limit: 0.95 },
      { name: 'fwd-veth', work: `${work} on`, ours: on, theirs: veth },
      { name: 'fwd-testpmd', work: `${work} on`, ours: on, theirs: testpmd },
    ],
    [Symbol.asyncDispose]: async () => spaces[Symbol.dispose](),
  };
};

interface StreamReport {
  readonly end: { readonly sum_received: { readonly bits_per_second: number } };
}

async function measureStream(spaces: TwoNamespaces, path: ForwardingPath, seconds: number): Promise<Sample> {
  await using open = await path.open();
  await using server = spaces.far.start('iperf3', '--server', '--one-off', '--forceflush');
  await server.said(/Server listening/g);
  // Each frame that a program carries is one that the kernel receives in one of the namespaces.
  const look = () => ({
    frames: path.device === undefined ? 0 : framesCarried(spaces, path.device),
    processor: open.pid === undefined ? 0 : processorSecondsOf(open.pid),
  });
  const start = look();
  const client = ['--client', `10.0.${path.network}.2`, '--time', String(seconds), '--omit', '1', '--json'];
  const report = JSON.parse(await spaces.near.run('iperf3', ...client)) as StreamReport;
  const end = look();
  const value = report.end.sum_received.bits_per_second;
  const frames = end.frames - start.frames;
  if (open.pid === undefined || frames === 0) return { value };
  return { value, frameMicroseconds: ((end.processor - start.processor) / frames) * 1e6 };
}

function framesCarried(spaces: TwoNamespaces, device: string): number {
  return spaces.both.reduce((sum, space) => sum + space.framesReceived(device), 0);
}
