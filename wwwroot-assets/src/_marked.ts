// The text of a field drawn below it, with its variables marked. Lines that did not change keep their elements, and a line in which one piece
// changed keeps its own: the browser shapes again what was typed, not all of a long line.
import { splice, type Splice } from './_splice';

const mark = /\{\{\{\{|\{\{[ \t]*[\p{L}_][\p{L}\p{N}_-]{0,63}[ \t]*\}\}/gu;

/** A line in pieces: plain, and variables. Four braces are two braces and begin no variable. */
export function parts(line: string): { text: string; isVariable: boolean }[] {
  const found: { text: string; isVariable: boolean }[] = [];
  let end = 0;
  for (const match of line.matchAll(mark)) {
    if (match[0] !== '{{{{') {
      found.push({ text: line.slice(end, match.index), isVariable: false }, { text: match[0], isVariable: true });
      end = match.index + match[0].length;
    }
  }

  found.push({ text: line.slice(end), isVariable: false });
  return found.filter(part => part.text !== '');
}

/** True for a place of a line where a variable may stand: after an opening brace, before a closing one, and none between. */
const isInBraces = (line: string, at: number): boolean => {
  const head = line.slice(0, at);
  return head.lastIndexOf('{') > head.lastIndexOf('}') && /[{}]/.exec(line.slice(at))?.[0] === '}';
};

/** What became of a line where none of its variables became another, begins or ends by it; null where one may. */
export function retyped(before: string, after: string): Splice | null {
  const change = splice(before, after);
  return change === null || before === '' || after === '' || /[{}]/.test(before.slice(change.from, change.from + change.removed) + change.inserted) || isInBraces(after, change.from) ? null : change;
}

/** The piece of a line that a change lies in, by its place and where it begins; null where it lies in several, or in a variable. */
export function pieceOf(lengths: readonly { length: number; isVariable: boolean }[], change: Splice): { place: number; begin: number } | null {
  let begin = 0;
  for (const [place, { length, isVariable }] of lengths.entries()) {
    if (!isVariable && begin <= change.from && change.from + change.removed <= begin + length && length > change.removed) {
      return { place, begin };
    }

    begin += length;
  }

  return null;
}

/** Draws a text into an element; called again it changes only what is another. */
export class MarkedText {
  private lines: string[] = [];

  constructor(private readonly element: HTMLElement) {
    element.replaceChildren();
  }

  draw(text: string): void {
    const next = text.split('\n');
    const most = Math.min(next.length, this.lines.length);
    let from = 0;
    while (from < most && next[from] === this.lines[from]) {
      from++;
    }

    let end = 0;
    while (end < most - from && next[next.length - 1 - end] === this.lines[this.lines.length - 1 - end]) {
      end++;
    }

    const change = from === next.length - end - 1 && from === this.lines.length - end - 1 ? retyped(this.lines[from], next[from]) : null;
    const nodes = change ? [...this.element.children[from]!.childNodes] : [];
    const only = change && pieceOf(nodes.map(node => ({ length: node.textContent!.length, isVariable: !(node instanceof Text) })), change);
    if (only) {
      (nodes[only.place] as Text).replaceData(change.from - only.begin, change.removed, change.inserted);
      this.lines = next;
      return;
    }

    const after = this.element.children[this.lines.length - end] ?? null;
    for (let i = this.lines.length - end - 1; i >= from; i--) {
      this.element.children[i]!.remove();
    }

    for (const line of next.slice(from, next.length - end)) {
      this.element.insertBefore(this.line(line), after);
    }

    this.lines = next;
  }

  private line(text: string): HTMLElement {
    const line = document.createElement('div');
    for (const part of parts(text)) {
      if (part.isVariable) {
        const variable = document.createElement('mark');
        variable.textContent = part.text;
        line.append(variable);
      } else {
        line.append(part.text);
      }
    }

    if (text === '') {
      line.append('\u200b'); // an empty line is as high as any other
    }

    return line;
  }
}
