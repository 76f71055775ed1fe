/** Words that may stand in for the positional device name, as ip and tcpdump have them. */
const DEVICE_OPTIONS = ['-i', '--iface'];

/**
 * Brings the device to where it is expected: `rtap mtu dev io0 9000`, `rtap mtu -i io0 9000` and
 * `rtap mtu --iface=io0 9000` all become `rtap mtu io0 9000`. The other words keep their order.
 *
 * @param words what follows `rtap`
 */
export function normalizeDevice(words: readonly string[]): string[] {
  const command = words[0];
  if (command === undefined || command.startsWith('-')) return [...words];
  const rest = words.slice(1);
  const end = rest.indexOf('--');
  const searched = end < 0 ? rest : rest.slice(0, end);
  for (const [index, word] of searched.entries()) {
    const value = rest[index + 1];
    const joined = /^(?:--iface=|-i(?=.))(.*)$/s.exec(word);
    if (joined !== null) return [command, joined[1]!, ...without(rest, index, 1)];
    const named = DEVICE_OPTIONS.includes(word) || (word === 'dev' && index === 0);
    if (named && value !== undefined) return [command, value, ...without(rest, index, 2)];
  }
  return [...words];
}

function without(words: readonly string[], at: number, count: number): string[] {
  return [...words.slice(0, at), ...words.slice(at + count)];
}
