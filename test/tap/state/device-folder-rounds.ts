import { readDeviceRecord, writeDeviceRecord } from '../../../src/tap/state/device-record.js';
import { openDeviceDirectory, removeDeviceDirectory } from '../../../src/tap/state/runtime-directory.js';

// Makes and removes the folders of the devices with index FIRST, FIRST + 1, …, ROUNDS in all. Prints how many were lost.
const [first = 0, rounds = 0] = process.argv.slice(2).map(Number);
let lost = 0;
for (let ifindex = first; ifindex < first + rounds; ifindex++) {
  const folder = openDeviceDirectory(ifindex, {});
  if (folder !== undefined) writeDeviceRecord(folder, { queues: 3 });
  if (readDeviceRecord(ifindex)?.queues !== 3) lost++;
  removeDeviceDirectory(ifindex);
}
process.stdout.write(`${lost}`);
