/** How a command ends; the numbers are part of the interface (docs/exit-codes.md). */
export const exitCode = {
  kept: 0,
  broken: 1,
  usage: 2,
  inconclusive: 3,
  provider: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** What a user is told when something cannot go on: what was expected, what was seen, what to do next. */
interface ProblemText {
  readonly expected: string;
  readonly saw: string;
  readonly next: string;
}

/**
 * A foreseen failure, reported as three sentences and an exit code, never as a stack trace.
 * Anything else that reaches the top of a command is a defect of this product.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly text: ProblemText;
  readonly code: ExitCode;

  constructor(code: ExitCode, text: ProblemText, cause?: unknown) {
    super(`${text.expected}; saw ${text.saw}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.text = text;
  }

  /** The message as it is printed. */
  format(): string {
    return `  Expected  ${indent(this.text.expected)}\n  Saw       ${indent(this.text.saw)}\n  Next      ${indent(this.text.next)}`;
  }
}

function indent(text: string): string {
  return text.trimEnd().replaceAll('\n', '\n            ');
}
