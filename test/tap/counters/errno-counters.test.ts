import test from 'ava';
import { errnoOf } from '../../../src/sys/errno.js';
import { privateCounters } from '../../../src/tap/counters/counter-table.js';
import { countReadErrno, countWriteErrno } from '../../../src/tap/counters/errno-counters.js';
import { countsOf, presentCounts } from '../../../src/tap/counters/queue-counts.js';

test('countReadErrno and countWriteErrno count an errno as Other when it has no counter of its own', (t) => {
  const counters = privateCounters();
  for (const code of ['EFAULT', 'EINVAL', 'EIO', 'ENOBUFS', 'ENOMEM', 'EPERM', 'EINTR']) {
    countReadErrno(counters, errnoOf(code));
  }
  for (const code of ['EAGAIN', 'EBADFD', 'EFAULT', 'EINVAL', 'EIO', 'ENOBUFS', 'ENOMEM', 'EMSGSIZE']) {
    countWriteErrno(counters, errnoOf(code));
  }
  countWriteErrno(counters, 4095);
  t.deepEqual(presentCounts(countsOf(counters)), {
    rxErrnoEFAULT: 1,
    rxErrnoEINVAL: 1,
    rxErrnoEIO: 1,
    rxErrnoENOBUFS: 1,
    rxErrnoENOMEM: 1,
    rxErrnoOther: 2,
    txErrnoEAGAIN: 1,
    txErrnoEBADFD: 1,
    txErrnoEFAULT: 1,
    txErrnoEINVAL: 1,
    txErrnoEIO: 1,
    txErrnoENOBUFS: 1,
    txErrnoENOMEM: 1,
    txErrnoOther: 2,
  });
});
