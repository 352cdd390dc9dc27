/** Names of JavaScript's own errors: where one of these ends a check, the reader must see that the code is wrong. */
const ownErrors = new Set(['TypeError', 'RangeError', 'SyntaxError', 'ReferenceError']);

/** An error in words, without its stack. Never throws, whatever was thrown. */
export function errorText(error: unknown): string {
  if (error instanceof Error) return ownErrors.has(error.name) ? `${error.name}: ${error.message}` : error.message;
  try {
    return String(error);
  } catch {
    return 'an error without words';
  }
}
