import { fileURLToPath } from 'node:url';
import test from 'ava';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { ip } from '../../netlink/iproute2.js';
import { done, json } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { runTool } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const EXAMPLE = fileURLToPath(new URL('../../../examples/echo.mjs', import.meta.url));
/** Lets `import … from 'rtap'` find the sources, whether dist/ is built or not. */
const LOADER = fileURLToPath(new URL('./sources-as-rtap.mjs', import.meta.url));

/** Sends a datagram to the example, and prints what comes back. */
const ECHO_CLIENT = `
import socket, sys
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(10)
client.connect(('192.0.2.2', 7))
client.send(sys.argv[1].encode())
print(client.recv(2000).decode(), end='')
`;

function startExample(): RunningProcess {
  return new RunningProcess(process.execPath, [COMPILER_FLAG, '--import', LOADER, EXAMPLE, 'io0']);
}

test.serial(
  'the example answers every ping and returns every datagram on a device with 4 queues',
  async (t) => {
    await done('create', 'io0', '--persist', '--up');
    ip('address add 192.0.2.1/24 dev io0');
    const example = startExample();
    await example.waitFor(/^answering for 192\.0\.2\.2 .* 4 queues$/m);
    // A frame that is sent before the kernel has noticed the carrier can be lost. That is no fault of the example.
    await eventually(() => !ipLink('io0').flags.includes('NO-CARRIER'), 'the carrier');
    // A checksum of an echo request that overflows when it becomes a reply comes once in 32 pings, on average.
    for (const payload of ['56', '1472']) {
      const said = runTool('ping', '-c', '100', '-i', '0.005', '-s', payload, '192.0.2.2');
      t.regex(said, /100 packets transmitted, 100 received, 0% packet loss/);
    }
    for (const text of ['hello', 'x'.repeat(1400)])
      t.is(runTool('python3', '-c', ECHO_CLIENT, text), text, 'the datagram comes back');
    t.regex(runTool('ip', 'neigh', 'show', 'dev', 'io0'), /192\.0\.2\.2 lladdr 02:00:00:00:00:02/);
    const outcome = await example.stop('SIGINT');
    t.is(outcome.code, 0, outcome.stderr);
    const { tx, stats64 } = await json<{ tx: { packets: number }; stats64: { rx: { packets: number } } }>(
      'stats',
      'io0',
    );
    t.true(tx.packets >= 203, '200 echo replies, two datagrams and an ARP reply');
    t.is(tx.packets, stats64.rx.packets);
  },
);

test.serial('the example ends when its device is deleted', async (t) => {
  const example = startExample();
  await example.waitFor(/^answering/m);
  await done('delete', 'io0');
  const { code, stderr } = await example.ended();
  t.is(code, 0);
  t.is(stderr, '');
});
