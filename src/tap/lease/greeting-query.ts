import { DescriptorWatch } from '../../sys/descriptor-watch.js';
import { isSystemError } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import { Ownership } from '../../sys/ownership.js';
import { findDeviceDirectory } from '../state/runtime-directory.js';
import { HolderChannel, namedByKernel } from './holder-channel.js';
import type { Greeting } from './holder-reply.js';
import { HOLDER_SOCKET } from './holder-socket.js';

/**
 * What a query finds: the greeting of the holder, or that the device has none (`absent`). `unknown` if there may be a holder:
 * it serves too many users, ends just now or speaks another version, or this process has no descriptor left.
 */
export type QueriedHolder = Greeting | 'absent' | 'unknown';

/** A question to the holder of a device, which the event loop waits for. The holder answers with its greeting. */
export class GreetingQuery implements Disposable {
  readonly #owned: Ownership;

  private constructor(owned: Ownership) {
    this.#owned = owned;
  }

  /**
   * Asks the holder of the device with index `ifindex` for its greeting, by the socket in `folder`. Calls `onResult` once,
   * later. If the result is known at once, returns it instead.
   */
  static begin(
    folder: string,
    ifindex: number,
    onResult: (result: QueriedHolder) => void,
  ): GreetingQuery | Exclude<QueriedHolder, Greeting> {
    const purpose = { action: 'watch', object: folder };
    const owned = new Ownership();
    try {
      const channel = HolderChannel.connect(folder, HOLDER_SOCKET, purpose);
      if (channel === undefined) return 'absent';
      owned.own(channel);
      const finish = () => onResult(receiveResult(owned, channel, ifindex, purpose));
      owned.own(DescriptorWatch.readable(channel.fd, finish));
      return new GreetingQuery(owned);
    } catch (error) {
      owned[Symbol.dispose]();
      if (isSystemError(error)) return 'unknown';
      throw error;
    }
  }

  /** Ends the query: `onResult` is not called any more. */
  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}

/** Disposes `owned`, to which `channel` belongs. */
function receiveResult(
  owned: Ownership,
  channel: HolderChannel,
  ifindex: number,
  purpose: Purpose,
): QueriedHolder {
  using _ = owned;
  try {
    const greeting = channel.receiveGreeting(ifindex, purpose);
    return greeting === undefined ? 'absent' : namedByKernel(greeting, channel.peer);
  } catch (error) {
    if (isSystemError(error)) return 'unknown';
    throw error;
  }
}

/**
 * Queries the holders of the devices with these indices, all at once. Returns the results by index, `unknown` for a holder that
 * sends nothing for `timeoutMs`.
 */
export async function queryHolders(
  ifindexes: readonly number[],
  timeoutMs: number,
): Promise<ReadonlyMap<number, QueriedHolder>> {
  const query = async (ifindex: number) => [ifindex, await queryHolder(ifindex, timeoutMs)] as const;
  return new Map(await Promise.all(ifindexes.map(query)));
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

    function settle(result: QueriedHolder): void {
      clearTimeout(timer);
      resolve(result);
    }
  });
}
