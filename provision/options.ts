/** The guide's optional sections that a provider can install, in the guide's order; OPT-6 is a script, and always there. */
export const optionNames = ['opt-1', 'opt-3', 'opt-4', 'opt-7'] as const;
export type OptionName = (typeof optionNames)[number];

/** What each installs, for messages and helps. */
export const optionTitles: Readonly<Record<OptionName, string>> = {
  'opt-1': 'cert-manager',
  'opt-3': 'Velero',
  'opt-4': 'alerting rules',
  'opt-7': 'a dedicated worker',
};

/** The option that brings each capability that a lab has only with one. */
export const optionOfCapability: Readonly<Partial<Record<string, OptionName>>> = {
  'cert-manager': 'opt-1',
  velero: 'opt-3',
  'velero-plugin-for-aws': 'opt-3',
  'alerting-rules': 'opt-4',
  'dedicated-worker': 'opt-7',
};

/** A comma-separated list as options, each once and in the guide's order; or the first word that names none. */
export function parseOptions(text: string): { readonly options: OptionName[] } | { readonly unknown: string } {
  const words = text.split(',').map((word) => word.trim().toLowerCase());
  const unknown = words.find((word) => !optionNames.some((name) => name === word));
  return unknown === undefined ? { options: optionNames.filter((name) => words.includes(name)) } : { unknown };
}

/** Options in a sentence. */
export function optionsText(options: readonly OptionName[]): string {
  return options.length === 0 ? 'no options' : options.map((name) => `${name} (${optionTitles[name]})`).join(', ');
}
