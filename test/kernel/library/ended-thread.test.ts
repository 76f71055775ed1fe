import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import test from 'ava';
import { CreatedDevice } from '../../../src/index.js';
import { startThread } from '../../../src/sys/thread-start.js';
import { eventually } from '../deadline.js';
import { readLink } from '../ring-tap.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();
const QUEUES = 8;
{
  using created = CreatedDevice.create('ghost0', { queueCount: QUEUES });
  created.makePersistent();
}

/** What this process has open of rings and devices. */
function openFiles(): string[] {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // That of the folder itself.
    }
  });
  return targets.filter((target) => /net\/tun|io_uring/.test(target));
}

function mappedRings(): number {
  return readFileSync('/proc/self/maps', 'utf8').split('io_uring').length - 1;
}

/** Node may have rings of its own: they are there before and after. */
const NODES_FILES = openFiles();
const NODES_RINGS = mappedRings();

for (const way of ['is terminated', 'exits', 'ends', 'disposes']) {
  test.serial(`no queue, ring or descriptor is left when a worker thread ${way}`, async (t) => {
    const warnings: string[] = [];
    for (let round = 0; round < 3; round++) {
      const worker = startThread('ended-thread', import.meta.url, { name: 'ghost0', way });
      const ended = once(worker, 'exit');
      worker.on('message', (message: string) => message !== 'open' && warnings.push(message));
      await once(worker, 'message');
      if (way === 'is terminated') {
        t.is(readLink('ghost0').tun?.queues, QUEUES);
        await worker.terminate();
      }
      await ended;
      await eventually(() => readLink('ghost0').tun?.queues === 0, 'the queues to go');
      await eventually(
        () => openFiles().length === NODES_FILES.length && mappedRings() === NODES_RINGS,
        'the rings to go',
      );
    }
    t.deepEqual(warnings, []);
  });
}
