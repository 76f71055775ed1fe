import type { QueueCounterName, QueueCounts } from '../../tap/counters/counter-table.js';
import type { DeviceStatistics } from '../../tap/counters/device-statistics.js';
import { MetricsText } from './open-metrics-text.js';

/** Source: OpenMetrics 1.0.0, "Content Type". */
export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

type Direction = 'rx' | 'tx';
const DIRECTIONS: readonly Direction[] = ['rx', 'tx'];

/** Upper bounds of the length classes, in bytes. */
const SIZE_BOUNDS = ['64', '127', '255', '511', '1023', '1518', '9216', '+Inf'] as const;

const SIZES: Readonly<Record<Direction, readonly QueueCounterName[]>> = {
  rx: [
    'rxSize64',
    'rxSize65To127',
    'rxSize128To255',
    'rxSize256To511',
    'rxSize512To1023',
    'rxSize1024To1518',
    'rxSize1519To9216',
    'rxSize9217ToMax',
  ],
  tx: [
    'txSize64',
    'txSize65To127',
    'txSize128To255',
    'txSize256To511',
    'txSize512To1023',
    'txSize1024To1518',
    'txSize1519To9216',
    'txSize9217ToMax',
  ],
};

/** A counter of each queue, by labels beside device and queue. */
interface QueueMetric {
  readonly name: string;
  readonly help: string;
  readonly unit?: string;
  readonly samples: readonly (readonly [
    labels: Readonly<Record<string, string>>,
    counter: QueueCounterName,
  ])[];
}

const QUEUE_METRICS: readonly QueueMetric[] = [
  {
    name: 'rtap_packets',
    help: 'Frames that rtap received from a queue (rx), or sent into it (tx).',
    samples: [
      [{ direction: 'rx' }, 'rxPackets'],
      [{ direction: 'tx' }, 'txPackets'],
    ],
  },
  {
    name: 'rtap_bytes',
    help: 'Bytes of these frames, without checksum sequence.',
    unit: 'bytes',
    samples: [
      [{ direction: 'rx' }, 'rxBytes'],
      [{ direction: 'tx' }, 'txBytes'],
    ],
  },
  {
    name: 'rtap_errors',
    help: 'Reads that gave no whole frame (rx), and frames that were refused (tx), by cause.',
    samples: [
      [{ direction: 'rx', cause: 'truncated' }, 'rxTruncated'],
      [{ direction: 'rx', cause: 'short' }, 'rxShort'],
      [{ direction: 'rx', cause: 'bad_header' }, 'rxBadHeader'],
      [{ direction: 'rx', cause: 'EFAULT' }, 'rxErrnoEFAULT'],
      [{ direction: 'rx', cause: 'EINVAL' }, 'rxErrnoEINVAL'],
      [{ direction: 'rx', cause: 'EIO' }, 'rxErrnoEIO'],
      [{ direction: 'rx', cause: 'ENOBUFS' }, 'rxErrnoENOBUFS'],
      [{ direction: 'rx', cause: 'ENOMEM' }, 'rxErrnoENOMEM'],
      [{ direction: 'rx', cause: 'other' }, 'rxErrnoOther'],
      [{ direction: 'tx', cause: 'short' }, 'txShort'],
      [{ direction: 'tx', cause: 'bad_header' }, 'txBadHeader'],
      [{ direction: 'tx', cause: 'too_long' }, 'txTooLong'],
      [{ direction: 'tx', cause: 'EAGAIN' }, 'txErrnoEAGAIN'],
      [{ direction: 'tx', cause: 'EBADFD' }, 'txErrnoEBADFD'],
      [{ direction: 'tx', cause: 'EFAULT' }, 'txErrnoEFAULT'],
      [{ direction: 'tx', cause: 'EINVAL' }, 'txErrnoEINVAL'],
      [{ direction: 'tx', cause: 'EIO' }, 'txErrnoEIO'],
      [{ direction: 'tx', cause: 'ENOBUFS' }, 'txErrnoENOBUFS'],
      [{ direction: 'tx', cause: 'ENOMEM' }, 'txErrnoENOMEM'],
      [{ direction: 'tx', cause: 'other' }, 'txErrnoOther'],
    ],
  },
  {
    name: 'rtap_discarded_packets',
    help: 'Received frames that rtap threw away on purpose.',
    samples: [[{}, 'rxDiscarded']],
  },
  {
    name: 'rtap_destination_packets',
    help: 'Frames by the kind of their destination.',
    samples: [
      [{ direction: 'rx', destination: 'broadcast' }, 'rxBroadcast'],
      [{ direction: 'rx', destination: 'multicast' }, 'rxMulticast'],
      [{ direction: 'rx', destination: 'unicast' }, 'rxUnicast'],
      [{ direction: 'tx', destination: 'broadcast' }, 'txBroadcast'],
      [{ direction: 'tx', destination: 'multicast' }, 'txMulticast'],
      [{ direction: 'tx', destination: 'unicast' }, 'txUnicast'],
    ],
  },
  {
    name: 'rtap_checksum_packets',
    help: "Received frames by the kernel's word on their checksum.",
    samples: [
      [{ checksum: 'good' }, 'rxChecksumGood'],
      [{ checksum: 'none' }, 'rxChecksumNone'],
      [{ checksum: 'bad' }, 'rxChecksumBad'],
      [{ checksum: 'unknown' }, 'rxChecksumUnknown'],
    ],
  },
  {
    name: 'rtap_lro_packets',
    help: 'Received frames that stand for several.',
    samples: [[{}, 'rxLro']],
  },
  {
    name: 'rtap_tso_packets',
    help: 'Sent frames that were left to the kernel to be cut.',
    samples: [[{}, 'txTso']],
  },
  {
    name: 'rtap_checksum_offload_packets',
    help: 'Sent frames whose checksum was left to the kernel.',
    samples: [[{}, 'txChecksumOffload']],
  },
  {
    name: 'rtap_multi_segment_packets',
    help: 'Frames that were sent from several pieces of memory.',
    samples: [[{}, 'txMultiSegment']],
  },
];

