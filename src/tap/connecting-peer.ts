import { readPeerCredentials, readPeerGroups } from '../sys/peer-credentials.js';
import { commandOf } from './attached-processes.js';
import type { NamedProcess } from './holder-reply.js';
import { type LendingRules, type Right, rightOf } from './lending-rights.js';

/** Who has connected by the socket `fd`, and what he may. */
export function identifyPeer(
  fd: number,
  rules: LendingRules,
): { readonly user: NamedProcess; readonly right: Right } {
  const { pid, uid, gid } = readPeerCredentials(fd, { action: 'identify', object: 'user' });
  // Asked for where it decides only: it may be a long list.
  const groups = rules.group === undefined && rules.deviceGroup === undefined ? [] : readPeerGroups(fd);
  const right = rightOf({ uid, gid, groups }, rules);
  return { user: { pid, command: right === 'nothing' ? '?' : commandOf(pid) }, right };
}
