import test from 'ava';
import { parseListenAddress } from '../../../src/cli/metrics/listen-address.js';

test('parseListenAddress reads a socket file or a port when other machines cannot reach it', (t) => {
  t.deepEqual(parseListenAddress('unix:/run/a:b.sock'), { kind: 'unix', path: '/run/a:b.sock' });
  t.deepEqual(parseListenAddress('127.0.0.1:9177'), { kind: 'tcp', host: '127.0.0.1', port: 9177 });
  t.deepEqual(parseListenAddress('127.1.2.3:0'), { kind: 'tcp', host: '127.1.2.3', port: 0 });
  t.deepEqual(parseListenAddress('localhost:1'), { kind: 'tcp', host: '127.0.0.1', port: 1 });
  t.deepEqual(parseListenAddress('[::1]:65535'), { kind: 'tcp', host: '::1', port: 65_535 });
});

test('parseListenAddress takes an address that other machines reach when remote is set, and only then', (t) => {
  for (const text of ['0.0.0.0:80', '192.0.2.1:80', '[::]:80', '[2001:db8::1]:80', '[::ffff:192.0.2.1]:80']) {
    t.throws(() => parseListenAddress(text), { instanceOf: TypeError, message: /other machines/ }, text);
    t.is(parseListenAddress(text, { remote: true }).kind, 'tcp');
  }
});

test('parseListenAddress throws when the text is neither', (t) => {
  const rows = [
    '',
    '80',
    ':80',
    '127.0.0.1',
    '127.0.0.1:',
    '::1:80',
    '[127.0.0.1]:80',
    'example.org:80',
    '127.0.0.1:-1',
  ];
  for (const text of [...rows, 'tcp:127.0.0.1:80', 'unix:']) {
    t.throws(() => parseListenAddress(text, { remote: true }), { instanceOf: TypeError }, text);
  }
  t.throws(() => parseListenAddress('127.0.0.1:65536'), { instanceOf: RangeError });
  t.throws(() => parseListenAddress(`unix:/${'x'.repeat(107)}`), { instanceOf: RangeError });
  t.notThrows(() => parseListenAddress(`unix:/${'x'.repeat(106)}`));
});