/** All counters of `devices` in OpenMetrics text, a family after the other. */
export function openMetrics(devices: readonly DeviceStatistics[]): string {
  const text = new MetricsText();
  for (const metric of QUEUE_METRICS) addQueueMetric(text, metric, devices);
  addSizes(text, devices);
  addDeviceMetrics(text, devices);
  return text.finish();
}

function addQueueMetric(text: MetricsText, metric: QueueMetric, devices: readonly DeviceStatistics[]): void {
  text.beginFamily(metric.name, 'counter', metric.help, metric.unit);
  forEachQueue(devices, (queue, counts) => {
    for (const [labels, counter] of metric.samples)
      text.sample(`${metric.name}_total`, { ...queue, ...labels }, counts[counter]);
  });
}

function addSizes(text: MetricsText, devices: readonly DeviceStatistics[]): void {
  const name = 'rtap_frame_size_bytes';
  text.beginFamily(name, 'histogram', 'Lengths of frames, without checksum sequence.', 'bytes');
  forEachQueue(devices, (queue, counts) => {
    for (const direction of DIRECTIONS) {
      const labels = { ...queue, direction };
      let sum = 0;
      for (const [at, le] of SIZE_BOUNDS.entries()) {
        sum += counts[SIZES[direction][at]!];
        text.sample(`${name}_bucket`, { ...labels, le: le === '+Inf' ? le : `${le}.0` }, sum);
      }
      text.sample(`${name}_count`, labels, sum);
      text.sample(`${name}_sum`, labels, counts[`${direction}Bytes`]);
    }
  });
}

function addDeviceMetrics(text: MetricsText, devices: readonly DeviceStatistics[]): void {
  text.beginFamily(
    'rtap_missed_packets',
    'counter',
    'Frames that the kernel dropped, since nobody read them.',
  );
  for (const { name, missed } of devices) text.sample('rtap_missed_packets_total', { device: name }, missed);
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
