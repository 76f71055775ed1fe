import test from 'ava';
import { CAPTURE_OPTIONS } from '../../../src/cli/extcap/capture-options.js';
import { describeInterfaces, describeLinkTypes, describeOptions } from '../../../src/cli/extcap/sentences.js';

/** A sentence as Wireshark splits it: a word, and attributes whose values end at a brace before another attribute or the end. */
function split(line: string): readonly [word: string, attributes: Readonly<Record<string, string>>] {
  const [, word = ''] = /^(\w+) \{/.exec(line) ?? [];
  const attributes = Array.from(
    line.matchAll(/\{([a-zA-Z_-]*?)=(.*?)\}(?=\{|$|\s)/g),
    ([, name, value]) => [name!, value!] as const,
  );
  return [word, Object.fromEntries(attributes)];
}

test('the interfaces begin with the version, and have what Wireshark calls and what it shows', (t) => {
  t.is(
    describeInterfaces(['io0', 'a}{b'], '1.2.3'),
    'extcap {version=1.2.3}\n' +
      'interface {value=rtap-io0}{display=rtap: io0}\n' +
      'interface {value=rtap-a}%7Bb}{display=rtap: a}%7Bb}',
  );
  t.is(describeInterfaces([], '1.2.3'), 'extcap {version=1.2.3}');
});

test('Wireshark splits the interface of a name with braces as it is meant', (t) => {
  for (const name of ['a}{b', '}', '{}', '}}{{', 'x{y=z}']) {
    const [, line = ''] = describeInterfaces([name], '1').split('\n');
    const value = name.replaceAll('{', '%7B');
    t.deepEqual(split(line), ['interface', { value: `rtap-${value}`, display: `rtap: ${value}` }]);
  }
});

test('the link type is Ethernet', (t) => {
  t.is(describeLinkTypes(), 'dlt {number=1}{name=EN10MB}{display=Ethernet}');
});

test('the options are those of the dialog, with their values and defaults', (t) => {
  const lines = describeOptions().split('\n').map(split);
  const options = lines.filter(([word]) => word === 'arg').map(([, attributes]) => attributes);
  t.deepEqual(
    options.map(({ number, call, type, default: first = '', range = '' }) =>
      [number, call, type, first, range].join(' '),
    ),
    [
      '0 --mode selector  ',
      '1 --queue string all ',
      '2 --direction selector  ',
      '3 --snapshot-length unsigned 0 0,262144',
      '4 --filter string  ',
      '5 --buffer-size unsigned  1,1048576',
    ],
  );
  const values = lines.filter(([word]) => word === 'value').map(([, attributes]) => attributes);
  t.deepEqual(
    values.map(({ arg, value, default: chosen }) => `${arg} ${value} ${chosen}`),
    ['0 watch true', '0 take false', '2 inout true', '2 out false', '2 in false'],
  );
  for (const { display, tooltip } of options) t.true(display !== '' && tooltip !== '');
});

test('Wireshark sees each text of an option as it is meant', (t) => {
  const shown = describeOptions().split('\n').map(split);
  for (const { call, tooltip, display, validation, placeholder } of CAPTURE_OPTIONS) {
    const [, attributes = {}] = shown.find(([, { call: other }]) => other === call) ?? [];
    t.deepEqual([attributes.tooltip, attributes.display], [tooltip, display]);
    t.deepEqual([attributes.validation, attributes.placeholder], [validation, placeholder]);
  }
});

test('the dialog takes the queues that rtap takes', (t) => {
  const { validation = '' } = CAPTURE_OPTIONS.find(({ call }) => call === '--queue')!;
  for (const queues of ['all', '0', '2', '0,2', '1-3', '0,2-3,7']) t.regex(queues, new RegExp(validation));
  for (const queues of ['', 'al', 'x', '1-', ',1', '1,,2', '-1', 'all,1'])
    t.notRegex(queues, new RegExp(validation));
});
