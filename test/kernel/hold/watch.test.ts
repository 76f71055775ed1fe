import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Descriptor } from '../../../src/sys/descriptor.js';
import { MessageMemory } from '../../../src/sys/message-memory.js';
import { networkNamespaceCookie } from '../../../src/sys/network-namespace.js';
import { Ownership } from '../../../src/sys/ownership.js';
import { listenUnix } from '../../../src/sys/unix-socket.js';
import { HolderListener } from '../../../src/tap/hold/holder-listener.js';
import { REPLY_BYTES_MAX } from '../../../src/tap/lease/holder-message.js';
import {
  encodeReply,
  type Greeting,
  type HolderReply,
  refusal,
} from '../../../src/tap/lease/holder-reply.js';
import { HOLDER_SOCKET } from '../../../src/tap/lease/holder-socket.js';
import { HolderWatch } from '../../../src/tap/lease/holder-watch.js';
import { commandOf } from '../../../src/tap/link/attached-processes.js';
import { openedSince, openFiles } from '../../open-files.js';
import { done } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

/** How often a folder changes: more often than HolderWatch waits for it to settle. */
const CHANGE_MS = 5;

function greeting(ifindex: number): Greeting {
  const holder = { pid: process.pid, command: 'scripted' };
  const facts = { device: 'any', queues: 4, leases: [], admitted: true };
  return { type: 'greeting', holder, ifindex, netns: networkNamespaceCookie(), ...facts };
}

/** Answers each connection with the next of `replies`, and with the last one from then on. undefined sends no answer. */
class ScriptedHolder implements Disposable {
  asked = 0;
  readonly #owned = new Ownership();

  constructor(folder: string, replies: readonly (HolderReply | undefined)[]) {
    const purpose = { action: 'listen', object: folder };
    const listening = this.#owned.own(listenUnix(join(folder, HOLDER_SOCKET), purpose));
    const memory = this.#owned.own(new MessageMemory(REPLY_BYTES_MAX));
    const serve = (user: Descriptor) => {
      const reply = replies[Math.min(this.asked++, replies.length - 1)];
      if (reply !== undefined) memory.send(user.fd, encodeReply(reply));
      user[Symbol.dispose]();
    };
    this.#owned.own(new HolderListener([listening], serve));
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}

async function makeDevice(name: string): Promise<{ readonly ifindex: number; readonly folder: string }> {
  await done('create', name, '--persist');
  const { ifindex } = ipLink(name);
  return { ifindex, folder: deviceFolder(workspace, ifindex) };
}

/** The process that listens, as the kernel names it: a greeting may name any. */
const LISTENER = commandOf(process.pid);

test.serial(
  'HolderWatch does not take a holder for gone when it is full, ends at once or sends nonsense',
  async (t) => {
    const { ifindex, folder } = await makeDevice('full0');
    const before = openFiles();
    const full = refusal('EAGAIN', 'its holder serves 320 users already');
    const holder = new ScriptedHolder(folder, [greeting(ifindex), full, undefined, { type: 'done' }]);
    const answers: (string | undefined)[] = [];
    const watch = new HolderWatch(ifindex, (answer) => answers.push(answer?.holder.command));
    await eventually(() => answers.length === 1, 'a greeting');
    for (let asked = 2; asked <= 5; asked++) {
      await eventually(() => {
        watch.refresh();
        return holder.asked >= asked;
      }, `question ${asked}`);
    }
    t.deepEqual(answers, [LISTENER]);
    holder[Symbol.dispose]();
    rmSync(join(folder, HOLDER_SOCKET));
    await eventually(() => answers.length > 1, 'its end');
    t.deepEqual(answers.slice(0, 2), [LISTENER, undefined]);
    watch[Symbol.dispose]();
    const left = openedSince(before).filter((file) => file.includes('socket') || file.includes('pidfd'));
    t.deepEqual(left, []);
  },
);

test.serial('HolderWatch looks although changes never cease', async (t) => {
  const { ifindex, folder } = await makeDevice('busy0');
  let changes = 0;
  const change = setInterval(() => writeFileSync(join(folder, 'change'), String(changes++)), CHANGE_MS);
  const answers: unknown[] = [];
  const watch = new HolderWatch(ifindex, (answer) => answers.push(answer));
  await eventually(() => {
    watch.refresh();
    return answers.length > 0;
  }, 'an answer');
  t.is(answers[0], undefined);
  using holder = new ScriptedHolder(folder, [greeting(ifindex)]);
  await eventually(() => {
    watch.refresh();
    return holder.asked > 1 && answers.at(-1) !== undefined;
  }, 'a greeting');
  clearInterval(change);
  watch[Symbol.dispose]();
});

test.serial('HolderWatch sees a holder in a folder that was removed and made anew', async (t) => {
  const { ifindex, folder } = await makeDevice('anew0');
  const answers: (string | undefined)[] = [];
  const watch = new HolderWatch(ifindex, (answer) => answers.push(answer?.holder.command));
  await eventually(() => answers.length > 0, 'an answer');
  rmSync(folder, { recursive: true });
  // Any command that counts frames makes the folder again.
  await done('stats', 'anew0', '--reset');
  watch.refresh();
  using _ = new ScriptedHolder(folder, [greeting(ifindex)]);
  await eventually(() => answers.at(-1) === LISTENER, 'a greeting');
  t.is(answers[0], undefined);
  watch[Symbol.dispose]();
});
