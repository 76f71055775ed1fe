import { ArgumentTypeError } from '../../errors.js';
import { CAPTURED_LENGTH_MAX } from '../../packet/capture/pcap-format.js';
import { BUFFER_KIB_MAX } from '../arguments/quantity.js';

/** How a capture gets its frames: `sniff` watches, `rx-dump` takes. */
export type CaptureMode = 'watch' | 'take';

/** An option of a capture, as Wireshark's dialog has it. */
export interface CaptureOption {
  /** The option of `rtap extcap`. */
  readonly call: string;
  readonly display: string;
  readonly type: 'selector' | 'string' | 'unsigned';
  readonly tooltip: string;
  /** What the field has at first. */
  readonly default?: string;
  /** What an empty field shows. */
  readonly placeholder?: string;
  /** Least and most. */
  readonly range?: readonly [least: number, most: number];
  /** A regular expression. */
  readonly validation?: string;
  /** The values of a selector, and what the dialog shows of each. */
  readonly values?: readonly (readonly [value: string, display: string])[];
  /** Which of them is chosen at first. */
  readonly chosen?: string;
}

/** The options, in the order of the dialog. No text has a brace: it would end the text. */
export const CAPTURE_OPTIONS: readonly CaptureOption[] = [
  {
    call: '--mode',
    display: 'Mode',
    type: 'selector',
    tooltip:
      'Watch: every program still gets its frames. Take: Wireshark gets the frames that the kernel sends out of the device, and no other program does.',
    values: [
      ['watch', 'Watch the frames (rtap sniff)'],
      ['take', 'Take the frames out of the queues (rtap rx-dump)'],
    ],
    chosen: 'watch',
  },
  {
    call: '--queue',
    display: 'Queues',
    type: 'string',
    tooltip: 'Queues of the device: 2, 0,2, 1-3 or all. Taking, rtap discards the frames of the others.',
    default: 'all',
    validation: '^(all|\\d+(-\\d+)?(,\\d+(-\\d+)?)*)$',
  },
  {
    call: '--direction',
    display: 'Direction',
    type: 'selector',
    tooltip: 'Direction of the frames as the kernel sees them. Only outgoing frames can be taken.',
    values: [
      ['inout', 'Both'],
      ['out', 'Out of the kernel: what a program receives from the device'],
      ['in', 'Into the kernel: what a program writes into the device'],
    ],
    chosen: 'inout',
  },
  {
    call: '--snapshot-length',
    display: 'Snapshot length',
    type: 'unsigned',
    tooltip: 'Bytes of each frame to keep. 0 keeps all.',
    default: '0',
    range: [0, CAPTURED_LENGTH_MAX],
  },
  {
    call: '--filter',
    display: 'Capture filter',
    type: 'string',
    tooltip:
      'A pcap-filter expression, as for tcpdump. Frames have to match this and the capture filter of the main window.',
    placeholder: 'tcp port 80',
  },
  {
    call: '--buffer-size',
    display: 'Buffer (KiB)',
    type: 'unsigned',
    tooltip: 'Memory for frames that wait for Wireshark. Empty: 16384. Taking needs none.',
    range: [1, BUFFER_KIB_MAX],
  },
];

/** Options of a capture, as Wireshark gives them. */
export interface CaptureArguments {
  /** What Wireshark calls the device. */
  readonly extcapInterface?: string;
  readonly mode?: string;
  readonly queue?: string;
  readonly direction?: string;
  readonly snapshotLength?: string;
  readonly filter?: string;
  readonly bufferSize?: string;
  /** The capture filter of Wireshark's main window, or of `tshark -f`. */
  readonly extcapCaptureFilter?: string;
}

/** Reads the mode, and refuses a direction that it does not have. Throws a TypeError. */
export function readMode({ mode, direction }: CaptureArguments): CaptureMode {
  if (mode !== undefined && mode !== 'watch' && mode !== 'take')
    throw new ArgumentTypeError(`cannot read mode "${mode}": wanted watch or take`);
  if (mode === 'take' && direction === 'in')
    throw new ArgumentTypeError(
      'cannot take frames of direction "in": a queue holds what the kernel sends out of the device',
    );
  return mode ?? 'watch';
}

/** The filters that are given. Each of them is a whole expression. */
export function filtersOf({ extcapCaptureFilter, filter }: CaptureArguments): string[] {
  return [extcapCaptureFilter, filter].filter((one) => one !== undefined && one.trim() !== '') as string[];
}

/** One filter for all that have to match. */
export function joinFilters(filters: readonly string[]): string {
  return filters.length === 1 ? filters[0]! : filters.map((filter) => `(${filter})`).join(' and ');
}
