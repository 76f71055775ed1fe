import { isFinished } from '../../../src/tap/counters/counter-file-reader.js';

// Probes the writer of the counter file PATH so many times; prints how often it is alive.
const [path = '', probes = '0'] = process.argv.slice(2);
let alive = 0;
for (let probe = 0; probe < Number(probes); probe++) if (!isFinished(path)) alive += 1;
process.stdout.write(String(alive));
