import type { Contest, Contestant, ContestMaker, Sample } from '../contest.js';
import { type ForwardingPath, rtapPath, testpmdPath } from '../forwarding-path.js';
import { medianOf } from '../medians.js';
import { TwoNamespaces } from '../two-namespaces.js';

/** Between two pings, long enough for every program that sleeps. */
const PAUSE_SECONDS = '0.2';

/** Measures the round trip of a ping after a pause: rtap fwd, which sleeps, beside testpmd, which never does. */
export const makeLatency: ContestMaker = async (workplace, { quick }): Promise<Contest> => {
  const spaces = new TwoNamespaces();
  await spaces.makeTaps('on0', 1, {});
  const pings = quick ? 10 : 30;
  const trip = (path: ForwardingPath): Contestant => ({
    label: path.label,
    programs: ['ping', ...path.programs],
    measure: () => measureTrips(spaces, path, pings),
  });
  const label = 'rtap fwd, sleeping';
  const ours = trip(rtapPath(spaces, workplace.rtap.command, { label, network: 1, device: 'on0' }));
  const theirs = trip({ ...testpmdPath(spaces), label: 'testpmd io, busy polling' });
  return {
    name: 'latency',
    unit: 's',
    lessIsBetter: true,
    rows: [{ name: 'latency', work: 'fwd, round trip of a ping after a pause', ours, theirs, limit: 1.5 }],
    [Symbol.asyncDispose]: async () => spaces[Symbol.dispose](),
  };
};

/** Returns the median. The first ping includes ARP and is left out. */
async function measureTrips(spaces: TwoNamespaces, path: ForwardingPath, pings: number): Promise<Sample> {
  await using _open = await path.open();
  const words = ['-n', '-i', PAUSE_SECONDS, '-c', String(pings + 1), `10.0.${path.network}.2`];
  const said = await spaces.near.run('ping', ...words);
  const milliseconds = [...said.matchAll(/time=([\d.]+) ms/g)].map(([, time]) => Number(time)).slice(1);
  if (milliseconds.length < pings) throw new Error(`ping: ${pings - milliseconds.length} of ${pings} lost`);
  return { value: medianOf(milliseconds) / 1000 };
}
