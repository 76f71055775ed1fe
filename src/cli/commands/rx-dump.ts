import { type Command, Option } from 'commander';
import { ArgumentTypeError } from '../../errors.js';
import { collect } from '../arguments/repeated-value.js';
import { once } from '../arguments/single-value.js';
import type { Console } from '../process/console.js';
import type { DumpArguments } from '../rx-dump/run/dump-arguments.js';

/** `rtap rx-dump NAME … [FILTER]`, `rtap rx-dump -r FILE … [FILTER]` */
export function declare(command: Command, console: Console): void {
  command
    .description(
      'Reads the frames that the kernel sends out of a device, and prints or saves them. With -r it reads a saved capture instead.',
    )
    .argument('[device]', 'name of the device; with -r there is none, and all words are the filter')
    .argument('[filter...]', 'filter: a pcap-filter(7) expression, as for tcpdump')
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
      'read a capture, pcap or pcapng, instead of a device; - is standard input; you can repeat the option',
      collect,
    )
    .option('-q, --queue <queues>', 'queues to read: 2, 0,2, 1-3 or all; rtap empties the others', 'all')
    .option('-c, --limit <number>', 'end after this number of frames')
    .option('--duration <time>', 'end after this time: 10s, 250ms')
    .option('--queues <number>', 'number of queues to attach to a device that rtap did not make')
    .option('--share', 'attach beside other processes and compete with them for frames')
    .option('--backlog', "keep the frames that already wait in a holder's queues")
    .option('--busy-poll', 'poll the queues without a pause: lower latency, but one busy processor core')
    .option('--segment-bytes <bytes>', 'receive into chains of buffers of this size')
    .option('-s, --snapshot-length <bytes>', 'keep only this many bytes of each frame; 0 keeps all')
    .option('-F, --filter-file <file>', 'take the filter from a file instead')
    .option('-p, --no-promiscuous-mode', 'no effect: rtap reads every frame in any mode')
    .option('--immediate-mode', 'no effect: rtap always reads frames at once')
    .option('--raw', 'do not complete unfinished checksums')
    .option('--segment', 'segment large frames, as a network card would do');
}

function declarePrinting(command: Command): void {
  const precision = new Option('--time-stamp-precision <unit>', 'digits of times: micro or nano');
  precision.argChoices = ['micro', 'nano'];
  command
    .optionsGroup('Printing (the letters are those of tcpdump):')
    .option('-e, --link', 'print the Ethernet header')
    .option('-v, --verbose', 'print more details of each frame', times)
    .option('-x, --hex', 'print the bytes in hex; -xx with the Ethernet header', times)
    .option(
      '-X, --hex-ascii',
      'print the bytes in hex and as characters; -XX with the Ethernet header',
      times,
    )
    .option('-A, --ascii', 'print the bytes as characters; -AA with the Ethernet header', times)
    .option(
      '-t, --time',
      'print no time; -tt seconds since 1970, -ttt time since the last frame, -tttt date and time, -ttttt time since the first frame',
      times,
    )
    .addOption(precision)
    .option('--micro', 'print times in microseconds (default)')
    .option('--nano', 'print times in nanoseconds')
    .option('-#, --number', 'number the lines')
    .option('-n, --numeric', 'no effect: addresses and ports are always numbers')
    .option('-l, --line-buffered', 'no effect: rtap always prints lines at once')
    .option('-S, --absolute-tcp-sequence-numbers', 'no effect: they are always absolute')
    .option('-K, --dont-verify-checksums', 'no effect: rtap checks checksums only with -v')
    .option('--count', 'print only the number of frames')
    .option('--verify', 'check the stamps of tx-inject --stamp, and print losses, order and latency')
    .option('--json', 'print one JSON object per line');
}

function declareWriting(command: Command): void {
  command
    .optionsGroup('Writing:')
    .option(
      '-w, --write <file>',
      'write a capture to this file, compressed if it ends in .gz or .zst; - is standard output',
      once('-w'),
    )
    .option('--pcap', 'write pcap instead of pcapng (default for names that end in .pcap)')
    .option('--print', 'also print the frames that are written')
    .option('-U, --packet-buffered', 'write each packet to the file at once')
    .option('-C, --file-size <size>', 'start a new file at this size: 10 (million bytes), 64k, 10M, 1G')
    .option('-G, --rotate-seconds <seconds>', 'start a new file at full multiples of this time')
    .option('-W, --file-count <number>', 'with -C, keep this number of files; with -G, end after this number')
    .option('--keep <number>', 'keep this number of finished files, and remove older ones of this run')
    .option('-z, --after-rotation <command>', 'run this command for each finished file')
    .optionsGroup('Other:');
}

/** Counts how often an option is given. */
function times(_: unknown, previous: number | undefined): number {
  return (previous ?? 0) + 1;
}
