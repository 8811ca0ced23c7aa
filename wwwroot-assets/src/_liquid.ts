// A Liquid template in pieces, for those that show it in colours.

export interface LiquidPart {
  text: string;
  kind: 'text' | 'value' | 'tag';
}

/** What stands between braces, and what stands around it. A brace that is never closed is text. */
export function liquidParts(text: string): LiquidPart[] {
  const parts: LiquidPart[] = [];
  let end = 0;
  for (const match of text.matchAll(/\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g)) {
    parts.push({ text: text.slice(end, match.index), kind: 'text' }, { text: match[0], kind: match[0].startsWith('{%') ? 'tag' : 'value' });
    end = match.index + match[0].length;
  }

  parts.push({ text: text.slice(end), kind: 'text' });
  return parts.filter(part => part.text !== '');
}
