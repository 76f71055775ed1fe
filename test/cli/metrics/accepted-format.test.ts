import test from 'ava';
import { acceptedFormat } from '../../../src/cli/metrics/accepted-format.js';

const OPEN = 'application/openmetrics-text';

/** What a client accepts, and the format that it gets. */
const ROWS: readonly (readonly [accept: string | undefined, format: ReturnType<typeof acceptedFormat>])[] = [
  [undefined, 'openmetrics'],
  ['', 'openmetrics'],
  ['*/*', 'openmetrics'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'openmetrics'],
  // Prometheus 2.42, 3, and 2.5
  [
    `${OPEN};version=1.0.0,${OPEN};version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`,
    'openmetrics',
  ],
  [
    `${OPEN};version=1.0.0;escaping=allow-utf-8;q=0.6,${OPEN};version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2`,
    'openmetrics',
  ],
  [`${OPEN}; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`, 'prometheus'],
  // The older format alone, or more than the newer one
  ['text/plain;version=0.0.4', 'prometheus'],
  ['text/plain', 'prometheus'],
  ['TEXT/Plain; Version="0.0.4"; charset=utf-8', 'prometheus'],
  ['text/*', 'prometheus'],
  ['text/plain;version=0.0.4;q=1,*/*;q=0.1', 'prometheus'],
  [`${OPEN};q=0.2, text/plain;q=0.7`, 'prometheus'],
  [`text/plain;q=0.7, ${OPEN};q=0.7`, 'openmetrics'],
  // A range that says more counts before one that says less, in whatever order.
  [`*/*, ${OPEN};q=0`, 'prometheus'],
  [`${OPEN};q=0.1, ${OPEN};version=1.0.0;q=0.9, text/plain;q=0.5`, 'openmetrics'],
  ['text/*;q=0.9, text/plain;q=0.1, application/*;q=0.5', 'openmetrics'],
  // A comma and a semicolon in quotation marks
  ['text/html;title="a,b;q=1,*/*", text/plain', 'prometheus'],
  // Neither
  ['application/json', undefined],
  ['*/*;q=0', undefined],
  ['text/plain;version=1.0.0', undefined],
  ['text/plain;q=nonsense', undefined],
];

test('acceptedFormat follows the weights of Accept, and prefers OpenMetrics when it has the choice', (t) => {
  for (const [accept, format] of ROWS) t.is(acceptedFormat(accept), format, accept);
});
