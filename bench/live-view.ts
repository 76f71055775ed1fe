/**
 * Draws docs/live-view.svg: what `rtap stats io0 --watch` shows on a terminal, from its real output. Needs root. Run it with
 * `node --import=./build/typescript.mjs bench/live-view.ts`. It works in a network namespace of its own.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { enterNewNetworkNamespace } from '../src/sys/network-namespace.js';

const RTAP = fileURLToPath(new URL('../bin/rtap', import.meta.url));
const PICTURE = fileURLToPath(new URL('../docs/live-view.svg', import.meta.url));

const COMMAND = 'rtap stats io0 --watch';
const WATCH_MS = 6000;
/** Datagrams that each flow sends in 10 ms: some flows are busier than others. */
const FLOW_BURSTS = [12, 5, 3, 2, 2, 1, 1, 1];

/** Pixels. */
const CHARACTER_WIDTH = 8;
const LINE_HEIGHT = 18;
const MARGIN = 14;

/** Classes of the select graphic rendition codes that rtap uses. Source: ECMA-48, SGR. */
const CLASSES: Readonly<Record<string, string>> = {
  '1': 'b',
  '2': 'd',
  '31': 'r',
  '32': 'g',
  '33': 'y',
  '36': 'c',
};
const STYLE =
  'text{font:13px ui-monospace,monospace;fill:#e6edf3;white-space:pre}.b{font-weight:700}.d{fill:#9198a1}.r{fill:#ff7b72}.g{fill:#7ee787}.y{fill:#f2cc60}.c{fill:#79c0ff}';

function prepareDevice(): void {
  enterNewNetworkNamespace();
  writeFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1');
  execFileSync(RTAP, ['create', 'io0', '--persist', '--up']);
  execFileSync('ip', ['address', 'add', '192.0.2.1/24', 'dev', 'io0']);
  for (const flow of FLOW_BURSTS.keys()) {
    const neighbour = ['neighbour', 'add', addressOf(flow), 'lladdr', '02:00:00:00:00:02', 'dev', 'io0'];
    execFileSync('ip', neighbour);
  }
}

function addressOf(flow: number): string {
  return `192.0.2.${flow + 10}`;
}

/** Sends datagrams from one socket a flow until `signal` aborts. */
async function sendFlows(signal: AbortSignal): Promise<void> {
  const flows = FLOW_BURSTS.map((burst, flow) => ({ burst, flow, socket: createSocket('udp4') }));
  while (!signal.aborted) {
    for (const { burst, flow, socket } of flows)
      for (let count = 0; count < burst; count++) socket.send(Buffer.alloc(400), 9, addressOf(flow));
    await pause(10);
  }
  for (const { socket } of flows) socket.close();
}

/** Returns what the command printed on a terminal of its own. */
async function recordTerminal(): Promise<string> {
  const line = `stty cols 80 rows 24; exec ${RTAP}${COMMAND.slice('rtap'.length)}`;
  const terminal = spawn('script', ['-qec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  terminal.stdout.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  await pause(WATCH_MS);
  // Ctrl-C.
  terminal.stdin.end('\x03');
  await once(terminal, 'close');
  return text;
}

/** Returns the lines of the last table that is whole: each is drawn over the one before. */
function lastTable(text: string): string[] {
  const tables = text.split('\x1b[?7l').slice(1);
  const [table] = tables.at(-1)!.split('\x1b[?7h');
  return table!.split(/\r?\n/);
}

function drawLine(line: string, index: number): string {
  let style = '';
  const spans = line.split('\x1b[').map((part, at) => {
    const end = at === 0 ? 0 : part.indexOf('m') + 1;
    if (at > 0) style = CLASSES[part.slice(0, end - 1)] ?? '';
    const words = part.slice(end).replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
    return words === '' ? '' : `<tspan${style === '' ? '' : ` class="${style}"`}>${words}</tspan>`;
  });
  const y = MARGIN + (index + 1) * LINE_HEIGHT;
  return `<text x="${MARGIN}" y="${y}" xml:space="preserve">${spans.join('')}</text>`;
}

function drawTerminal(lines: readonly string[]): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins so.
  const columns = Math.max(...lines.map((line) => line.replace(/\x1b\[[\d;]*m/g, '').length));
  const width = 2 * MARGIN + columns * CHARACTER_WIDTH;
  const height = 2 * MARGIN + lines.length * LINE_HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="${COMMAND} on a terminal">`,
    `<style>${STYLE}</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    ...lines.map(drawLine),
    '</svg>\n',
  ].join('\n');
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGINT');
  await once(child, 'close');
}

prepareDevice();
const reader = spawn(RTAP, ['rx-dump', 'io0', '--count'], { stdio: 'ignore' });
const sending = new AbortController();
const flows = sendFlows(sending.signal);
const table = lastTable(await recordTerminal());
sending.abort();
await flows;
await end(reader);
writeFileSync(PICTURE, drawTerminal([`$ ${COMMAND}`, ...table]));
