import test from 'ava';
import { isLocalHost } from '../../../src/cli/metrics/host-header.js';

for (const host of [
  'localhost',
  'LocalHost:80',
  '127.0.0.1',
  '127.0.0.1:9177',
  '127.255.3.4:65535',
  '[::1]',
  '[::1]:1',
]) {
  test(`isLocalHost is true for ${host}`, (t) => {
    t.true(isLocalHost(host));
  });
}

for (const host of [
  undefined,
  '',
  'example.org',
  'example.org:9177',
  'localhost.example.org',
  '127.0.0.1.example.org',
  '127.0.0.1:80:80',
  '127.0.0',
  '128.0.0.1',
  '::1',
  '[::2]',
  'localhost:',
  'localhost, 127.0.0.1',
  'localhost\n',
]) {
  test(`isLocalHost is false for ${JSON.stringify(host) ?? 'no header'}`, (t) => {
    t.false(isLocalHost(host));
  });
}
