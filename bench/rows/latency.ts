import type { Contest, Contestant, ContestMaker, Sample } from '../contest.js';
import { type ForwardingPath, makeForwardedTaps, pinned, ringPath, rtapPath } from '../forwarding-path.js';
import { percentileOf } from '../medians.js';
import { TwoNamespaces } from '../two-namespaces.js';

/** If the scheduler chose cores, rounds would differ by a factor of two. */
const PING_CORE = 0;
const FORWARDER_CORE = 1;

/** Between two pings, long enough for a program that sleeps. */
const PAUSE_SECONDS = '0.05';

/** Measures the round trip of a ping after a pause: rtap fwd, which sleeps, beside the same in C. */
export const makeLatency: ContestMaker = async (workplace, { quick }): Promise<Contest> => {
  const spaces = new TwoNamespaces();
  await makeForwardedTaps(spaces);
  const pings = quick ? 40 : 150;
  const trip = (path: ForwardingPath): Contestant => ({
    label: `${path.label}, sleeping`,
    programs: ['ping', ...path.programs],
    measure: () => measureTrips(spaces, path, pings),
  });
  const ours = trip(rtapPath(spaces, 'on0', pinned(FORWARDER_CORE, workplace.rtap.command)));
  const ring = await workplace.program('ring-forwarder');
  const theirs = trip(ringPath(spaces, 'on0', pinned(FORWARDER_CORE, ring)));
  const work = 'fwd, round trip of a ping after a pause of 50 ms';
  return {
    name: 'latency',
    unit: 's',
    lessIsBetter: true,
    rows: [{ name: 'latency', work, ours, theirs, limit: 1.3 }],
    [Symbol.asyncDispose]: async () => spaces[Symbol.dispose](),
  };
};

/** Returns the median and the 90th percentile. The first ping includes ARP and is left out. */
async function measureTrips(spaces: TwoNamespaces, path: ForwardingPath, pings: number): Promise<Sample> {
  await using _open = await path.open();
  const words = ['-n', '-i', PAUSE_SECONDS, '-c', String(pings + 1), `10.0.${path.network}.2`];
  const said = await spaces.near.run(...pinned(PING_CORE, 'ping', ...words));
  const seconds = [...said.matchAll(/time=([\d.]+) ms/g)].map(([, time]) => Number(time) / 1000).slice(1);
  if (seconds.length < pings) throw new Error(`ping: ${pings - seconds.length} of ${pings} lost`);
  return { value: percentileOf(seconds, 50), ninetieth: percentileOf(seconds, 90) };
}
