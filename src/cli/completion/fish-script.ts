import { NETNS_OPTION } from '../arguments/command-line.js';
import type { CommandWords, Offer, OptionWords } from './command-words.js';
import { LIST_NAMESPACES, listDevices, quoteForFish } from './shell-text.js';

const functionsFor = (
  commands: readonly CommandWords[],
) => `# The words before the cursor, without a --netns before the command.
function __rtap_words
  set -l words (commandline -opc)
  while test (count $words) -ge 2; and string match -q -- '--netns*' $words[2]
    if test $words[2] = --netns
      set -e words[2]
    end
    set -e words[2]
  end
  string join \\n -- $words
end
function __rtap_begins
  test (count (__rtap_words)) -eq 1
end
function __rtap_namespaces
  ${LIST_NAMESPACES}
end
function __rtap_devices
  set -l words (commandline -opc)
  set -l where
  for at in (seq (count $words))
    if test $at -lt (count $words); and test $words[$at] = --netns
      set where --netns $words[(math $at + 1)]
    else if string match -q -- '--netns=*' $words[$at]
      set where $words[$at]
    end
  end
  ${listDevices('$where')}
end
# Whether the command is $argv[1].
function __rtap_runs
  set -l words (__rtap_words)
  test (count $words) -ge 2; and test $words[2] = $argv[1]
end
# Whether it is, and $argv[2] positional words stand before the cursor, or as many or more (2+); the others are the options that take
# a value.
function __rtap_at
  __rtap_runs $argv[1]; or return 1
  set -l words (__rtap_words)
  set -l position 0
  set -l value 0
  for word in $words[3..]
    if test $value = 1
      set value 0
    else if contains -- $word $argv[3..]
      set value 1
      # The device may come as an option, or something else instead of it.
      contains -- "$argv[1] $word" ${commands.flatMap(replacements).join(' ')}; and set position (math $position + 1)
    else if not string match -q -- '-*' $word; and not test "$word" = dev -a $position = 0
      set position (math $position + 1)
    end
  end
  test $value = 0; or return 1
  test $position = $argv[2]; and return 0
  string match -q -- '*+' $argv[2]; and test $position -ge (string replace + '' -- $argv[2])
end
# The words, behind what is there of a list with commas.
function __rtap_list
  set -l begun (string replace -r '[^,]*$' '' -- (commandline -ct))
  for word in $argv
    echo $begun$word
  end
end`;

/** Completion for fish 3. */
export function fishScript(commands: readonly CommandWords[]): string {
  return [
    '# rtap completion for fish: put it into ~/.config/fish/completions/rtap.fish',
    functionsFor(commands),
    'complete -c rtap -f',
    `complete -c rtap -n __rtap_begins -l netns -x -a '(__rtap_namespaces)' -d ${quoteForFish(NETNS_OPTION[1])}`,
    ...commands.map(
      ({ name, summary }) => `complete -c rtap -n __rtap_begins -a ${name} -d ${quoteForFish(summary)}`,
    ),
    ...commands.flatMap((command) => [
      ...positionalLines(command),
      ...command.options.map(optionLine(command.name)),
    ]),
  ].join('\n');
}

function replacements({ name, options }: CommandWords): string[] {
  return options.flatMap(({ names, replacesDevice }) =>
    replacesDevice === true ? names.map((option) => quoteForFish(`${name} ${option}`)) : [],
  );
}

function positionalLines({ name, positionals, repeats, options }: CommandWords): string[] {
  const valued = options.flatMap(({ names, offer }) => (offer === undefined ? [] : names));
  return positionals.flatMap((offer, position) => {
    const place = repeats && position === positionals.length - 1 ? `${position}+` : position;
    const condition = quoteForFish(['__rtap_at', name, place, ...valued].join(' '));
    const files = offer.kind === 'program' ? ' -F' : '';
    if (offer.kind === 'file') return [`complete -c rtap -n ${condition} -F`];
    const words = wordsOf(offer);
    return words === undefined ? [] : [`complete -c rtap -n ${condition}${files} -a ${quoteForFish(words)}`];
  });
}

function optionLine(command: string): (option: OptionWords) => string {
  return ({ names, description, offer }) => {
    // A letter may be #, where a comment would begin.
    const words = names.map((name) =>
      name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${quoteForFish(name.slice(1))}`,
    );
    return `complete -c rtap -n '__rtap_runs ${command}' ${words.join(' ')}${valueText(offer)} -d ${quoteForFish(description)}`;
  };
}

function valueText(offer: Offer | undefined): string {
  if (offer === undefined) return '';
  if (offer.kind === 'file') return ' -r -F';
  const words = wordsOf(offer);
  return words === undefined ? ' -x' : ` -x -a ${quoteForFish(words)}`;
}

/** What fish expands to the words on offer; undefined where there are none. */
function wordsOf(offer: Offer): string | undefined {
  switch (offer.kind) {
    case 'device':
      return '(__rtap_devices)';
    case 'namespace':
      return '(__rtap_namespaces)';
    case 'program':
      return '(__fish_complete_command)';
    case 'words':
      return offer.words.join(' ');
    case 'list':
      return `(__rtap_list ${offer.words.join(' ')})`;
    case 'file':
    case 'free':
      return undefined;
  }
}
