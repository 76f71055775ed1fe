import {
  COUNTERS,
  type CounterRow,
  type Direction,
  type QueueCounterName,
  type QueueMetricName,
} from '../../tap/counters/counter-table.js';
import type { QueueCounts } from '../../tap/counters/queue-counts.js';
import { packageVersion } from '../process/package-version.js';
import type { DeviceMetrics } from './device-metrics.js';
import { type MetricsFormat, MetricsText } from './metrics-text.js';

const DIRECTIONS: readonly Direction[] = ['rx', 'tx'];

/** Help text and unit of a metric of queues. */
interface QueueFamily {
  readonly help: string;
  readonly unit?: string;
}

/** The metrics of COUNTERS that are counters, in the order in which they are printed. */
const COUNTER_FAMILIES: Readonly<Record<Exclude<QueueMetricName, typeof SIZES>, QueueFamily>> = {
  rtap_packets: { help: 'Frames that rtap received from a queue (rx), or sent into it (tx).' },
  rtap_bytes: { help: 'Bytes of these frames, without checksum sequence.', unit: 'bytes' },
  rtap_errors: { help: 'Reads that gave no whole frame (rx), and frames that were refused (tx), by cause.' },
  rtap_discarded_packets: { help: 'Received frames that rtap threw away on purpose.' },
  rtap_destination_packets: { help: 'Frames by the kind of their destination.' },
  rtap_checksum_packets: { help: "Received frames by the kernel's word on their checksum." },
  rtap_lro_packets: { help: 'Received frames that stand for several.' },
  rtap_tso_packets: { help: 'Sent frames that were left to the kernel to be cut.' },
  rtap_checksum_offload_packets: { help: 'Sent frames whose checksum was left to the kernel.' },
  rtap_multi_segment_packets: { help: 'Frames that were sent from several pieces of memory.' },
};

/** The histogram of COUNTERS: the label `le` is the upper bound of a class of lengths. */
const SIZES = 'rtap_frame_size_bytes';

/** All metrics of `devices`, one family after the other. */
export function metricsText(devices: readonly DeviceMetrics[], format: MetricsFormat): string {
  const text = new MetricsText(format);
  addBuild(text);
  for (const [name, family] of Object.entries(COUNTER_FAMILIES)) addCounter(text, name, family, devices);
  addSizes(text, devices);
  addDeviceCounters(text, devices);
  addKernelCounters(text, devices);
  addStates(text, devices);
  addReaders(text, devices);
  return text.finish();
}

function addBuild(text: MetricsText): void {
  text.beginFamily({
    name: 'rtap_build',
    type: 'info',
    help: 'The version of rtap, and of Node that runs it.',
  });
  text.sample({ version: packageVersion(), node: process.versions.node }, 1);
}

function addCounter(
  text: MetricsText,
  name: string,
  family: QueueFamily,
  devices: readonly DeviceMetrics[],
): void {
  text.beginFamily({ name, type: 'counter', ...family });
  const samples = samplesOf(name);
  forEachQueue(devices, (queue, counts) => {
    for (const { labels, counter } of samples) text.sample({ ...queue, ...labels }, counts[counter]);
  });
}

function addSizes(text: MetricsText, devices: readonly DeviceMetrics[]): void {
  const help = 'Lengths of frames, without checksum sequence.';
  text.beginFamily({ name: SIZES, type: 'histogram', help, unit: 'bytes' });
  const samples = samplesOf(SIZES);
  forEachQueue(devices, (queue, counts) => {
    for (const direction of DIRECTIONS) {
      let sum = 0;
      for (const { labels, counter } of samples) {
        if (labels.direction !== direction) continue;
        // A bucket counts the frames of all shorter classes too.
        sum += counts[counter];
        text.sample({ ...queue, ...labels }, sum, '_bucket');
      }
      text.sample({ ...queue, direction }, sum, '_count');
      text.sample({ ...queue, direction }, counts[`${direction}Bytes`], '_sum');
    }
  });
}

