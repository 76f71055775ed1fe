import type { CommandWords, Offer } from './command-words.js';
import { LIST_NAMESPACES, listDevices, quote } from './shell-text.js';

/** What --netns names, as words of a command. */
const WHERE = `"\${where[@]}"`;

/** Completion for bash 4 or newer, without the bash-completion package. */
export function bashScript(commands: readonly CommandWords[]): string {
  return `# rtap completion for bash: source it, or put it into /etc/bash_completion.d
_rtap() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local options='' due='' more='' stands='' at position=0 prefix name last=$COMP_CWORD command separated=''
  local -a positionals=() words=("\${COMP_WORDS[@]}") where=()
  COMPREPLY=()
  # bash takes --iface=io0 for three words.
  if [ "$word" = = ]; then word=''
  elif [ "$previous" = = ]; then previous=\${words[last-2]}; fi
  # What --netns names, which may come before the command.
  for ((at = 1; at < last; at++)); do
    [ "\${words[at]}" = --netns ] || continue
    name=$((at + 1))
    [ "\${words[name]}" != = ] || name=$((name + 1))
    if [ "$at" -eq 1 ] && [ "$name" -ge "$last" ]; then
      _rtap_names "$word" < <(${LIST_NAMESPACES})
      return
    fi
    [ "$name" -ge "$last" ] || where=(--netns "\${words[name]}")
    [ "$at" -eq 1 ] || continue
    words=("\${words[0]}" "\${words[@]:name+1}")
    last=$((last - name))
    at=0
  done
  command=\${words[1]}
  if [ "$last" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')} --help --version --netns' -- "$word"))
    return
  fi
  case $command in
${commands.map(commandCase).join('\n')}
    *) return ;;
  esac
  # Behind -- stand the words of another program.
  for ((at = 2; at < last; at++)); do [ "\${words[at]}" != -- ] || separated=yes; done
  if [ -n "$separated" ]; then options=''; else _rtap_value "$command $previous"; fi
  if [ -z "$due" ] && [[ $word != -* ]]; then
    for ((at = 2; at < last; at++)); do
      name=\${words[at]}
      _rtap_value "$command $name"
      if [ -n "$due" ]; then
        # The device may come as an option, or something else instead of it.
        [ -z "$stands" ] || position=$((position + 1))
        at=$((at + 1))
        [ "\${words[at]}" != = ] || at=$((at + 1))
      elif [[ $name != -* ]] && ! { [ "$name" = dev ] && [ "$at" -eq 2 ]; }; then
        position=$((position + 1))
      fi
    done
    due=\${positionals[position]:-$more}
  fi
  case \${due%% *} in
    '') COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    words) COMPREPLY=($(compgen -W "\${due#* }" -- "$word")) ;;
    list)
      prefix=\${word%"\${word##*,}"}
      COMPREPLY=($(compgen -P "$prefix" -W "\${due#* }" -- "\${word##*,}")) ;;
    file)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    program)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -c -f -- "$word") ;;
    device) _rtap_names "$word" < <(${listDevices(WHERE)}) ;;
    namespace) _rtap_names "$word" < <(${LIST_NAMESPACES}) ;;
  esac
}
# The lines that begin with $1, quoted: bash inserts them as they are. Not by compgen -W, which would run what stands in a name.
_rtap_names() {
  local name quoted
  while read -r name; do
    printf -v quoted %q "$name"
    if [[ $name == "$1"* || $quoted == "$1"* ]]; then COMPREPLY+=("$quoted"); fi
  done
}
# What is due behind an option, and whether that is the device or instead of it: $1 is the command and the option.
_rtap_value() {
  due='' stands=''
  case $1 in
${commands.flatMap(valueCases).join('\n')}
  esac
}
complete -F _rtap rtap`;
}

function commandCase({ name, options, positionals, repeats }: CommandWords): string {
  const names = options.flatMap((option) => option.names).join(' ');
  const due = positionals.map((offer) => quote(dueText(offer)));
  const more = repeats ? ` more=${due.at(-1)}` : '';
  return `    ${name}) options='${names}' positionals=(${due.join(' ')})${more} ;;`;
}

function valueCases({ name, options }: CommandWords): string[] {
  return options.flatMap(({ names, offer, replacesDevice }) => {
    if (offer === undefined) return [];
    const patterns = names.map((option) => quote(`${name} ${option}`)).join('|');
    return [
      `    ${patterns}) due=${quote(dueText(offer))}${replacesDevice === true ? ' stands=yes' : ''} ;;`,
    ];
  });
}

function dueText(offer: Offer): string {
  return 'words' in offer ? `${offer.kind} ${offer.words.join(' ')}` : offer.kind;
}
