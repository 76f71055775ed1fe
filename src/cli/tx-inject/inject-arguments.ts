import { ArgumentRangeError, ArgumentTypeError } from '../../errors.js';
import { parseHex } from '../../packet/bytes/hex.js';
import { parseMacAddress } from '../../packet/headers/mac-address.js';
import { KERNEL_QUEUES_MAX } from '../../tap/state/limits.js';
import { parseDuration, parsePositive, parseRate, parseWhole, type Rate } from '../arguments/quantity.js';
import { parseQueueSelection, type QueueSelection } from '../arguments/queue-selection.js';
import { assertOneStandardInput } from '../input/open-input.js';
import type { Timing } from './due-times.js';
import type { OffloadWishes } from './sending/prepared-frame.js';
import {
  readTemplateOptions,
  type TemplateArguments,
  type TemplateOptions,
} from './templates/template-options.js';

/** The options of `rtap tx-inject`, as typed. */
export interface InjectArguments extends TemplateArguments {
  readonly queue: string;
  readonly queues?: string;
  readonly threads?: string;
  readonly read?: readonly string[];
  readonly hex?: readonly string[];
  readonly loop?: string;
  readonly count?: string;
  readonly limit?: string;
  readonly duration?: string;
  readonly loopDelay?: string;
  readonly maxGap?: string;
  readonly multiplier?: string;
  readonly pps?: string;
  readonly rate?: string;
  readonly mbps?: string;
  readonly topspeed?: boolean;
  readonly preloadPcap?: boolean;
  /** False for `--no-convert`. */
  readonly convert?: boolean;
  /** False for `--no-offload`. */
  readonly offload?: boolean;
  readonly csum?: boolean;
  readonly tso?: string;
  readonly uso?: string;
  readonly segments?: string;
  readonly oversize?: boolean;
  readonly progress?: boolean;
  readonly json?: boolean;
}

/** The addresses in an Ethernet header where the capture has none; undefined for the default. */
export interface ConversionOptions {
  readonly sourceMac: Uint8Array | undefined;
  readonly destinationMac: Uint8Array | undefined;
}

/** What the options mean. */
export interface InjectOptions {
  /** Numbers of the queues, in rising order; all of the device; or for each frame the one that its capture recorded. */
  readonly queues: QueueSelection | 'recorded';
  /** Threads that send. */
  readonly threads: number;
  /** Queues of the device; undefined to find out. */
  readonly queueCount: number | undefined;
  /** Paths, or `-` for standard input, in turn; undefined if the frames come from elsewhere. */
  readonly read: readonly string[] | undefined;
  /** How packets of a capture that are not Ethernet get an Ethernet header; undefined for not at all. */
  readonly conversion: ConversionOptions | undefined;
  readonly frames: readonly Uint8Array[];
  readonly template: TemplateOptions | undefined;
  /** How often the whole input is sent; Infinity for no limit. */
  readonly loops: number;
  /** Most frames of the input that are sent; Infinity for all. */
  readonly limit: number;
  /** Frames due later are not sent; Infinity for all. */
  readonly durationSeconds: number;
  readonly timing: Timing;
  /** The pause between two passes. */
  readonly loopDelaySeconds: number;
  readonly preload: boolean;
  readonly offloads: OffloadWishes;
  /** Pieces that each frame is sent in. */
  readonly segments: number;
  readonly oversize: boolean;
  readonly progress: boolean;
  readonly json: boolean;
}

/** writev(2) takes 1,024 pieces (IOV_MAX, include/uapi/linux/uio.h), and the virtio-net header is one of them. */
const SEGMENTS_MAX = 1023;
/** Source: include/uapi/linux/virtio_net.h, gso_size is a __virtio16. Bytes of payload. */
const SEGMENT_BYTES_MAX = 0xffff;
const BITS_PER_MEGABIT = 1e6;

