// Blocks of an answer that still grows: the server sends how much of the markup before stands, and what follows it.

const made = new WeakMap<Element, string>();

/** The markup after one more message of the form `{kept}:{what follows}`. */
export function grown(before: string, message: string): string {
  const colon = message.indexOf(':');
  return before.slice(0, Number(message.slice(0, colon))) + message.slice(colon + 1);
}

/**
 * Draws growing blocks below an element. Two messages may arrive in one task, and of an attribute only the last is left then: the one before
 * it is the old value that the later record carries, so none is lost.
 */
export function watchGrowing(root: HTMLElement): void {
  const watch = new MutationObserver(records => {
    const befores = new Map<Element, string[]>();
    for (const record of records) {
      if (record.type === 'attributes') {
        const block = record.target as Element;
        befores.set(block, [...(befores.get(block) ?? []), record.oldValue ?? '']);
      } else {
        for (const node of record.addedNodes) {
          if (node instanceof Element) {
            find(node).forEach(block => befores.has(block) || befores.set(block, []));
          }
        }
      }
    }

    befores.forEach((old, block) => draw(block, old));
  });
  watch.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-grows'], attributeOldValue: true });
  find(root).forEach(block => draw(block, []));
}

function find(root: Element): Element[] {
  return [...(root.matches('[data-grows]') ? [root] : []), ...root.querySelectorAll('[data-grows]')];
}

function draw(block: Element, befores: string[]): void {
  const last = block.getAttribute('data-grows');
  if (last === null) {
    return;
  }

  const known = made.get(block);
  const messages = [...(known === undefined ? befores : befores.slice(1)), last];
  if (known !== undefined && befores.length === 0) {
    return; // moved within the page, nothing new
  }

  const html = messages.reduce(grown, known ?? '');
  made.set(block, html);
  block.innerHTML = html; // made and sanitised by the server, as every other block
}
