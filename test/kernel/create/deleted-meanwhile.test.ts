import test from 'ava';
import { isSystemError } from '../../../src/sys/errno.js';
import { deleteDevice } from '../../../src/tap/device/device-removal.js';
import { TapDescriptor } from '../../../src/tap/link/tap-descriptor.js';
import { findTap } from '../../../src/tap/link/tap-link.js';
import { done } from '../command.js';
import { ipLinks } from '../ip-link.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

test.serial(
  'attaching refuses a device when it was deleted just before, and leaves none in its place',
  async (t) => {
    await done('create', 'io0', '--persist');
    const link = findTap('io0', 'attach to');
    deleteDevice('io0');
    {
      // TUNSETIFF creates a device that it does not find.
      using tap = TapDescriptor.attach('io0');
      t.true(ipLinks().some(({ ifname }) => ifname === 'io0'));
      const error = t.throws(() => tap.assertOf(link.index, 'attach to'), {
        message: 'cannot attach to "io0": the device was deleted',
      });
      t.true(isSystemError(error, 'ENODEV'));
    }
    t.deepEqual(
      ipLinks().map(({ ifname }) => ifname),
      ['lo'],
    );
  },
);
