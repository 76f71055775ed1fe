import { EXIT_DONE, EXIT_INCOMPLETE } from '../errors/exit-code.js';
import type { Console } from '../process/console.js';
import { enterPrivateNamespace } from '../process/private-namespace.js';
import { StopRequest } from '../process/stop-request.js';
import { DemoCommand } from './demo-command.js';
import { DemoFolder } from './demo-folder.js';

/** An address for documentation (RFC 5737). */
const ADDRESS = '192.0.2.1';
const FLOWS = 8;
/**
 * Sends one datagram on each of several flows: the kernel chooses another source port for each, and spreads flows over the
 * queues. A multicast group needs no neighbour. The discard port.
 */
const TRAFFIC = `for i in {1..${FLOWS}}; do echo -n hello from the kernel >/dev/udp/239.1.2.3/9; done`;

/** An ARP request from 192.0.2.2 for 192.0.2.1. The kernel answers it. */
const ARP_REQUEST =
  'ffffffffffff0200000000020806' + '0001080006040001' + '020000000002c0000202' + '000000000000c0000201';

/** `rtap demo`: shows creation, receiving, sending and statistics, command by command. Returns the exit code. */
export async function runDemo(console: Console): Promise<number> {
  const elsewhere = await enterPrivateNamespace('demo', console);
  if (elsewhere !== undefined) return elsewhere;
  const folder = new DemoFolder();
  // The commands inherit it, so that their runtime state is separate from the host's.
  process.env.RTAP_RUNTIME_DIR = folder.runtime;
  // Ctrl-C reaches the running command, too. This process only cleans up.
  using stop = new StopRequest(console);
  try {
    return await showMainJob(folder.capture, stop, console);
  } finally {
    await folder.remove();
  }
}

async function showMainJob(capture: string, stop: StopRequest, console: Console): Promise<number> {
  const show = (line: string) => runShown(line, console);
  const steps = [
    () => say('The demo runs in a network namespace of its own, and leaves the host alone.', console),
    () => show('rtap create --iface io0 --persist'),
    () => show('rtap mtu io0 9000'),
    () => show('rtap mac io0 02:00:00:00:00:01'),
    () => show(`ip address add ${ADDRESS}/24 dev io0`),
    () => show('rtap up io0'),
    () => show('ip route add 239.0.0.0/8 dev io0'),
    () => show('rtap show io0'),
    () =>
      say(
        'rx-dump prints the frames that the kernel sends out of io0. tx-inject sends an ARP request, and the kernel answers.',
        console,
      ),
    () => showBothDirections(console),
    () =>
      say(
        'rx-dump saves a capture, and tx-inject sends it 10,000 times, as fast as the kernel accepts it.',
        console,
      ),
    () => record(capture, console),
    () => show(`rtap tx-inject io0 -q 0 -r ${capture} -t --count 10000`),
    () => show('rtap stats io0 --per-queue'),
    () =>
      say(
        'MISSED: the kernel dropped the frames that it sent while no rx-dump was reading io0, for example its own IPv6 router solicitations.',
        console,
      ),
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
  await using dump = DemoCommand.start('rtap rx-dump io0 &', console);
  await dump.waitFor('listening');
  await sendFromKernel(console);
  const injected = await runShown(`rtap tx-inject io0 --hex ${ARP_REQUEST}`, console);
  dump.interrupt();
  const dumped = await dump.ended();
  return injected === EXIT_DONE ? dumped : injected;
}

async function record(capture: string, console: Console): Promise<number> {
  await using dump = DemoCommand.start(`rtap rx-dump io0 -c ${FLOWS} -w ${capture} &`, console);
  await dump.waitFor('listening');
  await sendFromKernel(console);
  return await dump.ended();
}

async function sendFromKernel(console: Console): Promise<void> {
  await using command = DemoCommand.startShell(TRAFFIC, console);
  await command.ended();
}

async function runShown(line: string, console: Console): Promise<number> {
  await using command = DemoCommand.start(line, console);
  return await command.ended();
}

function say(text: string, console: Console): Promise<number> {
  console.print(`\n${console.style.cyan(`# ${text}`)}`);
  return Promise.resolve(EXIT_DONE);
}
