// Whoever works by keys goes on where they were: where the element under the focus leaves the page, what stands nearest to its place has it.
const reachable = 'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), summary, [tabindex]:not([tabindex="-1"])';

interface Place {
  parent: Element;
  index: number;
}

/** Places in the order in which they are nearest to one that was emptied: what moved up into it, what follows, what stands before. */
export function around(index: number, count: number): number[] {
  const places = [...Array(count).keys()];
  return [...places.slice(index), ...places.slice(0, index).reverse()];
}

function placesOf(element: Element): Place[] {
  const places: Place[] = [];
  for (let child = element; child.parentElement; child = child.parentElement) {
    places.push({ parent: child.parentElement, index: [...child.parentElement.children].indexOf(child) });
  }

  return places;
}

function nearest({ parent, index }: Place): HTMLElement | undefined {
  const children = [...parent.children];
  for (const place of around(Math.min(index, children.length), children.length)) {
    const child = children[place];
    const inside = [...(child.matches(reachable) ? [child] : []), ...child.querySelectorAll(reachable)] as HTMLElement[];
    const found = inside.filter(one => one.checkVisibility({ visibilityProperty: true }));
    if (found.length > 0) {
      return place < index ? found.at(-1) : found[0];
    }
  }

  return undefined;
}

/** Watches over the focus of keys on every page; another page and a pointer see to themselves. */
export function keepFocus(): void {
  let at: Element | null = null;
  let places: Place[] = [];
  let besideDialogs: HTMLElement | null = null;
  document.addEventListener('focusin', event => {
    const target = event.target as HTMLElement;
    besideDialogs = target.closest('dialog') ? besideDialogs : target;
    [at, places] = target.matches(':focus-visible') ? [target, placesOf(target)] : [null, []];
  });
  document.addEventListener('pointerdown', () => at = null);
  new MutationObserver(() => {
    if (!at || at.isConnected) {
      return;
    }

    const isOfDialog = at.closest('dialog') !== null;
    at = null;
    if (document.activeElement !== document.body) {
      return;
    }

    // A dialog that the page takes away, instead of closing it, gives nothing back.
    const next = isOfDialog ? besideDialogs : places.filter(place => place.parent.isConnected && place.parent.closest('main *')).map(nearest).find(found => found);
    next?.focus();
  }).observe(document.documentElement, { childList: true, subtree: true });
}
