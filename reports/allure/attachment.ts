import { identityOf } from './identity.ts';

/** A file beside the results, and how Allure refers to it. */
export interface AttachmentFile {
  readonly name: string;
  readonly type: 'application/json' | 'text/plain' | 'text/yaml' | 'text/csv' | 'image/svg+xml';
  /** The file's name in the results folder. */
  readonly source: string;
  readonly content: string;
}

/** An attachment holds at most this much, in bytes, so that the report stays one file that a browser opens. */
export const attachmentLimitBytes = 64 * 1024;

/**
 * An attachment of this value: text as it is, anything else as JSON; what is too long is cut, and says so.
 * `owner` names the one place that refers to it: Allure shows a file at one place only, and "missed" at every other.
 */
export function attachmentOf(owner: string, name: string, value: unknown): AttachmentFile {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? String(value));
  const whole = Buffer.byteLength(text) <= attachmentLimitBytes;
  const json = typeof value !== 'string' && whole;
  const content = whole ? text : cut(text);
  const source = `${identityOf(owner, name)}-attachment.${json ? 'json' : 'txt'}`;
  return { name: whole ? name : `${name} (cut)`, type: json ? 'application/json' : 'text/plain', source, content };
}

const endings = {
  'application/json': 'json',
  'text/plain': 'txt',
  'text/yaml': 'yaml',
  'text/csv': 'csv',
  'image/svg+xml': 'svg',
} as const satisfies Record<AttachmentFile['type'], string>;

/** A file that is whole or of no use, as a picture or a table is; `owner` as above. */
export function wholeFile(owner: string, { name, type, content }: Omit<AttachmentFile, 'source'>): AttachmentFile {
  return { name, type, source: `${identityOf(owner, name)}-attachment.${endings[type]}`, content };
}

/** How a result or a step refers to a file. */
export function referenceTo({ name, type, source }: AttachmentFile): { name: string; type: string; source: string } {
  return { name, type, source };
}

/** The first bytes of a text up to the limit, whole characters only, with a note of what is missing. */
function cut(text: string): string {
  const bytes = Buffer.from(text);
  const note = `\n\n[cut here: the first ${attachmentLimitBytes} of ${bytes.length} bytes; the run record has all]`;
  const kept = new TextDecoder().decode(bytes.subarray(0, attachmentLimitBytes - Buffer.byteLength(note)), { stream: true });
  return kept + note;
}
