import { openSync } from 'node:fs';
import type { Console } from '../console.js';
import { OutputWriter } from '../output-writer.js';
import type { DumpOptions } from './dump-arguments.js';
import type { FrameSink } from './frame-sink.js';

const STDOUT = 1;

/** What the frames become, as the options say. */
export async function chooseSink(options: DumpOptions): Promise<FrameSink> {
  if (options.write !== undefined) {
    const { PcapSink } = await import('./pcap-sink.js');
    const { CAPTURED_LENGTH_MAX } = await import('../../packet/pcap-format.js');
    return new PcapSink(CAPTURED_LENGTH_MAX);
  }
  if (options.json) {
    const { JsonSink } = await import('./json-sink.js');
    return new JsonSink();
  }
  const { TextSink } = await import('./text-sink.js');
  return new TextSink({ linkShown: options.linkShown, hexShown: options.hexShown });
}

/** Where they go: a file, or standard output, which must be no terminal for a capture. */
export function openOutput(options: DumpOptions, console: Console): OutputWriter {
  const { write } = options;
  if (write === undefined) return new OutputWriter(STDOUT, false);
  if (write !== '-') return new OutputWriter(openSync(write, 'w', 0o644), true);
  if (console.terminal) {
    throw new TypeError('cannot write "-": standard output is a terminal, which a capture would spoil');
  }
  return new OutputWriter(STDOUT, false);
}
