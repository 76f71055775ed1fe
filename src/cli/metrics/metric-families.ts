import {
  COUNTERS,
  type CounterRow,
  type Direction,
  type QueueCounterName,
  type QueueMetricName,
} from '../../tap/counters/counter-table.js';
import type { DeviceStatistics } from '../../tap/counters/device-statistics.js';
import type { QueueCounts } from '../../tap/counters/queue-counts.js';
import { MetricsText } from './open-metrics-text.js';

/** Source: OpenMetrics 1.0.0, "Content Type". */
export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

const DIRECTIONS: readonly Direction[] = ['rx', 'tx'];

/** What the text says of a metric of queues beside its samples. */
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

/** All counters of `devices` in OpenMetrics text, one family after the other. */
export function openMetrics(devices: readonly DeviceStatistics[]): string {
  const text = new MetricsText();
  for (const [name, family] of Object.entries(COUNTER_FAMILIES)) addCounter(text, name, family, devices);
  addSizes(text, devices);
  addDeviceMetrics(text, devices);
  return text.finish();
}

function addCounter(
  text: MetricsText,
  name: string,
  { help, unit }: QueueFamily,
  devices: readonly DeviceStatistics[],
): void {
  text.beginFamily(name, 'counter', help, unit);
  const samples = samplesOf(name);
  forEachQueue(devices, (queue, counts) => {
    for (const { labels, counter } of samples)
      text.sample(`${name}_total`, { ...queue, ...labels }, counts[counter]);
  });
}

function addSizes(text: MetricsText, devices: readonly DeviceStatistics[]): void {
  text.beginFamily(SIZES, 'histogram', 'Lengths of frames, without checksum sequence.', 'bytes');
  const samples = samplesOf(SIZES);
  forEachQueue(devices, (queue, counts) => {
    for (const direction of DIRECTIONS) {
      let sum = 0;
      for (const { labels, counter } of samples) {
        if (labels.direction !== direction) continue;
        // A bucket counts the frames of all shorter classes too.
        sum += counts[counter];
        text.sample(`${SIZES}_bucket`, { ...queue, ...labels }, sum);
      }
      text.sample(`${SIZES}_count`, { ...queue, direction }, sum);
      text.sample(`${SIZES}_sum`, { ...queue, direction }, counts[`${direction}Bytes`]);
    }
  });
}

/** The counters of a queue that the metric `name` consists of, each with its labels beside device and queue. */
function samplesOf(name: string) {
  const rows: readonly CounterRow<QueueCounterName>[] = COUNTERS;
  return rows.flatMap(([counter, , , metric, labels = {}]) => (metric === name ? [{ counter, labels }] : []));
}

function addDeviceMetrics(text: MetricsText, devices: readonly DeviceStatistics[]): void {
  text.beginFamily(
    'rtap_missed_packets',
    'counter',
    'Frames that the kernel dropped because a queue was full.',
  );
  for (const { name, missed } of devices) text.sample('rtap_missed_packets_total', { device: name }, missed);
  text.beginFamily(
    'rtap_qdisc_dropped_packets',
    'counter',
    'Packets that a queueing discipline dropped in front of the device.',
  );
  for (const { name: device, qdisc } of devices) {
    if (qdisc !== undefined)
      text.sample('rtap_qdisc_dropped_packets_total', { device, qdisc: qdisc.kind }, qdisc.dropped);
  }
  for (const kind of ['packets', 'bytes', 'errors', 'dropped'] as const) {
    const family = kind === 'dropped' ? 'rtap_kernel_dropped_packets' : `rtap_kernel_${kind}`;
    const unit = kind === 'bytes' ? kind : undefined;
    const what = kind === 'dropped' ? 'dropped packets' : kind;
    text.beginFamily(family, 'counter', `The kernel's own ${what}, directions seen from the kernel.`, unit);
    for (const { name: device, kernel } of devices) {
      for (const direction of DIRECTIONS)
        text.sample(`${family}_total`, { device, direction }, kernel[direction][kind]);
    }
  }
  text.beginFamily('rtap_reset_timestamp_seconds', 'gauge', 'When counting began anew.', 'seconds');
  for (const { name: device, since } of devices) {
    if (since !== undefined)
      text.sample('rtap_reset_timestamp_seconds', { device }, Date.parse(since) / 1000);
  }
}

function forEachQueue(
  devices: readonly DeviceStatistics[],
  add: (labels: Readonly<Record<string, string>>, counts: QueueCounts) => void,
): void {
  for (const { name: device, queues } of devices) {
    for (const [queue, counts] of queues.entries()) add({ device, queue: String(queue) }, counts);
  }
}
