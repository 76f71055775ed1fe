import { chmodSync } from 'node:fs';
import test from 'ava';
import { done } from '../command.js';
import { ready } from '../hold/ready-holder.js';
import { unprivileged } from '../unprivileged.js';
import { enterWorkspace } from '../workspace.js';

const { runtime } = enterWorkspace();

test('show, list and release do not say that there is no holder when the runtime directory cannot be read', async (t) => {
  await done('create', 'hidden0', '--persist', '--up');
  const holder = await ready('hold', 'hidden0');
  t.regex(await done('show', 'hidden0'), /^held by +rtap \(pid \d+\)$/m);
  chmodSync(runtime, 0o700);
  const shown = await unprivileged('show', 'hidden0');
  t.regex(shown.stdout, new RegExp(`^held by +unknown: cannot read ${runtime}$`, 'm'), shown.stderr);
  const { holder: named, unreadable } = JSON.parse((await unprivileged('show', 'hidden0', '--json')).stdout);
  t.deepEqual([named, unreadable], [null, runtime]);
  t.regex((await unprivileged('list')).stdout, /^hidden0 .* \?$/m);
  const released = await unprivileged('release', 'hidden0');
  t.is(released.code, 2);
  t.true(
    released.stderr.startsWith(`rtap: cannot read "${runtime}": access failed with EACCES`),
    released.stderr,
  );
  chmodSync(runtime, 0o755);
  await holder.stop();
});
