import type { CommandWords, OptionWords } from './command-words.js';

/** Shells that a script can be written for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** Prints the names of the devices, one a line. */
const LIST_DEVICES = "rtap list 2>/dev/null | awk 'NR > 1 { print $1 }'";

/** The script that teaches `shell` rtap's commands, devices and options. */
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

function bashScript(commands: readonly CommandWords[]): string {
  const cases = commands.map(
    (command) =>
      `    ${command.name}) options='${allNames(command).join(' ')}' device=${command.takesDevice ? 1 : 0} ;;`,
  );
  return `# rtap completion for bash: source it, or put it into /etc/bash_completion.d
_rtap() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} options device
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')} help --help --version' -- "$word"))
    return
  fi
  case $previous in
    ${fileOptions(commands).join('|')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
    *) return ;;
  esac
  if [ "$COMP_CWORD" -eq 2 ] && [ "$device" = 1 ] && [[ $word != -* ]]; then
    # Not by compgen -W, which would run what stands in a device's name.
    local name
    COMPREPLY=()
    while read -r name; do
      if [[ $name == "$word"* ]]; then COMPREPLY+=("$name"); fi
    done < <(${LIST_DEVICES})
    return
  fi
  COMPREPLY=($(compgen -W "$options" -- "$word"))
}
complete -F _rtap rtap`;
}

function zshScript(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`);
  const cases = commands.map((command) => {
    const device = command.takesDevice ? `'1:device:($(${LIST_DEVICES.replaceAll("'", "'\\''")}))' ` : '';
    return `    ${command.name}) _arguments ${device}${command.options.flatMap(zshOption).join(' ')} ;;`;
  });
  return `#compdef rtap
# rtap completion for zsh: put it as _rtap into a folder of $fpath
_rtap() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT -= 1 ))
  case $command in
${cases.join('\n')}
  esac
}
_rtap "$@"`;
}

function zshOption({ names, description, takesValue, takesFile }: OptionWords): string[] {
  const value = takesFile ? ':file:_files' : takesValue ? ':value:' : '';
  const text = description.replace(/[[\]:]/g, '\\$&');
  return names.map((name) => quote(`${name}[${text}]${value}`));
}

function fishScript(commands: readonly CommandWords[]): string {
  const lines = [
    '# rtap completion for fish: put it into ~/.config/fish/completions/rtap.fish',
    'complete -c rtap -f',
  ];
  for (const { name, summary } of commands) {
    lines.push(`complete -c rtap -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`);
  }
  const withDevice = commands.filter(({ takesDevice }) => takesDevice).map(({ name }) => name);
  lines.push(
    `complete -c rtap -n '__fish_seen_subcommand_from ${withDevice.join(' ')}' -a "(${LIST_DEVICES.replaceAll('$', '\\$')})"`,
  );
  for (const command of commands)
    lines.push(...command.options.map((option) => fishOption(command.name, option)));
  return lines.join('\n');
}

function fishOption(command: string, { names, description, takesValue, takesFile }: OptionWords): string {
  const words = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const value = takesFile ? ' -r -F' : takesValue ? ' -x' : '';
  return `complete -c rtap -n '__fish_seen_subcommand_from ${command}' ${words.join(' ')}${value} -d ${quote(description)}`;
}

function allNames({ options }: CommandWords): string[] {
  return options.flatMap(({ names }) => names);
}

function fileOptions(commands: readonly CommandWords[]): string[] {
  const names = commands.flatMap(({ options }) =>
    options.filter(({ takesFile }) => takesFile).flatMap(({ names }) => names),
  );
  return [...new Set(names)];
}

/** In single quotes, for each of the shells. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
