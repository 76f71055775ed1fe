import { fileURLToPath } from 'node:url';
import type { Actor } from './actor.js';
import type { LaunchedProcess } from './launched-process.js';
import type { Slot } from './slots.js';
import { takenPackets } from './taken-packets.js';

const FRAME_SENDER = fileURLToPath(new URL('../peers/frame_sender.py', import.meta.url));
/** A frame of a type without a handler: the kernel counts it and answers nothing. */
const FRAME = `02000000000102000000000288b5${'00'.repeat(46)}`;
/** An address that is not the device's own, for the same reason. */
const TEMPLATE = ['--udp', '10.0.0.1:1000-10.0.0.2:2000', '--dst-mac', '02:00:00:00:00:09'];

/** Runs rx-dump and ends it in one of many ways. Adds up the frames that it printed. */
export async function dump(actor: Actor, slot: Slot): Promise<void> {
  const { choice } = actor;
  const words = ['--count', '--duration', `${choice.whole(20, 2500)}ms`];
  if (choice.chance(0.6)) words.push('-q', queueRange(actor, slot));
  if (choice.chance(0.25)) words.push('--share');
  if (choice.chance(0.25)) words.push('--backlog');
  if (choice.chance(0.1)) words.push('--busy-poll');
  const dumping = actor.start(actor.words('rx-dump', slot, ...words));
  const sent = await interfere(actor, slot, dumping);
  const { code, signal, stderr } = await actor.finish(dumping, sent);
  if (signal !== null) actor.note(slot, { killedReaders: 1 });
  else actor.note(slot, { taken: takenPackets(stderr) });
  if (code === 0 && !/^\d+ packets? captured$/m.test(stderr))
    actor.fault(`rx-dump counted nothing: ${stderr}`);
}

/** Leaves a reader alone, stops it for a while, interrupts or kills it. Returns the signal that may have ended it. */
async function interfere(
  actor: Actor,
  slot: Slot,
  dumping: LaunchedProcess,
): Promise<NodeJS.Signals | undefined> {
  const { choice } = actor;
  const manner = choice.pick(['none', 'none', 'pause', 'interrupt', 'kill']);
  if (manner === 'none') return undefined;
  // Before rx-dump listens, SIGINT ends it without a summary: what it had taken is unknown.
  if (slot.usersKilled) await actor.pause(50, 1500);
  else await dumping.said(/listening/);
  if (manner === 'pause') {
    dumping.signal('SIGSTOP');
    await actor.pause(10, 500);
    dumping.signal('SIGCONT');
    return undefined;
  }
  const signal = manner === 'kill' && slot.usersKilled ? 'SIGKILL' : 'SIGINT';
  dumping.signal(signal);
  return signal;
}

function queueRange({ choice }: Actor, { queues }: Slot): string {
  const first = choice.whole(0, queues - 1);
  const last = choice.whole(first, queues - 1);
  return first === last ? String(first) : `${first}-${last}`;
}

/** Runs tx-inject, and sometimes kills it. Adds up the frames that it printed as accepted. */
export async function inject(actor: Actor, slot: Slot): Promise<void> {
  const { choice } = actor;
  const count = choice.pick([1, 3, 40, 1000, 20_000]);
  const what = choice.chance(0.5) ? ['--hex', FRAME, '--count', String(count)] : template(actor, count);
  const queue = ['-q', String(choice.whole(0, slot.queues - 1))];
  const injecting = actor.start(actor.words('tx-inject', slot, ...queue, ...what, '--json'));
  let sent: NodeJS.Signals | undefined;
  if (slot.usersKilled && choice.chance(0.3)) {
    await actor.pause(50, 1000);
    sent = choice.pick(['SIGINT', 'SIGKILL']);
    injecting.signal(sent);
  }
  const { signal, stdout } = await actor.finish(injecting, sent);
  if (signal !== null) actor.note(slot, { killedSenders: 1, perhapsAccepted: count });
  else if (stdout !== '') actor.note(slot, ledgerOf(stdout));
}

function template({ choice }: Actor, count: number): string[] {
  const words = [...TEMPLATE, '--limit', String(count), '--size', String(choice.pick([64, 200, 1400]))];
  if (choice.chance(0.5)) words.push('--stamp');
  if (choice.chance(0.3)) words.push('--vary', 'src-port=1000..1063');
  if (choice.chance(0.3)) words.push('--rate', '5kpps', '--duration', '1s');
  return words;
}

function ledgerOf(json: string): { readonly accepted: number; readonly refused: number } {
  const { accepted, refused } = JSON.parse(json) as { accepted: number; refused: Record<string, number> };
  return { accepted, refused: Object.values(refused).reduce((sum, count) => sum + count, 0) };
}

/** Makes the kernel send frames out of the device, for readers to take. */
export async function transmit(actor: Actor, slot: Slot): Promise<void> {
  const { choice } = actor;
  const flows = choice.whole(1, 64);
  const [count, intervalUs] = choice.pick([
    [10, 200],
    [300, 0],
    [3000, 50],
    [3000, 200],
    [20_000, 0],
  ] as const);
  const words = [FRAME_SENDER, actor.place(slot).name, ...[flows, count, intervalUs].map(String)];
  const { code, stdout, stderr } = await actor.runBeside(slot, 'python3', words);
  if (code === 0) actor.note(slot, { attempts: Number(stdout) });
  else actor.fault(`frame_sender.py: ended with ${code}\n${stderr}`);
}
