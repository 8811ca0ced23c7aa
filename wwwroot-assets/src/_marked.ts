// The text of a field drawn below it, with its variables marked. Lines that did not change keep their elements, so that a key costs what its line costs.

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