/** The counters of a queue that the metric `name` consists of, each with its labels beside device and queue. */
function samplesOf(name: string) {
  const rows: readonly CounterRow<QueueCounterName>[] = COUNTERS;
  return rows.flatMap(([counter, , , metric, labels = {}]) => (metric === name ? [{ counter, labels }] : []));
}

function addDeviceCounters(text: MetricsText, devices: readonly DeviceMetrics[]): void {
  const missed =
    'Frames that the kernel dropped because a queue was full, or because an address filter keeps them.';
  text.beginFamily({ name: 'rtap_missed_packets', type: 'counter', help: missed });
  for (const { label: device, statistics } of devices) text.sample({ device }, statistics.missed);
  const dropped = 'Packets that a queueing discipline dropped in front of the device.';
  text.beginFamily({ name: 'rtap_qdisc_dropped_packets', type: 'counter', help: dropped });
  for (const { label: device, statistics } of devices) {
    const { qdisc } = statistics;
    if (qdisc !== undefined) text.sample({ device, qdisc: qdisc.kind }, qdisc.dropped);
  }
}

function addKernelCounters(text: MetricsText, devices: readonly DeviceMetrics[]): void {
  for (const kind of ['packets', 'bytes', 'errors', 'dropped'] as const) {
    const name = kind === 'dropped' ? 'rtap_kernel_dropped_packets' : `rtap_kernel_${kind}`;
    const unit = kind === 'bytes' ? kind : undefined;
    const what = kind === 'dropped' ? 'dropped packets' : kind;
    const help = `The kernel's own ${what}, directions seen from the kernel.`;
    text.beginFamily({ name, type: 'counter', help, unit });
    for (const { label: device, statistics } of devices) {
      for (const direction of DIRECTIONS)
        text.sample({ device, direction }, statistics.kernel[direction][kind]);
    }
  }
  const reset = { name: 'rtap_reset_timestamp_seconds', help: 'When counting began anew.', unit: 'seconds' };
  text.beginFamily({ type: 'gauge', ...reset });
  for (const { label: device, statistics } of devices) {
    if (statistics.since !== undefined) text.sample({ device }, Date.parse(statistics.since) / 1000);
  }
}

/** Gauges that are 1 if the state holds, and 0 if it does not: name, key of DeviceState, help text. */
const STATES = [
  ['rtap_device_up', 'up', 'Whether the device is up.'],
  ['rtap_device_carrier', 'carrier', 'Whether the device has a carrier, which it loses with its last queue.'],
  ['rtap_device_held', 'held', 'Whether a holder keeps the queues of the device attached and lends them.'],
  ['rtap_device_filtered', 'filtered', 'Whether rtap has set an address filter on the device.'],
] as const;

function addStates(text: MetricsText, devices: readonly DeviceMetrics[]): void {
  for (const [name, key, help] of STATES) {
    text.beginFamily({ name, type: 'gauge', help });
    for (const { label: device, state } of devices) {
      const is = state?.[key];
      if (is !== undefined) text.sample({ device }, Number(is));
    }
  }
}

function addReaders(text: MetricsText, devices: readonly DeviceMetrics[]): void {
  text.beginFamily({ name: 'rtap_queue_readers', type: 'gauge', help: 'Processes that read the queue.' });
  for (const { label: device, state } of devices) {
    for (const [queue, readers] of (state?.readers ?? []).entries())
      text.sample({ device, queue: String(queue) }, readers);
  }
  text.beginFamily({ name: 'rtap_unread_queues', type: 'gauge', help: 'Queues that no process reads.' });
  for (const { label: device, state } of devices) {
    if (state?.readers !== undefined)
      text.sample({ device }, state.readers.filter((readers) => readers === 0).length);
  }
}

function forEachQueue(
  devices: readonly DeviceMetrics[],
  add: (labels: Readonly<Record<string, string>>, counts: QueueCounts) => void,
): void {
  for (const { label: device, statistics } of devices) {
    for (const [queue, counts] of statistics.queues.entries()) add({ device, queue: String(queue) }, counts);
  }
}
