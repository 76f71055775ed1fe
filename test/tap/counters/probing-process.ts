import { isFinished } from '../../../src/tap/counters/counter-file-reader.js';

// Probes PROBES times whether the writer of the counter file PATH lives. Prints how often it did.
const [path = '', probes = '0'] = process.argv.slice(2);
let alive = 0;
for (let probe = 0; probe < Number(probes); probe++) if (!isFinished(path)) alive += 1;
process.stdout.write(String(alive));
