/**
 * Makes the runtime folder of a device, and prints its path. Without an owner it removes the folder.
 *
 *   node owned-folder.ts IFINDEX [OWNER [GROUP]]
 */
import { openDeviceDirectory, removeDeviceDirectory } from '../../../src/tap/state/runtime-directory.js';

const [ifindex = 0, owner, group] = process.argv.slice(2).map(Number);
if (owner === undefined) removeDeviceDirectory(ifindex);
else process.stdout.write(openDeviceDirectory(ifindex, { owner, group }) ?? 'none');
