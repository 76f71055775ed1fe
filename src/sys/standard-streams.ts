import { Descriptor, O_RDWR } from './descriptor.js';
import { c, checked } from './libc.js';

const STREAMS = [0, 1, 2];

/** Puts /dev/null in the place of the standard streams of this process: whoever waits for their end need not any more. */
export function closeStandardStreams(): void {
  using nowhere = Descriptor.open('/dev/null', O_RDWR);
  const purpose = { action: 'close', object: 'standard streams' };
  for (const stream of STREAMS) checked(purpose, 'dup2', () => c.dup2(nowhere.fd, stream));
}
