import { findDeviceDirectory } from '../state/runtime-directory.js';
import { type HolderAnswer, HolderInquiry } from './greeting-query.js';

/**
 * What the holders of the devices with these indices say of themselves, all asked at once, by index; `unclear` for one that
 * says nothing for `timeoutMs`.
 */
export async function askHolders(
  ifindexes: readonly number[],
  timeoutMs: number,
): Promise<ReadonlyMap<number, HolderAnswer>> {
  const ask = async (ifindex: number) => [ifindex, await askHolder(ifindex, timeoutMs)] as const;
  return new Map(await Promise.all(ifindexes.map(ask)));
}

function askHolder(ifindex: number, timeoutMs: number): Promise<HolderAnswer> {
  return new Promise((resolve) => {
    const folder = findDeviceDirectory(ifindex);
    const inquiry = folder === undefined ? 'nobody' : HolderInquiry.begin(folder, ifindex, settle);
    const giveUp = () => {
      if (inquiry instanceof HolderInquiry) inquiry[Symbol.dispose]();
      resolve('unclear');
    };
    const timer = setTimeout(giveUp, timeoutMs);
    if (!(inquiry instanceof HolderInquiry)) settle(inquiry);

    function settle(answer: HolderAnswer): void {
      clearTimeout(timer);
      resolve(answer);
    }
  });
}
