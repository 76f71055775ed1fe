import type { Actor } from './actor.js';
import { commandLine } from './rtap-processes.js';
import { namesOf, type Slot } from './slots.js';

/** Holds the device, in the background or as a child of the actor. */
export async function hold(actor: Actor, slot: Slot): Promise<void> {
  await startHolder(actor, actor.words('hold', slot));
}

/** Starts a holder that takes everything over. */
export async function takeOver(actor: Actor, slot: Slot): Promise<void> {
  await startHolder(actor, actor.words('hold', slot, '--take-over'));
}

async function startHolder(actor: Actor, words: readonly string[]): Promise<void> {
  if (actor.choice.chance(0.5)) {
    await actor.run([...words, '--detach']);
    return;
  }
  const holder = actor.start(words);
  await holder.said(/ready|rtap:/);
  actor.keep(holder);
}

/** Kills a successor at some moment, before or after it has taken everything over. */
export async function takeOverAndDie(actor: Actor, slot: Slot): Promise<void> {
  const successor = actor.start(actor.words('hold', slot, '--take-over'));
  await actor.pause(50, 700);
  successor.signal('SIGKILL');
  await actor.finish(successor, 'SIGKILL');
}

export async function release(actor: Actor, slot: Slot): Promise<void> {
  await actor.run(actor.words('release', slot));
}

/** Kills the holder of the device. A reader that attached by itself is no holder. */
export async function killHolder(actor: Actor, slot: Slot): Promise<void> {
  const { code, stdout } = await actor.run(actor.words('show', slot, '--json'));
  if (code !== 0) return;
  const { holder } = JSON.parse(stdout) as { holder: { pid: number } | null };
  if (holder === null || !isHolder(holder.pid)) return;
  actor.kill(holder.pid);
}

/** Returns whether a process is a holder, and not a `create` of a persistent device that is about to end. */
function isHolder(pid: number): boolean {
  return /rtap (hold|create) (?!.*--persist)/.test(commandLine(pid));
}

/** Makes the device: a persistent one, or one that vanishes with its holder. */
export async function create(actor: Actor, slot: Slot): Promise<void> {
  const { choice } = actor;
  const [name] = namesOf(slot);
  actor.moveTo(slot, { name, away: false });
  const words = ['create', name, '--up', '--queues', String(slot.queues)];
  if (choice.chance(0.3)) words.push('--mtu', String(choice.whole(1000, 9000)));
  if (choice.chance(0.3)) words.push('--exist-ok');
  if (choice.chance(0.5)) await actor.run([...words, '--persist']);
  else await startHolder(actor, words);
}

export async function remove(actor: Actor, slot: Slot): Promise<void> {
  await actor.run(actor.words('delete', slot, ...(actor.choice.chance(0.5) ? ['--missing-ok'] : [])));
}

/** Makes the device persistent, or not. */
export async function persist(actor: Actor, slot: Slot): Promise<void> {
  const wanted = slot.mortal && actor.choice.chance(0.5) ? 'off' : 'on';
  await actor.run(actor.words('persist', slot, wanted));
}
