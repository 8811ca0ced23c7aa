/** Where the keys of a text of tokens lead: the next place, or null where the key is no move. */
export function step(key: string, at: number, count: number): number | null {
  const last = count - 1;
  switch (key) {
    case 'ArrowRight': case 'ArrowDown': return Math.min(at + 1, last);
    case 'ArrowLeft': case 'ArrowUp': return Math.max(at - 1, 0);
    case 'Home': return 0;
    case 'End': return last;
    default: return null;
  }
}

/** The next place, in a direction, where the model was less sure than a limit; the place itself where there is none. */
export function unsure(sure: readonly number[], at: number, direction: 1 | -1, limit: number): number {
  for (let place = at + direction; place >= 0 && place < sure.length; place += direction) {
    if (sure[place]! < limit) {
      return place;
    }
  }

  return at;
}
