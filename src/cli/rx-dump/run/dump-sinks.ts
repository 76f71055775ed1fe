import type { Compressor } from '../files/compressor.js';
import type { CapturedInterface } from '../sinks/captured-frame.js';
import type { CaptureSink, FrameSink } from '../sinks/frame-sink.js';
import type { DumpOptions, WriteOptions } from './dump-arguments.js';

/** The forms that frames are turned into. */
export interface DumpSinks {
  /** What is printed to standard output. */
  readonly printed: FrameSink | undefined;
  /** What the capture contains. */
  readonly written: CaptureSink | undefined;
  /** What compresses the capture; undefined for nothing. */
  readonly compressor: Compressor | undefined;
}

/** The sinks that the options ask for. Throws an UnavailableError if this Node cannot compress as they say. `interfaces` may grow while frames come. */
export async function chooseSinks(
  options: DumpOptions,
  interfaces: readonly CapturedInterface[],
): Promise<DumpSinks> {
  const { write, snapBytes } = options;
  return {
    printed: await choosePrinted(options, interfaces),
    written: write === undefined ? undefined : await chooseWritten(write, snapBytes, interfaces),
    compressor: await chooseCompressor(write),
  };
}

async function choosePrinted(
  options: DumpOptions,
  interfaces: readonly CapturedInterface[],
): Promise<FrameSink | undefined> {
  if (options.printing === 'json') {
    const { JsonSink } = await import('../sinks/json-sink.js');
    return new JsonSink(interfaces);
  }
  if (options.printing !== 'text') return undefined;
  const { TextSink } = await import('../sinks/text-sink.js');
  return new TextSink(options.text);
}

async function chooseCompressor(write: WriteOptions | undefined): Promise<Compressor | undefined> {
  if (write?.compression === undefined) return undefined;
  const { makeCompressor } = await import('../files/compressor.js');
  return makeCompressor(write.compression);
}

async function chooseWritten(
  { format }: WriteOptions,
  snapBytes: number,
  interfaces: readonly CapturedInterface[],
): Promise<CaptureSink> {
  if (format === 'pcap') {
    const { PcapSink } = await import('../sinks/pcap-sink.js');
    return new PcapSink(snapBytes);
  }
  const { PcapngSink } = await import('../sinks/pcapng-sink.js');
  const { packageVersion } = await import('../../process/package-version.js');
  return new PcapngSink(interfaces, `rtap ${packageVersion()}`, snapBytes);
}
