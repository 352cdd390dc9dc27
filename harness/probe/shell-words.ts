/** A word that a POSIX shell takes as it is, whatever it holds. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A program for a shell that reads it as text: its positional parameters, then the program as it is. */
export function withArguments(program: string, words: readonly string[]): string {
  return `set -- ${words.map(quote).join(' ')}\n${program}`;
}

/** A command that runs a program of a shell with these positional parameters. */
export function shellCommand(program: string, words: readonly string[]): string[] {
  return ['sh', '-c', program, 'sh', ...words];
}
