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

/** Where the focus was: the element, each place from it up to the page, and whether keys brought or used it. */
interface Stand {
  element: HTMLElement;
  places: Place[];
  isKeyed: boolean;
}

const isThere = (element: Element) => element.isConnected && !element.matches(':disabled');

/** What a person takes for the same element when it comes back: what it is, and what it is called. */
const nameOf = (element: Element) => `${element.tagName} ${element.getAttribute('aria-label') ?? element.getAttribute('name') ?? element.textContent!.trim()}`;

/** Where an element is waited for, among whatever is left of what it stood in. */
class Waited {
  private readonly name: string;
  private readonly others: Set<Element>;

  constructor(private readonly stand: Stand) {
    this.name = nameOf(stand.element);
    this.others = new Set(this.namesakes());
  }

  /** The element once it is there again, or the one that was drawn in its stead. */
  back(): HTMLElement | undefined {
    return this.namesakes().find(element => !this.others.has(element));
  }

  private namesakes(): HTMLElement[] {
    const scope = this.stand.places.find(place => place.parent.isConnected)?.parent;
    return ([...scope?.querySelectorAll(this.stand.element.tagName) ?? []] as HTMLElement[])
      .filter(element => nameOf(element) === this.name && element.matches(reachable) && element.checkVisibility({ visibilityProperty: true }));
  }
}

/**
 * Watches over the focus of keys on every page; another page and a pointer see to themselves, but for a dialog, which gives the focus back to what
 * opened it. An element that is switched off, or taken away and
 * drawn again while something is under way, has the focus back as soon as it is there, unless the person went elsewhere meanwhile.
 */
export function keepFocus(): void {
  let at: Stand | null = null;
  let besideDialogs: Stand | null = null;
  let waited: Waited | null = null;
  let isOurs = false;
  const give = (element: HTMLElement | undefined) => {
    isOurs = true;
    element?.focus();
    isOurs = false;
  };
  const near = ({ places }: Stand) => {
    const left = places.filter(place => place.parent.isConnected && place.parent.closest('main *'));
    // A card that went leaves its canvas, which has keys of its own.
    const canvas = left.find(place => place.parent.matches('.canvas'))?.parent as HTMLElement | undefined;
    if (canvas) {
      return canvas;
    }

    const first = (within: string) => left.filter(place => place.parent.closest(within)).map(nearest).find(found => found);
    const was = (within: string) => places.some(place => place.parent.closest(within));
    // Of an answer that is being made nothing else can be pressed than what ends it; a question that went leads to where the next is written.
    const stop = document.querySelector<HTMLElement>('[data-stop]');
    return first('article') ?? (was('article') ? stop : null) ?? first('[data-turn]') ?? (was('[data-turn]') ? stop ?? document.querySelector<HTMLElement>('.cbox > textarea') : null) ?? first('*');
  };

  document.addEventListener('focusin', event => {
    const element = event.target as HTMLElement;
    waited = isOurs ? waited : null;
    at = { element, places: placesOf(element), isKeyed: element.matches(':focus-visible') };
    besideDialogs = element.closest('dialog') ? besideDialogs : at;
  });
  document.addEventListener('pointerdown', () => [at, waited] = [null, null]);
  // Whoever types on has settled there; who stops what is under way has not.
  document.addEventListener('keydown', event => {
    waited = event.key === 'Escape' ? waited : null;
    if (at) {
      at.isKeyed = true;
    }
  }, true);
  new MutationObserver(changes => {
    const back = waited?.back();
    if (back) {
      waited = null;
      give(back);
      return;
    }

    if (!at || isThere(at.element)) {
      return;
    }

    const lost = at;
    at = null;
    if (document.activeElement !== document.body && document.activeElement !== lost.element) {
      return;
    }

    // A dialog that the page takes away, instead of closing it, gives nothing back.
    if (lost.element.closest('dialog') && !lost.element.isConnected) {
      give(besideDialogs && isThere(besideDialogs.element) ? besideDialogs.element : besideDialogs && lost.isKeyed ? near(besideDialogs) : undefined);
      return;
    }

    // What came in its stead may want it: a browser heeds that only while it loads the page.
    const wanting = changes.flatMap(change => [...change.addedNodes]).filter(node => node instanceof Element).map(node => node.matches('[autofocus]') ? node : node.querySelector('[autofocus]')).find(node => node !== null);
    if (wanting) {
      give(wanting as HTMLElement);
      return;
    }

    if (!lost.isKeyed) {
      return;
    }

    waited ??= new Waited(lost);
    give(near(lost));
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ['disabled'] });
}
