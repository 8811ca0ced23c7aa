// A document's text with a place in it, and the list of its passages.
import { bring } from './_scroll';

/** Brings what is marked into the middle. */
export function toMark(box: HTMLElement): void {
  bring(box, box.querySelector('mark'), 'center');
}

/** Brings the passage that is shown into its list. */
export function toPassage(list: HTMLElement): void {
  bring(list, list.querySelector('li.open'), 'center');
}
