import type { CommandWords, Offer, OptionWords } from './command-words.js';
import { LIST_NAMESPACES, listDevices, quote } from './shell-text.js';

/** Completion for zsh, by its _arguments. */
export function zshScript(commands: readonly CommandWords[]): string {
  return `#compdef rtap
# rtap completion for zsh: put it as _rtap into a folder of $fpath
_rtap_devices() {
  local -a devices
  devices=(\${(f)"$(${listDevices('$where')})"})
  compadd -a devices
}
_rtap_namespaces() {
  local -a namespaces
  namespaces=(\${(f)"$(${LIST_NAMESPACES})"})
  compadd -a namespaces
}
_rtap_program() {
  _alternative 'commands:command:_command_names -e' 'files:file:_files'
}
_rtap() {
  # Not "commands", where zsh has the programs of the PATH.
  local -a subcommands
  subcommands=(
${commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`).join('\n')}
  )
  # --netns may come before the command.
  local -a where
  local place
  while [[ $words[2] == --netns ]] && (( CURRENT > 2 )); do
    if (( CURRENT == 3 )); then
      _rtap_namespaces
      return
    fi
    where=(--netns "$words[3]")
    words=("$words[1]" "\${(@)words[4,-1]}")
    (( CURRENT -= 2 ))
  done
  place=\${words[(i)--netns]}
  (( place + 1 < CURRENT )) && where=(--netns "$words[place+1]")
  if (( CURRENT == 2 )); then
    [[ $words[2] != -* ]] || compadd -- --help --version --netns
    _describe command subcommands
    return
  fi
  local command=$words[2] at
  shift words
  (( CURRENT -= 1 ))
  # The device may come as "dev NAME", "-i NAME" or "--iface NAME": it is the first word then.
  for (( at = 2; at < CURRENT; at++ )); do
    if [[ $words[at] == (-i|--iface) ]] || [[ $at == 2 && $words[at] == dev ]]; then
      if (( at + 1 == CURRENT )); then
        _rtap_devices
        return
      fi
      local -a kept
      kept=("$words[1]" "$words[at+1]")
      (( at > 2 )) && kept+=("\${(@)words[2,at-1]}")
      words=("\${(@)kept}" "\${(@)words[at+2,-1]}")
      (( CURRENT -= 1 ))
      break
    fi
  done
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}
if [[ $funcstack[1] == _rtap ]]; then _rtap "$@"; else compdef _rtap rtap; fi`;
}

function commandCase({ name, positionals, repeats, options }: CommandWords): string {
  const places = positionals.map((offer, index) => {
    const place = repeats && index === positionals.length - 1 ? '*' : String(index + 1);
    return quote(`${place}:${wordOf(offer)}:${actionOf(offer)}`);
  });
  // Without -S, -- is a word like others, and options follow it.
  const separation = positionals.some(({ kind }) => kind === 'program') ? '-S ' : '';
  return `    ${name}) _arguments ${separation}${[...places, ...options.flatMap(optionSpecs)].join(' ')} ;;`;
}

function optionSpecs({ names, description, offer, replacesDevice }: OptionWords): string[] {
  const value = offer === undefined ? '' : `:${wordOf(offer)}:${actionOf(offer)}`;
  const text = description.replace(/[[\]:\\]/g, '\\$&');
  // The loop above has moved -i away; what else stands for the device leaves no first word to offer.
  const excluded = replacesDevice === true && offer?.kind !== 'device' ? '(1)' : '';
  return names.map((name) => quote(`${excluded}${name}[${text}]${value}`));
}

function wordOf({ kind }: Offer): string {
  return kind === 'device' || kind === 'namespace' || kind === 'file' ? kind : 'value';
}

function actionOf(offer: Offer): string {
  switch (offer.kind) {
    case 'device':
      return '_rtap_devices';
    case 'namespace':
      return '_rtap_namespaces';
    case 'file':
      return '_files';
    case 'program':
      return '_rtap_program';
    case 'words':
      return `(${offer.words.join(' ')})`;
    case 'list':
      return `_values -s , value ${offer.words.join(' ')}`;
    case 'free':
      return ' ';
  }
}
