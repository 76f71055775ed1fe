import { OutputWriter } from '../../../src/cli/output/output-writer.js';

// Writes 4,000 items of 1,000 bytes to standard output, to which other processes write too, and prints the result.
if (process.stdout.isTTY) throw new Error('a pipe is wanted'); // Looking at it makes the pipe non-blocking.
using output = new OutputWriter(1, false);
for (let item = 0; item < 4000; item++) output.write(new Uint8Array(1000));
await output.drain(60_000);
process.stderr.write(`${output.error?.code ?? 'no error'}, ${output.dropped} dropped\n`);
