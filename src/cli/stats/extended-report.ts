import type { DeviceStatistics } from '../../tap/counters/device-statistics.js';
import { extendedStatistics } from '../../tap/counters/extended-statistics.js';
import type { Style } from '../output/style.js';
import { statisticsJson } from './statistics-report.js';

/** `rtap stats --extended --json`: what `--json` has, and every counter by its name under `xstats`. */
export function extendedJson(statistics: DeviceStatistics) {
  return { ...statisticsJson(statistics), xstats: extendedStatistics(statistics) };
}

/** `rtap stats --extended`: a counter a line, as `ethtool -S` has them. */
export function describeExtended(statistics: DeviceStatistics, style: Style): string {
  const since = statistics.since === undefined ? '' : ` since ${statistics.since}`;
  const lines = Object.entries(extendedStatistics(statistics)).map(([name, value]) => `  ${name}: ${value}`);
  return [`${style.bold(statistics.name)}${since}`, ...lines].join('\n');
}
