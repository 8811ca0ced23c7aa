// The text of a field drawn below it, with its variables marked. Lines that did not change keep their elements, and a line in which one piece
// changed keeps its own: the browser shapes again what was typed, not all of a long line.
import { splice } from './_splice';

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

/** The piece in which alone two lines differ, by its place, and what of it changed; null where more is another. */
export function retyped(before: string, after: string): { place: number; from: number; removed: number; inserted: string } | null {
  const [old, now] = [parts(before), parts(after)];
  if (old.length !== now.length) {
    return null;
  }

  const others = now.map((part, i) => part.text !== old[i].text || part.isVariable !== old[i].isVariable ? i : -1).filter(i => i >= 0);
  const change = others.length === 1 && now[others[0]].isVariable === old[others[0]].isVariable ? splice(old[others[0]].text, now[others[0]].text) : null;
  return change && { place: others[0], ...change };
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

    const only = from === next.length - end - 1 && from === this.lines.length - end - 1 ? retyped(this.lines[from], next[from]) : null;
    if (only) {
      const piece = this.element.children[from]!.childNodes[only.place]!;
      ((piece.firstChild ?? piece) as Text).replaceData(only.from, only.removed, only.inserted);
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
