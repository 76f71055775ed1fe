import { EthernetConversion } from '../../packet/capture/ethernet-conversion.js';
import { parseMacAddress } from '../../packet/headers/mac-address.js';
import { findTap } from '../../tap/link/tap-link.js';
import { inputName, openInput } from '../input/open-input.js';
import type { Console } from '../process/console.js';
import type { ConversionOptions, InjectOptions } from './inject-arguments.js';
import { CaptureRow } from './sources/capture-row.js';
import { CaptureSource } from './sources/capture-source.js';
import type { FrameSource } from './sources/frame-source.js';
import { HexSource } from './sources/hex-source.js';
import { otherAddress } from './sources/other-address.js';
import { RecordedTimes, UnreadTimes } from './sources/recorded-times.js';
import { TemplateSource } from './sources/template-source.js';

/** Opens what the options want to send into the device `name`. */
export function openSource(name: string, options: InjectOptions, console: Console): FrameSource {
  const { read, template } = options;
  const rounds = repeatsItself(options) ? options.loops : 1;
  if (template !== undefined) return TemplateSource.open(name, template, rounds);
  if (read === undefined) return new HexSource(options.frames, rounds);
  // A preloaded input is read once.
  const repeated = options.loops > 1 && !options.preload;
  const conversion = options.conversion && conversionFor(name, options.conversion);
  const [first = '', ...others] = read;
  const times = options.timing.kind === 'recorded' ? undefined : new UnreadTimes();
  if (others.length > 0)
    return CaptureRow.open(read, { repeated, console }, conversion, times ?? new RecordedTimes());
  return new CaptureSource(openInput(first, { repeated, console }), inputName(first), conversion, times);
}

/** What is no capture repeats itself: its source knows the number of loops. With a pause between two loops it does not. */
export function repeatsItself({ read, loopDelaySeconds }: InjectOptions): boolean {
  return read === undefined && loopDelaySeconds === 0;
}

/** What messages call all captures together. */
export function captureNames(paths: readonly string[] = []): string {
  const [first = '', ...others] = paths;
  return others.length === 0 ? inputName(first) : `${inputName(first)} and ${others.length} more`;
}

/** For packets that are not Ethernet. As with templates, they go to the device's own address unless one is given. */
function conversionFor(name: string, options: ConversionOptions): EthernetConversion {
  const { address } = findTap(name, 'send into');
  const { sourceMac = otherAddress(address), destinationMac = parseMacAddress(address) } = options;
  return new EthernetConversion({ source: sourceMac, destination: destinationMac });
}
