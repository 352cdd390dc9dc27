import { oneLine } from './plain-text.ts';

/** Rows as comma-separated values (RFC 4180). */
export function csv(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

/** A spreadsheet takes a field that begins like a formula for one; what a cluster said must not be computed. */
function field(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const plain = oneLine(value);
  const shown = /^[=+\-@]/.test(plain) ? `'${plain}` : plain;
  return /[",]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}
