import type { Contest, Contestant, ContestMaker, Sample } from '../contest.js';
import { type ForwardingPath, rtapPath, testpmdPath, vethPath } from '../forwarding-path.js';
import { TwoNamespaces } from '../two-namespaces.js';

/** Measures TCP from one namespace to another: through rtap fwd, through testpmd, and without a program. */
export const makeForward: ContestMaker = async (workplace, { quick }): Promise<Contest> => {
  const spaces = new TwoNamespaces();
  await spaces.makeTaps('on0', 1, {});
  await spaces.makeTaps('off0', 2, { offloads: [] });
  await spaces.makeVethPair('veth0', 3);
  const { command } = workplace.rtap;
  const seconds = quick ? 1 : 3;
  const stream = (path: ForwardingPath): Contestant => ({
    label: path.label,
    programs: ['iperf3', ...path.programs],
    measure: () => measureStream(spaces, path, seconds),
  });
  const on = stream(rtapPath(spaces, command, { label: 'rtap fwd, offloads on', network: 1, device: 'on0' }));
  const off = stream(
    rtapPath(spaces, command, { label: 'rtap fwd, offloads off', network: 2, device: 'off0' }),
  );
  const veth = stream(vethPath());
  const testpmd = stream(testpmdPath(spaces));
  return {
    name: 'forward',
    unit: 'bit/s',
    lessIsBetter: false,
    rows: [
      { name: 'forward-veth', work: 'fwd, iperf3 TCP, offloads on', ours: on, theirs: veth, limit: 0.9 },
      {
        name: 'forward-plain',
        work: 'fwd, iperf3 TCP, offloads off',
        ours: off,
        theirs: testpmd,
        limit: 1.8,
      },
      {
        name: 'forward-offloads',
        work: 'fwd, iperf3 TCP, offloads on',
        ours: on,
        theirs: testpmd,
        limit: 10,
      },
    ],
    [Symbol.asyncDispose]: async () => spaces[Symbol.dispose](),
  };
};

interface StreamReport {
  readonly end: { readonly sum_received: { readonly bits_per_second: number } };
}

async function measureStream(spaces: TwoNamespaces, path: ForwardingPath, seconds: number): Promise<Sample> {
  await using _open = await path.open();
  await using server = spaces.far.start('iperf3', '--server', '--one-off', '--forceflush');
  await server.said(/Server listening/g);
  const client = ['--client', `10.0.${path.network}.2`, '--time', String(seconds), '--omit', '1', '--json'];
  const report = JSON.parse(await spaces.near.run('iperf3', ...client)) as StreamReport;
  return { value: report.end.sum_received.bits_per_second };
}
