import type { SystemError } from '../../errors.js';

const AS_HOLDER = 'run as root, or as the user of the holder';
const WHICH = 'rtap show tells which';

/** What a user can do where a device has a holder, or other processes have its queues; undefined for other reasons. */
export function holderHint({ reason, object, pid }: SystemError): string | undefined {
  switch (reason) {
    case 'borrowing-denied':
      return `${AS_HOLDER}; rtap hold --group lets a group borrow`;
    case 'ending-denied':
      return AS_HOLDER;
    case 'holder-untrusted':
      return 'run as root, or grant CAP_NET_ADMIN';
    case 'no-holder':
      return `rtap hold ${object} begins to hold it`;
    case 'holder-exists':
      return `rtap hold ${object} --take-over takes everything over from it, rtap release ${object} ends it`;
    case 'holder-stopped':
      return pid === undefined ? silenceHint() : `kill -CONT ${pid} lets it go on`;
    case 'holder-silent':
      return silenceHint();
    case 'queues-not-free':
    case 'holder-died':
      return `a holder has all queues: end who has one first, ${WHICH}`;
    case 'queues-in-use':
    case 'queue-leased':
      return `${WHICH}; with --share rx-dump and fwd attach beside it, and compete with it for frames`;
    default:
      return undefined;
  }
}

/** What a user can do where a holder refused for no reason that is known here: an older holder gives none. */
export function refusedRequestHint({ code }: SystemError): string | undefined {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return AS_HOLDER;
    case 'EBUSY':
      return WHICH;
    default:
      return undefined;
  }
}

function silenceHint(): string {
  return 'its machine may be very busy: try again, or end it by its process id';
}
