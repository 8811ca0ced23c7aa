// Scrolling one box and nothing around it.

/** Brings an element of a box to its start or its middle; the page itself stays where it is. */
export function bring(box: HTMLElement, element: Element | null, to: 'start' | 'center'): void {
  if (element) {
    const [inner, outer] = [element.getBoundingClientRect(), box.getBoundingClientRect()];
    const space = to === 'center' ? (outer.height - inner.height) / 2 : 8;
    box.scrollTop += inner.top - outer.top - Math.max(space, 8);
  }
}