/** Throws a TypeError or RangeError for impossible options, a SystemError for a payload that cannot be read. */
export function readInjectOptions(given: InjectArguments): InjectOptions {
  const hex = given.hex ?? [];
  const template = readTemplateOptions(given);
  assertOneInput(given, hex, template !== undefined);
  assertOffloads(given);
  const loops = readLoops(given, template !== undefined);
  return {
    queues: readQueues(given),
    threads: optional(given.threads, 1, (text) => parseWhole('threads', text, 1, KERNEL_QUEUES_MAX)),
    queueCount: optional(given.queues, undefined, (text) =>
      parseWhole('queue count', text, 1, KERNEL_QUEUES_MAX),
    ),
    read: given.read,
    conversion: readConversion(given),
    frames: hex.map((text) => parseHex(text)),
    template,
    loops,
    limit: optional(given.limit, Infinity, (text) => parseWhole('limit', text, 1, Number.MAX_SAFE_INTEGER)),
    durationSeconds: optional(given.duration, Infinity, (text) => readTime('duration', text)),
    timing: readTiming(given),
    loopDelaySeconds: readLoopDelay(given, loops),
    preload: given.preloadPcap === true,
    offloads: readOffloads(given),
    segments: optional(given.segments, 1, (text) => parseWhole('segments', text, 1, SEGMENTS_MAX)),
    oversize: given.oversize === true,
    progress: given.progress === true,
    json: given.json === true,
  };
}

function assertOneInput(given: InjectArguments, hex: readonly string[], generated: boolean): void {
  const inputs = [given.read !== undefined, hex.length > 0, generated].filter(Boolean).length;
  if (inputs !== 1)
    throw new ArgumentTypeError(
      'cannot send: give one of -r FILE, --hex and a template (--udp, --tcp, --icmp, --arp)',
    );
  if (given.read !== undefined) {
    assertOneStandardInput(given.read);
    return;
  }
  if (given.preloadPcap === true)
    throw new ArgumentTypeError('cannot use -K without -r: there is no file to preload');
  if (given.multiplier !== undefined)
    throw new ArgumentTypeError('cannot use -x without -r: only a capture has recorded times');
}

function readQueues({ queue, read }: InjectArguments): InjectOptions['queues'] {
  const words = queue.split(',');
  if (words.length > 1 && words.includes('recorded'))
    throw new ArgumentTypeError(`cannot read queues "${queue}": "recorded" stands alone`);
  if (queue !== 'recorded') return parseQueueSelection(queue);
  if (read === undefined)
    throw new ArgumentTypeError('cannot use -q recorded without -r: only a capture has recorded queues');
  return queue;
}

function readConversion({ read, convert, dstMac, srcMac }: InjectArguments): ConversionOptions | undefined {
  if (convert !== false)
    return {
      sourceMac: optional(srcMac, undefined, parseMacAddress),
      destinationMac: optional(dstMac, undefined, parseMacAddress),
    };
  if (read === undefined)
    throw new ArgumentTypeError(
      'cannot use --no-convert without -r: only a capture can have packets to convert',
    );
  const address = dstMac !== undefined ? '--dst-mac' : srcMac !== undefined ? '--src-mac' : undefined;
  if (address !== undefined)
    throw new ArgumentTypeError(
      `cannot use ${address} with --no-convert: it is for the Ethernet headers that --no-convert leaves out`,
    );
  return undefined;
}

/** Refuses an offload option that contradicts the input, or another option. */
function assertOffloads(given: InjectArguments): void {
  const { offload, csum, tso, uso } = given;
  const wishes = { '--csum': csum, '--tso': tso, '--uso': uso };
  const wish = Object.entries(wishes).find(([, value]) => value !== undefined)?.[0];
  if (offload === false) {
    if (wish !== undefined)
      throw new ArgumentTypeError(
        `cannot use ${wish} with --no-offload: only one of them leaves work to the kernel`,
      );
    if (given.read === undefined)
      throw new ArgumentTypeError(
        'cannot use --no-offload without -r: only a capture has a virtio-net header for each frame',
      );
  }
  const other = (['udp', 'tcp', 'icmp', 'arp'] as const).find((protocol) => given[protocol] !== undefined);
  if (tso !== undefined && other !== undefined && other !== 'tcp')
    throw new ArgumentTypeError(`cannot use --tso with --${other}: --tso is for TCP; --uso cuts UDP`);
  if (uso !== undefined && other !== undefined && other !== 'udp')
    throw new ArgumentTypeError(`cannot use --uso with --${other}: --uso is for UDP; --tso cuts TCP`);
}

