import { bashScript } from './bash-script.js';
import type { CommandWords } from './command-words.js';
import { fishScript } from './fish-script.js';
import { zshScript } from './zsh-script.js';

/** Shells that a script can be written for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** The script that teaches `shell` rtap's commands, devices, options and their values. */
export function completionScript(shell: Shell, commands: readonly CommandWords[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(commands);
    case 'zsh':
      return zshScript(commands);
    case 'fish':
      return fishScript(commands);
  }
}
