import { lexer } from 'marked';

/** A heading of a Markdown document; headings in code blocks are none. */
export interface Heading {
  /** 1 to 6. */
  readonly level: number;
  readonly text: string;
}

/** The headings of a guide in its order. */
export function headingsOf(markdown: string): Heading[] {
  return lexer(markdown).flatMap((token) =>
    token.type === 'heading' ? [{ level: token['depth'] as number, text: (token['text'] as string).trim() }] : [],
  );
}