/** A template has no end: if another limit is given, it is repeated up to that. */
function readLoops({ loop, count, limit, duration }: InjectArguments, isTemplate: boolean): number {
  if (loop !== undefined && count !== undefined)
    throw new ArgumentTypeError('cannot use --count with -l: they mean the same');
  const unsaid = loop === undefined && count === undefined;
  if (unsaid && isTemplate && (limit !== undefined || duration !== undefined)) return Infinity;
  const what = loop === undefined ? 'count' : 'loop';
  const loops = parseWhole(what, loop ?? count ?? '1', 0, Number.MAX_SAFE_INTEGER);
  return loops === 0 ? Infinity : loops;
}

function readTime(what: string, text: string): number {
  const seconds = parseDuration(text);
  if (!(seconds > 0)) throw new ArgumentRangeError(`cannot use ${what} "${text}": it must be more than 0`);
  return seconds;
}

function readLoopDelay({ loopDelay }: InjectArguments, loops: number): number {
  if (loopDelay === undefined) return 0;
  if (loops === 1)
    throw new ArgumentTypeError('cannot use --loop-delay without -l: it is the pause between two loops');
  return readTime('loop delay', loopDelay);
}

/** At most one option may set the speed. The default for a capture is as recorded, for other input top speed. */
function readTiming(given: InjectArguments): Timing {
  const { multiplier, pps, rate, mbps, topspeed, maxGap } = given;
  assertOneTiming({ '-x': multiplier, '-p': pps, '--rate': rate, '-M': mbps, '-t': topspeed });
  assertRecordedGaps(given);
  if (pps !== undefined) return steady({ packetsPerSecond: parsePositive('pps', pps) });
  if (rate !== undefined) return steady(parseRate(rate));
  if (mbps !== undefined) return steady({ bitsPerSecond: parsePositive('mbps', mbps) * BITS_PER_MEGABIT });
  if (topspeed === true || given.read === undefined) return { kind: 'topspeed' };
  return {
    kind: 'recorded',
    multiplier: optional(multiplier, 1, (text) => parsePositive('multiplier', text)),
    gapSecondsMax: optional(maxGap, Infinity, (text) => readTime('gap', text)),
  };
}

function assertOneTiming(options: Readonly<Record<string, unknown>>): void {
  const [first, second] = Object.keys(options).filter((option) => options[option] !== undefined);
  if (first !== undefined && second !== undefined)
    throw new ArgumentTypeError(`cannot use ${second} with ${first}: use one of -x, -p, --rate, -M and -t`);
}

function assertRecordedGaps({ maxGap, read, pps, rate, mbps, topspeed }: InjectArguments): void {
  if (maxGap === undefined) return;
  if (read === undefined)
    throw new ArgumentTypeError('cannot use --max-gap without -r: only a capture has recorded pauses');
  const others = { '-p': pps, '--rate': rate, '-M': mbps, '-t': topspeed };
  const other = Object.entries(others).find(([, value]) => value !== undefined)?.[0];
  if (other !== undefined)
    throw new ArgumentTypeError(`cannot use --max-gap with ${other}: recorded pauses do not count there`);
}

function steady(rate: Rate): Timing {
  return { kind: 'steady', rate };
}

function readOffloads({ offload, csum, tso, uso }: InjectArguments): OffloadWishes {
  return {
    stored: offload !== false,
    checksum: csum === true,
    tcpSegmentBytes: optional(tso, undefined, (text) => parseWhole('tso', text, 1, SEGMENT_BYTES_MAX)),
    udpSegmentBytes: optional(uso, undefined, (text) => parseWhole('uso', text, 1, SEGMENT_BYTES_MAX)),
  };
}

function optional<T, U>(text: string | undefined, otherwise: U, read: (text: string) => T): T | U {
  return text === undefined ? otherwise : read(text);
}
