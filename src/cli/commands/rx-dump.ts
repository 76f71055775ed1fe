import { type Command, Option } from 'commander';
import { ArgumentTypeError } from '../../errors.js';
import type { Console } from '../process/console.js';
import type { DumpArguments } from '../rx-dump/run/dump-arguments.js';

/** `rtap rx-dump NAME … [FILTER]`, `rtap rx-dump -r FILE … [FILTER]` */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Reads frames from the queues: what the kernel sends out of the device. Or from a saved capture, with -r.',
    )
    .argument('[device]', 'name of the device; with -r there is none, and all words are the filter')
    .argument('[filter...]', 'which frames: a pcap-filter(7) expression, as tcpdump takes it')
    .action(async (device: string | undefined, filter: readonly string[], given: DumpArguments) => {
      const words = device === undefined || given.read === undefined ? filter : [device, ...filter];
      const { readDumpOptions } = await import('../rx-dump/run/dump-arguments.js');
      const options = readDumpOptions(given, words);
      if (options.read !== undefined) {
        const { runFileDump } = await import('../rx-dump/run/file-dump.js');
        return runFileDump(options.read, options, console);
      }
      if (device === undefined)
        throw new ArgumentTypeError('cannot read frames: give the name of a device, or -r and a file');
      const { runDump } = await import('../rx-dump/run/dump-run.js');
      return runDump(device, options, console);
    });
  declareSource(command);
  declarePrinting(command);
  declareWriting(command);
}

function declareSource(command: Command): void {
  command
    .optionsGroup('Which frames:')
    .option(
      '-r, --read <file>',
      'read a capture, pcap or pcapng, instead of a device; - is standard input',
      once('-r'),
    )
    .option('-q, --queue <queues>', 'queues to read: 2, 0,2, 1-3 or all; the others are drained', 'all')
    .option('-c, --limit <number>', 'end after so many frames, and take no more from the kernel')
    .option('--duration <time>', 'end after this time: 10s, 250ms')
    .option('--queues <number>', 'queues to attach to a device that rtap did not make')
    .option('--share', 'attach beside other processes, and compete with them for frames')
    .option('--backlog', "keep what waited in a holder's queues before")
    .option('--busy-poll', 'ask the queues without a pause: a processor core for a lower latency')
    .option('--segment-bytes <bytes>', 'receive into chains of buffers of this size')
    .option('-s, --snapshot-length <bytes>', 'keep the first bytes of each frame; 0 keeps all')
    .option('-F, --filter-file <file>', 'take the filter from a file instead')
    .option('-p, --no-promiscuous-mode', 'accepted: a device is read whole, in whichever mode')
    .option('--immediate-mode', 'accepted: frames are always taken at once')
    .option('--raw', 'leave checksums as the kernel left them')
    .option('--segment', 'cut LRO frames to ordinary ones');
}

function declarePrinting(command: Command): void {
  const precision = new Option('--time-stamp-precision <unit>', 'micro or nano');
  precision.argChoices = ['micro', 'nano'];
  command
    .optionsGroup('Printing (the letters are those of tcpdump):')
    .option('-e, --link', 'print the Ethernet header')
    .option('-v, --verbose', 'print more of each frame', times)
    .option('-x, --hex', 'print the bytes in hex; -xx with the Ethernet header', times)
    .option('-X, --hex-ascii', 'the same with the characters beside; -XX', times)
    .option('-A, --ascii', 'print the bytes as characters; -AA with the Ethernet header', times)
    .option(
      '-t, --time',
      'no time; -tt seconds, -ttt since the last frame, -tttt date, -ttttt since the first',
      times,
    )
    .addOption(precision)
    .option('--micro', 'times in microseconds (the default)')
    .option('--nano', 'times in nanoseconds')
    .option('-#, --number', 'number the lines')
    .option('-n, --numeric', 'accepted: addresses and ports are always numbers')
    .option('-l, --line-buffered', 'accepted: lines are always handed over at once')
    .option('-S, --absolute-tcp-sequence-numbers', 'accepted: they always are')
    .option('-K, --dont-verify-checksums', 'accepted: they are verified for -v only')
    .option('--count', 'print the number of frames, and nothing of them')
    .option('--verify', 'check stamped frames (tx-inject --stamp), and print what was found')
    .option('--json', 'print one JSON object a line');
}

function declareWriting(command: Command): void {
  command
    .optionsGroup('Writing:')
    .option('-w, --write <file>', 'write a capture; - for standard output', once('-w'))
    .option('--pcap', 'write pcap instead of pcapng, as for a name in .pcap')
    .option('--print', 'print as well while writing')
    .option('-U, --packet-buffered', 'hand over each packet at once, also to a file')
    .option('-C, --file-size <size>', 'begin the next file after so many million bytes; 64k, 10M, 1G')
    .option('-G, --rotate-seconds <seconds>', 'begin the next file at full multiples of this time')
    .option('-W, --file-count <number>', 'with -C, keep a ring of so many files; with -G, end after them')
    .option('-z, --after-rotation <command>', 'run this command with the name of each finished file')
    .optionsGroup('Other:');
}

/** Counts how often an option is given. */
function times(_: unknown, previous: number | undefined): number {
  return (previous ?? 0) + 1;
}

/** Takes an option's value, once. */
function once(name: string): (value: string, previous: string | undefined) => string {
  return (value, previous) => {
    if (previous === undefined) return value;
    throw new ArgumentTypeError(`cannot use "${name}" twice: "${previous}" and "${value}" are given`);
  };
}
