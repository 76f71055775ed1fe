/** Colours and weights of output; chalk has them. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  cyan(text: string): string;
  green(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
}

function same(text: string): string {
  return text;
}

/** Without colours, if the output is no terminal. chalk need not be loaded then. */
export const PLAIN: Style = { bold: same, dim: same, cyan: same, green: same, red: same, yellow: same };
