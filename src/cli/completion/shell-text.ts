/** Prints the names of the devices, one a line. */
export const LIST_DEVICES = "rtap list 2>/dev/null | awk 'NR > 1 { print $1 }'";

/** `text` in single quotes, for bash and zsh. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** `text` in single quotes, for fish, which takes a backslash for an escape there. */
export function quoteForFish(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
