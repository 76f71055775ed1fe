import { fstatSync } from 'node:fs';

/** How the journal sorts a line. Source: sd-daemon(3), SD_ERR and the like. */
export const PRIORITIES = { fault: 3, warning: 4, note: 6 } as const;

export type Priority = keyof typeof PRIORITIES;

/** Whether a descriptor leads to the journal of systemd. Source: systemd.exec(5), JOURNAL_STREAM. */
export function leadsToJournal(fd: number): boolean {
  const stream = process.env.JOURNAL_STREAM;
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return stream === `${dev}:${ino}`;
}

/** Text with the mark of its priority before each line, which the journal takes away. */
export function withPriority(text: string, priority: Priority): string {
  return text.replace(/^(?=.)/gm, `<${PRIORITIES[priority]}>`);
}
