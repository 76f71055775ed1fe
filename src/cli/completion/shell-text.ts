/** Prints the names of the devices, one a line, of the network namespace that the words of `where` name, if any. */
export function listDevices(where: string): string {
  return `rtap list ${where} 2>/dev/null | awk 'NR > 1 { print $1 }'`;
}

/** Prints the names of the network namespaces that have one, one a line. */
export const LIST_NAMESPACES = "ip netns list 2>/dev/null | awk '{ print $1 }'";

/** `text` in single quotes, for bash and zsh. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** `text` in single quotes, for fish, which takes a backslash for an escape there. */
export function quoteForFish(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
