/** What stands where a secret stood. */
const removed = '[redacted]';

/** Names whose values are secrets, as keys of JSON, YAML, environments and headers. */
const secretName = String.raw`(?:[\w-]*(?:password|passwd|api[_-]?key|client-key-data|private[_-]?key|secret[_-]?key(?:_base)?|access[_-]?token|admin[_-]?token)|authorization|x-api-key|token|bearerToken)`;

const rules: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, removed],
  // JSON Web Tokens, as service accounts have them (RFC 7519).
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, removed],
  [/\b(bearer|basic)\s+(?!\[redacted\])[\w.~+/=-]{8,}/gi, `$1 ${removed}`],
  [/(\w+:\/\/[^\s:/@]+):[^\s@/]+@/g, `$1:${removed}@`],
  // "password": "x", password: x, PASSWORD=x; not a sentence such as `token: none was given`.
  [new RegExp(String.raw`("${secretName}"\s*:\s*)"(?:[^"\\]|\\.)*"`, 'gi'), `$1"${removed}"`],
  [new RegExp(String.raw`(^|[\s{,;&?])(${secretName}\s*[:=]\s*)(?!"|'|\[redacted\]|bearer |basic )[^\s,;&]{6,}`, 'gim'), `$1$2${removed}`],
  [new RegExp(String.raw`(^|[\s{,;&?])(${secretName}\s*[:=]\s*)(["'])[^"'\n]+\3`, 'gim'), `$1$2${removed}`],
];

/** A text without the secrets in it. A text without secrets is returned as it is. */
export function redact(text: string): string {
  return rules.reduce((before, [pattern, instead]) => before.replaceAll(pattern, instead), text);
}

const isSecretName = new RegExp(`^${secretName}$`, 'i');

/** A value of JSON without the secrets in it: strings anywhere, values of fields that are named as secrets, and the data of Secret objects. */
export function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map(redactValue);
  if (typeof value !== 'object' || value === null) return value;
  const isSecret = (value as { kind?: unknown }).kind === 'Secret';
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, isHidden(key, each, isSecret) ? removed : redactValue(each)]));
}

function isHidden(key: string, value: unknown, isSecret: boolean): boolean {
  if (isSecret && (key === 'data' || key === 'stringData')) return true;
  return typeof value === 'string' && isSecretName.test(key);
}
