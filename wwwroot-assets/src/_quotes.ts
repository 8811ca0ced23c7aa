// Where a quote lies among the pieces of text of a page.

/** A stretch of one piece: characters `from` up to `to`. */
export interface Place {
  item: number;
  from: number;
  to: number;
}

const letters = /[\p{L}\p{N}]/u;

/**
 * Finds a quote in the pieces of a page. Only letters and digits are compared: spaces, line ends and hyphens differ between a page and the text
 * that was read from it. A quote that ends on the next page is found as far as it is here. Empty where the page does not have it.
 */
export function locate(pieces: string[], quote: string): Place[] {
  const at: { item: number; index: number }[] = [];
  let page = '';
  pieces.forEach((piece, item) => {
    for (const [index, letter] of comparable(piece)) {
      page += letter;
      at.push({ item, index });
    }
  });
  const wanted = [...comparable(quote)].map(([, letter]) => letter).join('');
  if (wanted.length === 0) {
    return [];
  }

  const [start, length] = longest(page, wanted);
  const places: Place[] = [];
  for (let i = start; i < start + length; i++) {
    const { item, index } = at[i];
    const last = places.at(-1);
    if (last?.item === item) {
      last.to = index + 1;
    } else {
      places.push({ item, from: index, to: index + 1 });
    }
  }

  return places;
}

// Letters and digits in their plainest form, each with the place of the character that it comes from.
function* comparable(text: string): Generator<[index: number, letter: string]> {
  let index = 0;
  for (const character of text) {
    for (const letter of character.normalize('NFKC').toLowerCase()) {
      if (letters.test(letter)) {
        for (const unit of letter.split('')) {
          yield [index, unit];
        }
      }
    }

    index += character.length;
  }
}

// All of the quote, or as much of its beginning (or end) as the page has at its end (or beginning).
function longest(page: string, wanted: string): [start: number, length: number] {
  const whole = page.indexOf(wanted);
  if (whole >= 0) {
    return [whole, wanted.length];
  }

  const least = Math.min(24, wanted.length);
  for (let length = Math.min(wanted.length, page.length); length >= least; length--) {
    if (page.endsWith(wanted.slice(0, length))) {
      return [page.length - length, length];
    }

    if (page.startsWith(wanted.slice(-length))) {
      return [0, length];
    }
  }

  // A table or a heading between its lines: the longest beginning that is there, if it says something.
  let [low, high] = [0, wanted.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (page.includes(wanted.slice(0, middle))) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }

  return low >= least ? [page.indexOf(wanted.slice(0, low)), low] : [0, 0];
}
