/** Attribute to messages, as Rails prints a record's errors. */
export type Problems = Readonly<Record<string, readonly string[]>>;

/** A record that was not saved. */
export class RecordInvalid extends Error {
  override readonly name = 'RecordInvalid';
  readonly problems: Problems;

  constructor(problems: Problems) {
    super(`Validation failed: ${fullMessages(problems).join(', ')}`);
    this.problems = problems;
  }
}

/** "Name must be unique to this cluster", one for each problem. */
export function fullMessages(problems: Problems): string[] {
  return Object.entries(problems).flatMap(([attribute, messages]) =>
    messages.map((message) => (attribute === 'base' ? message : `${humanize(attribute)} ${message}`)),
  );
}

function humanize(attribute: string): string {
  const words = attribute.replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** Names of clusters, projects and services. */
export function nameProblems(name: string): Problems {
  const problems = [
    ...(name === '' ? ["can't be blank"] : []),
    ...(/^[a-z0-9-]+$/.test(name) ? [] : ['must be lowercase, numbers, and hyphens only']),
  ];
  return problems.length > 0 ? { name: problems } : {};
}
