import { fstatSync, openSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { OutputWriter } from '../../../src/cli/output/output-writer.js';

// Writes 100 items of 1,000 bytes to a file of a disk that is too small for them, and prints the result. With a second word
// each ten of them are one member of gzip, which is not smaller than they are. With `pieces` there are 2,000, which the kernel
// writes in large pieces.
const compressed = process.argv[3] === 'compressed';
const items = process.argv[3] === 'pieces' ? 2000 : 100;
const compressor = compressed ? (bytes: Uint8Array) => gzipSync(bytes, { level: 0 }) : undefined;
const fd = openSync(process.argv[2]!, 'w');
using output = new OutputWriter(fd, true, { compressor, meanwhile: process.argv[3] === 'pieces' });
let told = 0;
output.onError(() => {
  told += 1;
});
for (let item = 0; item < items; item++) {
  output.write(new Uint8Array(1000).fill(item));
  if (compressed && item % 10 === 9) output.flush();
}
output.flush();
const accepted = output.write(new Uint8Array(1));
const { size } = fstatSync(fd);
process.stdout.write(
  JSON.stringify({ code: output.error?.code, told, size, dropped: output.dropped, accepted }),
);
