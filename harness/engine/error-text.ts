/** An error in words, without its stack. Never throws, whatever was thrown. */
export function errorText(error: unknown): string {
  if (error instanceof Error) return error.message;
  try {
    return String(error);
  } catch {
    return 'an error without words';
  }
}
