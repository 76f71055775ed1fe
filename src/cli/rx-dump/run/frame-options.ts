import { type Command, Option } from 'commander';
import { once } from '../../arguments/single-value.js';

/** Declares which frames end up in the output, and what is done with them: the same in each command that shows frames. */
export function declareFrames(command: Command): void {
  command
    .option('-c, --limit <number>', 'end after this number of frames')
    .option('--duration <time>', 'end after this time: 10s, 250ms')
    .option('-s, --snapshot-length <bytes>', 'keep only this many bytes of each frame; 0 keeps all')
    .option('-F, --filter-file <file>', 'take the filter from a file instead')
    .option('--raw', 'do not complete unfinished checksums')
    .option('--segment', 'segment large frames, as a network card would do');
}

/** Declares how frames are printed. */
export function declarePrinting(command: Command): void {
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

/** Declares how frames are written to files. */
export function declareWriting(command: Command): void {
  const events = new Option('--on <events>', 'with --last: these events, several with commas (default: all)');
  events.argChoices = ['missed', 'down', 'carrier', 'signal'];
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
    .option(
      '-W, --file-count <number>',
      'with -C and --last, keep this number of files; with -G, end after this number',
    )
    .option('--keep <number>', 'keep this number of finished files, and remove older ones of this run')
    .option('-z, --after-rotation <command>', 'run this command for each finished file')
    .option('--last <size>', 'keep the newest frames in memory, 64MiB, and write them at each event')
    .addOption(events)
    .option('--after <time>', 'with --last: also write what comes in this time after the event (default: 2s)')
    .optionsGroup('Other:');
}

/** Counts how often an option is given. */
function times(_: unknown, previous: number | undefined): number {
  return (previous ?? 0) + 1;
}
