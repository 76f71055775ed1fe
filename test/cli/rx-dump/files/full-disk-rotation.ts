import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CaptureFiles } from '../../../../src/cli/rx-dump/files/capture-files.js';
import { readRotation } from '../../../../src/cli/rx-dump/files/file-rotation.js';

// Writes 100 items of 1,000 bytes to files of 40 KiB on a disk that is too small for them, and prints the result.
const path = process.argv[2]!;
using output = new CaptureFiles(path, {
  sink: { begin: () => Buffer.from('<'), end: () => Buffer.from('>') },
  rotation: readRotation({ write: path, fileSize: '40k' })!,
  warn: () => {},
});
let told = 0;
output.onError(() => {
  told += 1;
});
for (let item = 0; item < 100; item++) output.write(new Uint8Array(1000).fill(item));
output.flush();
const accepted = output.write(new Uint8Array(1));
output.finish();
const folder = dirname(path);
const sizes = Object.fromEntries(
  readdirSync(folder).map((name) => [name, statSync(join(folder, name)).size]),
);
process.stdout.write(
  JSON.stringify({
    code: output.error?.code,
    path: basename(output.error?.path ?? ''),
    told,
    sizes,
    dropped: output.dropped,
    accepted,
  }),
);
