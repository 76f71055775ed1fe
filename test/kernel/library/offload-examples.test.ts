import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { ip } from '../../netlink/iproute2.js';
import { done } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

/** Lets `import … from 'rtap'` find the sources, whether dist/ is built or not. */
const LOADER = fileURLToPath(new URL('./sources-as-rtap.mjs', import.meta.url));

function startExample(name: string, ...words: readonly string[]): RunningProcess {
  const path = fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));
  return new RunningProcess(process.execPath, [COMPILER_FLAG, '--import', LOADER, path, ...words]);
}

test('the examples print unfinished frames, and let the kernel cut what they send', async (t) => {
  await done('create', 'io0', '--persist', '--up');
  ip('address add 192.0.2.1/24 dev io0');
  ip('neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev io0');
  const reader = startExample('print-offloads.mjs', 'io0');
  await reader.waitFor(/^reading io0, 4 queues$/m);
  await eventually(() => !ipLink('io0').flags.includes('NO-CARRIER'), 'the carrier');

  const socket = createSocket('udp4').bind(5000, '192.0.2.1');
  await once(socket, 'listening');
  const received: Buffer[] = [];
  socket.on('message', (bytes) => received.push(bytes));
  const sender = await startExample('send-segments.mjs', 'io0', '192.0.2.2', '192.0.2.1', '5000').ended();
  t.is(sender.code, 0, sender.stderr);
  t.is(sender.stdout, 'sent 1 frame of 4042 bytes\n');
  await eventually(() => received.length >= 4, 'four datagrams');
  t.deepEqual(
    received,
    [0, 1, 2, 3].map((piece) => Buffer.from(Uint8Array.from({ length: 1000 }, (_, at) => piece * 1000 + at))),
  );

  socket.send('hello', 9, '192.0.2.2');
  await reader.waitFor(
    /^queue \d: checksum partial, one frame: IP 192\.0\.2\.1\.5000 > 192\.0\.2\.2\.9: UDP/m,
  );
  socket.close();
  t.is((await reader.stop('SIGINT')).code, 0);
});
