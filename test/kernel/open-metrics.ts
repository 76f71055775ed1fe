import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { RunningProcess } from './running-process.js';

/** Debian's Python: it has the package prometheus_client. */
const PYTHON = '/usr/bin/python3';
const PARSER = fileURLToPath(new URL('../peers/open_metrics.py', import.meta.url));

/** A family of metrics, as prometheus_client read it. */
export interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly samples: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

/** Parses OpenMetrics text. Throws if the parser finds a fault. */
export function parseMetrics(text: string): MetricFamily[] {
  return parseBy([], text);
}

/** Parses text of the older format. */
export function parsePrometheusText(text: string): MetricFamily[] {
  return parseBy(['--older'], text);
}

function parseBy(words: readonly string[], text: string): MetricFamily[] {
  const { status, stdout, stderr } = spawnSync(PYTHON, [PARSER, ...words], { input: text, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as MetricFamily[];
}

/** Gets the metrics of a server at `place`, a URL or `unix:PATH`, and parses them. */
export async function fetchMetrics(place: string): Promise<MetricFamily[]> {
  const { code, stdout, stderr } = await new RunningProcess(PYTHON, [PARSER, place]).ended();
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as MetricFamily[];
}

/** The value of the sample `name` whose labels include `labels`; throws unless there is exactly one. */
export function sampleValue(
  families: readonly MetricFamily[],
  name: string,
  labels: Readonly<Record<string, string>>,
): number {
  const samples = families
    .flatMap((family) => family.samples)
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([label, text]) => sample.labels[label] === text));
  if (samples.length !== 1) throw new Error(`${samples.length} samples ${name} ${JSON.stringify(labels)}`);
  return samples[0]!.value;
}
