/** A mistake on the command line that whoever finds it can say more of than its message: `hint` is the second line. */
export class HintedError extends TypeError {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
