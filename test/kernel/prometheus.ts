import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './deadline.js';
import { runTool } from './peer.js';
import { RunningProcess } from './running-process.js';

/** Where test/prometheus/fetch puts the programs. Those that are installed come first. */
const UNPACKED = fileURLToPath(new URL('../../node_modules/.cache/rtap/prometheus', import.meta.url));
process.env.PATH = `${process.env.PATH}${delimiter}${UNPACKED}`;

const ADDRESS = '127.0.0.1:9090';

/** Why no Prometheus can run here. Undefined if one can. */
export function missingForPrometheus(): string | undefined {
  const missing = ['prometheus', 'promtool'].find(
    (name) => spawnSync(name, ['--version']).error !== undefined,
  );
  return missing === undefined ? undefined : `no ${missing} here (test/prometheus/fetch)`;
}

/** A sample of the answer to a query. */
export interface QueriedSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A Prometheus in the network namespace of this process, with its data in a folder of its own. */
export class Prometheus {
  readonly process: RunningProcess;

  private constructor(process: RunningProcess) {
    this.process = process;
  }

  /** Starts it with `configuration`, which has the keys of prometheus.yml. `directory` is for its files. */
  static async start(configuration: object, directory: string): Promise<Prometheus> {
    const data = join(directory, 'prometheus');
    mkdirSync(data);
    const file = join(directory, 'prometheus.yml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(configuration));
    const words = [
      `--config.file=${file}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=${ADDRESS}`,
      '--log.level=info',
    ];
    const process = new RunningProcess('prometheus', words);
    await process.waitFor(/Server is ready to receive web requests/, 'stderr');
    return new Prometheus(process);
  }

  /** The value of a key `data` of its API. */
  api<Data>(path: string, parameters: Readonly<Record<string, string>> = {}): Data {
    const words = Object.entries(parameters).flatMap(([name, value]) => [
      '--data-urlencode',
      `${name}=${value}`,
    ]);
    const answer = runTool('curl', '-sS', '-G', ...words, `http://${ADDRESS}/api/v1/${path}`);
    const { status, data, error } = JSON.parse(answer) as { status: string; data: Data; error?: string };
    if (status !== 'success') throw new Error(`${path} ${JSON.stringify(parameters)}: ${error}`);
    return data;
  }

  /** The samples that `expression` has now. */
  query(expression: string): QueriedSample[] {
    interface Sample {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [seconds: number, text: string];
    }
    const { result } = this.api<{ result: readonly Sample[] }>('query', { query: expression });
    return result.map(({ metric, value: [, text] }) => ({ labels: metric, value: Number(text) }));
  }

  /** Waits until `expression` has a sample, or until it has none. Returns the values. */
  async until(expression: string, { isEmpty = false } = {}): Promise<number[]> {
    const look = () => {
      const samples = this.query(expression);
      return (samples.length === 0) === isEmpty && samples.map(({ value }) => value);
    };
    return eventually(look, `${expression} to have ${isEmpty ? 'no' : 'a'} sample`);
  }
}
