import { findDeviceDirectory } from '../state/runtime-directory.js';
import { GreetingQuery, type QueriedHolder } from './greeting-query.js';

/**
 * What the holders of the devices with these indices say of themselves, all asked at once, by index; `unknown` for one that
 * says nothing for `timeoutMs`.
 */
export async function queryHolders(
  ifindexes: readonly number[],
  timeoutMs: number,
): Promise<ReadonlyMap<number, QueriedHolder>> {
  const ask = async (ifindex: number) => [ifindex, await queryHolder(ifindex, timeoutMs)] as const;
  return new Map(await Promise.all(ifindexes.map(ask)));
}

function queryHolder(ifindex: number, timeoutMs: number): Promise<QueriedHolder> {
  return new Promise((resolve) => {
    const folder = findDeviceDirectory(ifindex);
    const query = folder === undefined ? 'absent' : GreetingQuery.begin(folder, ifindex, settle);
    const giveUp = () => {
      if (query instanceof GreetingQuery) query[Symbol.dispose]();
      resolve('unknown');
    };
    const timer = setTimeout(giveUp, timeoutMs);
    if (!(query instanceof GreetingQuery)) settle(query);

    function settle(answer: QueriedHolder): void {
      clearTimeout(timer);
      resolve(answer);
    }
  });
}
