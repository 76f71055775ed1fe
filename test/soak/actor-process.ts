/** A process of the soak that gives commands at random. soak.ts starts it and tells it when to act. */
import { actOnce } from './actions.js';
import { Actor } from './actor.js';
import type { ActorOrder, ActorReport, ActorSettings } from './soak-message.js';

const settings = JSON.parse(process.argv[2] ?? '') as ActorSettings;
const tell = (report: ActorReport): void => void process.send?.(report);
const actor = new Actor(settings, tell);
let going = false;

async function act(): Promise<void> {
  while (going) await actOnce(actor);
  tell({ type: 'resting' });
}

function obey(order: ActorOrder): void {
  switch (order.type) {
    case 'go':
      actor.places.splice(0, order.places.length, ...order.places);
      going = true;
      void act().catch((error: unknown) => actor.fault(String(error)));
      break;
    case 'place':
      actor.places[order.slot] = order.place;
      break;
    case 'rest':
      going = false;
      break;
    case 'end':
      void actor.holdersEnded().then(() => process.disconnect?.());
      break;
  }
}

process.on('message', (order) => obey(order as ActorOrder));
// Either the actor has ended, or the soak was killed.
process.on('disconnect', () => process.exit());
