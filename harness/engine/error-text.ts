/** An error in words, without a stack: its name where that says more than `Error`, its message, and its cause's. Never throws. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const name = error.name === 'Error' ? '' : `${error.name}: `;
  const cause = error.cause instanceof Error && !error.message.includes(error.cause.message) ? ` (${errorText(error.cause)})` : '';
  return `${name}${error.message}${cause}`;
}
