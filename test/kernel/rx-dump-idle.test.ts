import test from 'ava';
import { start } from './command.js';
import { processorTicks, threadNames } from './process-facts.js';
import { FlowDevice } from './sent-flows.js';
import { enterWorkspace } from './workspace.js';

enterWorkspace();

const IDLE_MS = 3000;
/** What Node itself may do once in a while: a collection, a compilation that was put off. */
const TICKS_MAX = 1;

test('rx-dump uses no processor time while nothing comes', async (t) => {
  const device = await FlowDevice.create('idle0');
  const reader = start(['rx-dump', 'idle0']);
  await reader.waitFor(/listening/, 'stderr');
  await device.send(4, 4);
  await reader.waitFor(/(.*\n){4}/);
  // The measured time itself: there is no event to wait for. The first second is for what Node puts off.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const before = processorTicks(reader.pid);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const used = processorTicks(reader.pid) - before;
  t.true(used <= TICKS_MAX, `${used} ticks`);
  t.deepEqual(
    threadNames(reader.pid).filter((name) => name.startsWith('iou-')),
    [],
  );
  t.is((await reader.stop()).code, 0);
});
