import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT_DONE, EXIT_INCOMPLETE } from '../errors/exit-code.js';
import type { Console } from '../process/console.js';
import { enterPrivateNamespace } from '../process/private-namespace.js';
import { StopRequest } from '../process/stop-request.js';
import { DemoCommand } from './demo-command.js';

// An address for documentation (RFC 5737), a multicast group, since that needs no neighbour, and the discard port.
const ADDRESS = '192.0.2.1';
const GROUP = '239.1.2.3';
const PORT = 9;
const FLOWS = 8;
const PAYLOAD = 'hello from the kernel';

/** An ARP request from 192.0.2.2 for 192.0.2.1, which the kernel answers. */
const ARP_REQUEST =
  'ffffffffffff0200000000020806' + '0001080006040001' + '020000000002c0000202' + '000000000000c0000201';

/** `rtap demo`: shows creation, receiving, sending and statistics, command by command. Returns the exit code. */
export async function runDemo(console: Console): Promise<number> {
  const elsewhere = await enterPrivateNamespace('demo', console);
  if (elsewhere !== undefined) return elsewhere;
  const directory = mkdtempSync(join(tmpdir(), 'rtap-demo-'));
  // The commands inherit it, so that their runtime state is separate from the host's.
  process.env.RTAP_RUNTIME_DIR = join(directory, 'run');
  // Ctrl-C reaches the running command, too. This process only cleans up.
  using stop = new StopRequest(console);
  try {
    return await showMainJob(join(directory, 'frames.pcap'), stop, console);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function showMainJob(capture: string, stop: StopRequest, console: Console): Promise<number> {
  const show = (line: string) => runShown(line, console);
  const steps = [
    () => say('A network namespace of its own: nothing on this host is touched.', console),
    () => show('rtap create --iface io0 --persist'),
    () => show('rtap mtu io0 9000'),
    () => show('rtap mac io0 02:00:00:00:00:01'),
    () => show(`ip address add ${ADDRESS}/24 dev io0`),
    () => show('rtap up io0'),
    () => show('rtap show io0'),
    () =>
      say(
        'What the kernel sends out of io0 arrives in its queues; what we inject, the kernel answers.',
        console,
      ),
    () => showBothDirections(console),
    () => say('A capture goes in as fast as the kernel takes it.', console),
    () => record(capture, console),
    () => show(`rtap tx-inject io0 -q 0 -r ${capture} -t --count 10000`),
    () => show('rtap stats io0 --per-queue'),
    () => show('rtap delete io0'),
  ];
  for (const step of steps) {
    const exitCode = await step();
    if (stop.requested) return EXIT_INCOMPLETE;
    if (exitCode !== EXIT_DONE) return exitCode;
  }
  return EXIT_DONE;
}

async function showBothDirections(console: Console): Promise<number> {
  using dump = DemoCommand.start('rtap rx-dump io0 &', console);
  await dump.waitFor('listening');
  await sendFromKernel();
  const injected = await runShown(`rtap tx-inject io0 --hex ${ARP_REQUEST}`, console);
  dump.interrupt();
  const dumped = await dump.ended();
  return injected === EXIT_DONE ? dumped : injected;
}

async function record(capture: string, console: Console): Promise<number> {
  using dump = DemoCommand.start(`rtap rx-dump io0 -c ${FLOWS} -w ${capture} &`, console);
  await dump.waitFor('listening');
  await sendFromKernel();
  return await dump.ended();
}

/** Sends one datagram on each of several flows through the kernel's network stack, which spreads flows over the queues. */
async function sendFromKernel(): Promise<void> {
  for (let flow = 0; flow < FLOWS; flow++) {
    const socket = createSocket('udp4');
    socket.bind(0, ADDRESS);
    await once(socket, 'listening');
    socket.setMulticastInterface(ADDRESS);
    await new Promise((resolve) => socket.send(PAYLOAD, PORT, GROUP, resolve));
    socket.close();
  }
}

async function runShown(line: string, console: Console): Promise<number> {
  using command = DemoCommand.start(line, console);
  return await command.ended();
}

function say(text: string, console: Console): Promise<number> {
  console.print(`\n${console.style.cyan(`# ${text}`)}`);
  return Promise.resolve(EXIT_DONE);
}
