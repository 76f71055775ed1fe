import test from 'ava';
import { filtersOf, joinFilters, readMode } from '../../../src/cli/extcap/capture-options.js';
import { deviceOf, interfaceDisplay, interfaceValue } from '../../../src/cli/extcap/interface-value.js';
import { ArgumentTypeError } from '../../../src/errors.js';

test('the name of a device is found in the value of its interface', (t) => {
  for (const name of ['io0', 'rtap-io0', '-x', 'a}{b', '{', '7B']) t.is(deviceOf(interfaceValue(name)), name);
  t.is(interfaceDisplay('io0'), 'rtap: io0');
});

test('another interface, or none, is refused', (t) => {
  t.throws(() => deviceOf('eth0'), {
    instanceOf: ArgumentTypeError,
    message: 'cannot read interface "eth0": wanted rtap- and the name of a device',
  });
  t.throws(() => deviceOf(undefined), {
    instanceOf: ArgumentTypeError,
    message: 'cannot run without option "--extcap-interface": it is missing',
  });
});

test('a capture watches unless it is to take', (t) => {
  t.is(readMode({}), 'watch');
  t.is(readMode({ mode: 'watch', direction: 'in' }), 'watch');
  t.is(readMode({ mode: 'take', direction: 'out' }), 'take');
  t.throws(() => readMode({ mode: 'steal' }), { message: 'cannot read mode "steal": wanted watch or take' });
  t.throws(() => readMode({ mode: 'take', direction: 'in' }), {
    message: 'cannot take frames of direction "in": a queue holds what the kernel sends out of the device',
  });
});

test('frames have to match both filters', (t) => {
  t.deepEqual(filtersOf({}), []);
  t.deepEqual(filtersOf({ filter: ' ', extcapCaptureFilter: '' }), []);
  t.is(joinFilters([]), '');
  t.is(joinFilters(filtersOf({ filter: 'udp' })), 'udp');
  t.is(
    joinFilters(filtersOf({ extcapCaptureFilter: 'tcp or udp', filter: 'host 192.0.2.1' })),
    '(tcp or udp) and (host 192.0.2.1)',
  );
});
