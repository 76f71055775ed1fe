import type { Actor } from './actor.js';
import { namesOf, type Slot } from './slots.js';

/** Shows the device, or all. */
export async function look(actor: Actor, slot: Slot): Promise<void> {
  const { choice } = actor;
  const words = choice.pick([
    ['show', '--json'],
    ['show'],
    ['list', '--json'],
    ['stats', '--json'],
    ['stats', '--per-queue'],
    ['stats', '--extended', '--json'],
    ['stats', '--openmetrics'],
  ]);
  const [command = '', ...options] = words;
  if (command === 'list') await actor.run(words);
  else await actor.run(actor.words(command, slot, ...options));
}

/** Watches its rates for a moment. */
export async function watch(actor: Actor, slot: Slot): Promise<void> {
  const watching = actor.start(actor.words('stats', slot, '--watch=0.2', '--json'));
  await watching.said(/\n/);
  watching.signal('SIGINT');
  await actor.finish(watching, 'SIGINT');
}

export async function reset(actor: Actor, slot: Slot): Promise<void> {
  await actor.run(actor.words('stats', slot, '--reset'));
}

/** Changes a setting. A device that goes down comes up again. */
export async function change(actor: Actor, slot: Slot): Promise<void> {
  const { choice } = actor;
  const [command = '', ...values] = choice.pick([
    ['mtu', String(choice.whole(1000, 9000))],
    ['promisc', choice.pick(['on', 'off'])],
    ['offload', choice.pick(['csum', 'csum,tso', 'none'])],
    ['down'],
    ['up'],
  ]);
  await actor.run(actor.words(command, slot, ...values));
  if (command !== 'down') return;
  await actor.pause(0, 300);
  await actor.run(actor.words('up', slot));
}

/** Gives it its other name, by ip(8). */
export async function rename(actor: Actor, slot: Slot): Promise<void> {
  const place = actor.place(slot);
  const other = namesOf(slot).find((name) => name !== place.name)!;
  const words = ['link', 'set', place.name, 'name', other];
  if ((await actor.runBeside(slot, 'ip', words)).code === 0) actor.moveTo(slot, { ...place, name: other });
}

/** Moves it to the other network namespace, or back, by ip(8). */
export async function move(actor: Actor, slot: Slot): Promise<void> {
  const { name, away } = actor.place(slot);
  const pid = away ? process.pid : actor.awayPid;
  const { code } = await actor.runBeside(slot, 'ip', ['link', 'set', name, 'netns', String(pid)]);
  if (code !== 0) return;
  actor.moveTo(slot, { name, away: !away });
  await actor.run(actor.words('up', slot));
}

export async function collect(actor: Actor): Promise<void> {
  await actor.run(['gc', ...(actor.choice.chance(0.5) ? ['--dry-run'] : [])]);
}
