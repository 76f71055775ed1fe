/** What went wrong with several devices of one command. The first decides the exit code. */
export class SeveralErrors extends Error {
  override readonly name = 'SeveralErrors';
  /** In the order in which they happened. At least one. */
  readonly errors: readonly unknown[];

  constructor(errors: readonly unknown[]) {
    super(errors.map((error) => (error instanceof Error ? error.message : String(error))).join('; '));
    this.errors = errors;
  }
}
