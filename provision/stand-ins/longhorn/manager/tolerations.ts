/** A pod's toleration. */
export interface Toleration {
  readonly key: string;
  readonly operator: 'Equal' | 'Exists';
  readonly value?: string;
  readonly effect?: string;
}

/** Tolerations of the setting taint-toleration: `key=value:effect` or `key:effect`, separated by semicolons. */
export function tolerationsOf(setting: string): Toleration[] {
  return setting
    .split(';')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [pair = '', effect = ''] = entry.split(':');
      const [key = '', value] = pair.split('=');
      return {
        key,
        operator: value === undefined ? 'Exists' : 'Equal',
        ...(value !== undefined && { value }),
        ...(effect !== '' && { effect }),
      } as const;
    });
}
