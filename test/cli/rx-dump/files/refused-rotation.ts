import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import { CaptureFiles } from '../../../../src/cli/rx-dump/files/capture-files.js';
import { readRotation } from '../../../../src/cli/rx-dump/files/file-rotation.js';

// Writes 15 items of 100 bytes to files of 1 KiB in a folder that refuses new names from the sixth item on, and prints the result.
const path = process.argv[2]!;
const warnings: string[] = [];
using output = new CaptureFiles(path, {
  sink: { begin: () => Buffer.from('<'), end: () => Buffer.from('>') },
  rotation: readRotation({ write: path, fileSize: '1k' })!,
  warn: (text) => warnings.push(text),
});
let told = 0;
output.onError(() => {
  told += 1;
});
for (let item = 0; item < 15; item++) {
  if (item === 5) chmodSync(dirname(path), 0o555);
  output.write(Buffer.from(String(item).padEnd(100, '.')));
}
output.finish();
process.stdout.write(JSON.stringify({ code: output.error?.code, told, refused: output.refused, warnings }));
