/** The entries of a hosts file (hosts(5)) as `name=address`, without those of the loopback interface. */
export function hostEntries(text: string): string[] {
  const lines = text.split('\n').map((line) => (line.split('#')[0] ?? '').trim().split(/\s+/));
  return lines
    .filter(([address = '']) => address !== '' && !address.startsWith('127.') && !address.includes(':'))
    .flatMap(([address, ...names]) => names.map((name) => `${name}=${address}`));
}
