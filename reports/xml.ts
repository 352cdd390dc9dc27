/** An XML element with its attributes and children; a string child is text. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (XmlElement | string)[];
}

/** The document as text, two spaces a level; an element that holds text is kept on one line, so that the text is exact. */
export function xmlDocument(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xmlLines(root).join('\n')}\n`;
}

function xmlLines(element: XmlElement): string[] {
  const attributes = Object.entries(element.attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join('');
  const open = `<${element.name}${attributes}`;
  if (element.children.length === 0) return [`${open}/>`];
  if (element.children.every((child) => typeof child === 'string')) {
    return [`${open}>${element.children.map(escapeXmlText).join('')}</${element.name}>`];
  }
  const inner = element.children.flatMap((child) => (typeof child === 'string' ? [escapeXmlText(child)] : xmlLines(child)));
  return [`${open}>`, ...inner.map((line) => `  ${line}`), `</${element.name}>`];
}

/** Escapes an attribute's value; line breaks and tabs are kept as references, which a parser would turn to spaces otherwise. */
export function escapeXml(value: string): string {
  return escapeXmlText(value).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
}

/** Escapes text; what XML 1.0 cannot hold (control characters, lone surrogates) becomes U+FFFD. */
function escapeXmlText(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;');
}
