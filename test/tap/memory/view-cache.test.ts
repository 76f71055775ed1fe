import test from 'ava';
import { ViewCache } from '../../../src/tap/memory/view-cache.js';

test('ViewCache returns the bytes asked for, and the same view when nothing has changed', (t) => {
  const bytes = Uint8Array.from({ length: 100 }, (_, at) => at);
  const views = new ViewCache(bytes, 3);
  const first = views.at(1, 20, 4);
  t.deepEqual([...first], [20, 21, 22, 23]);
  t.is(views.at(1, 20, 4), first);
  t.deepEqual([...views.at(1, 20, 5)], [20, 21, 22, 23, 24], 'longer');
  t.deepEqual([...views.at(1, 60, 5)], [60, 61, 62, 63, 64], 'elsewhere');
  t.deepEqual([...views.at(2, 0, 0)], []);
  t.deepEqual([...views.at(0, 0, 2)], [0, 1], 'an empty view begins at 0, too');
  bytes[60] = 9;
  t.is(views.at(1, 60, 5)[0], 9, 'a view, and no copy');
});
