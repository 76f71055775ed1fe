import type { ExecutionContext } from 'ava';
import { OFFLOADS_DEFAULT } from '../../../src/tap/device/offloads.js';
import { HolderClient } from '../../../src/tap/lease/holder-client.js';
import { findTap } from '../../../src/tap/link/tap-link.js';
import { start } from '../command.js';
import { eventually } from '../deadline.js';
import { BorrowedDevice, ChangingBorrower } from './borrowed-device.js';

/** Longest time that a borrower changes the device. Milliseconds. */
const CHANGING_MS_MAX = 40;
/** Every so many borrowers one comes by `rtap lend`. */
const LENT_EVERY = 4;

/**
 * Lets borrowers change the held device `name`, with three queues, as fast as they can, and kills each at a random moment. Checks each
 * time that nothing is left of what it did.
 */
export async function endsOfBorrowers(
  t: ExecutionContext,
  { name, socket, rounds }: { readonly name: string; readonly socket: string; readonly rounds: number },
): Promise<void> {
  const device = await BorrowedDevice.open(name);
  const link = findTap(name, 'try');
  const leases = () => {
    using client = HolderClient.findRunning(link, 'try');
    return client?.greeting.leases.length;
  };
  const script = new URL('../../peers/changing_borrower.py', import.meta.url).pathname;
  for (let round = 0; round < rounds; round++) {
    const queues = [[0, 1], [0], [1, 2], [0, 1, 2]][round % 4]!;
    const isLent = round % LENT_EVERY === 0;
    const words = ['lend', name, '-q', queues.join(), '--', 'python3', script, 'lent'];
    const borrower = isLent
      ? await ChangingBorrower.of(start(words, { inputOpen: true }))
      : await ChangingBorrower.start(socket, queues);
    await borrower.do('random');
    await new Promise((resolve) => setTimeout(resolve, Math.random() * CHANGING_MS_MAX));
    await borrower.process.stop('SIGKILL');
    await eventually(() => leases() === 0, 'the end of the lease');
    const expected = { detached: [], blocking: [], headerBytes: 10, offloads: OFFLOADS_DEFAULT };
    t.deepEqual(device.state, expected, `round ${round}`);
    t.deepEqual(await device.indexes(), [0, 1, 2], `round ${round}`);
  }
  await device.close();
}
