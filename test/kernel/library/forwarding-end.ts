import { Forwarding } from '../../../src/tap/forward/forwarding.js';
import { findTap } from '../../../src/tap/link/tap-link.js';
import { DeviceAttachment } from '../../../src/tap/queue/device-attachment.js';

// Forwards between two devices in two threads, and ends in the given way while these sleep in the kernel.
const [name = '', peer = '', way] = process.argv.slice(2);
const attachments = [name, peer].map((device) => DeviceAttachment.open(findTap(device, 'forward')));
const forwarding = Forwarding.start([attachments[0]!, attachments[1]!], { threadCount: 2 });
await forwarding.ready;
process.stdout.write('ready\n');
if (way === 'exit') process.exit(7);
if (way === 'throw') throw new Error('thrown on purpose');
if (way === 'reject') void Promise.reject(new Error('rejected on purpose'));
