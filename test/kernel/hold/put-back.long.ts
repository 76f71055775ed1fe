import { join } from 'node:path';
import test from 'ava';
import { done } from '../command.js';
import { ipLink } from '../ip-link.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';
import { endsOfBorrowers } from './borrower-ends.js';
import { ready } from './ready-holder.js';

const workspace = enterWorkspace();

/** How many borrowers are killed. */
const ROUNDS = 200;

test('nothing is left of 200 borrowers that are killed at random moments', async (t) => {
  t.timeout(600_000);
  await done('create', 'rand0', '--persist', '--up', '--queues', '3');
  const holder = await ready('hold', 'rand0');
  const socket = join(deviceFolder(workspace, ipLink('rand0').ifindex), 'holder');
  await endsOfBorrowers(t, { name: 'rand0', socket, rounds: ROUNDS });
  t.is((await holder.stop()).code, 0);
});
