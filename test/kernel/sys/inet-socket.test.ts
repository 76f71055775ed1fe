import test from 'ava';
import { waitUntilReadable } from '../../../src/sys/descriptor-wait.js';
import { InetSocket } from '../../../src/sys/inet-socket.js';
import { ip } from '../../netlink/iproute2.js';
import { openedSince, openFiles } from '../../open-files.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();
const LOCAL = { address: Uint8Array.of(127, 0, 0, 1), port: 5201 };
const DEADLINE_MS = 10_000;

test.before(() => {
  ip('link set lo up');
});

test.serial('InetSocket listens where an earlier connection is still ending', (t) => {
  const before = openFiles();
  for (const word of ['first', 'second']) {
    using listener = InetSocket.listen(LOCAL);
    using client = InetSocket.connect(LOCAL);
    t.true(waitUntilReadable(listener.fd, DEADLINE_MS));
    // The listening end closes first, so that the kernel keeps its port in TIME_WAIT.
    using served = listener.accept();
    t.is(served.send(new TextEncoder().encode(word)), word.length);
    served[Symbol.dispose]();
    t.true(waitUntilReadable(client.fd, DEADLINE_MS));
    const bytes = new Uint8Array(word.length);
    t.is(client.receive(bytes), word.length);
    t.is(new TextDecoder().decode(bytes), word);
  }
  t.deepEqual(openedSince(before), []);
});
