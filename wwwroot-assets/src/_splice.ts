// What became of a text, as the one piece of it that changed.

export interface Splice {
  from: number;
  removed: number;
  inserted: string;
}

/** The shortest piece by which two texts differ; null where they are the same. */
export function splice(before: string, after: string): Splice | null {
  if (before === after) {
    return null;
  }

  const most = Math.min(before.length, after.length);
  let from = 0;
  while (from < most && before.charCodeAt(from) === after.charCodeAt(from)) {
    from++;
  }

  let end = 0;
  while (end < most - from && before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)) {
    end++;
  }

  return { from, removed: before.length - from - end, inserted: after.slice(from, after.length - end) };
}

/** The same in pieces of a length that a message may have; each is to be applied to what the ones before made. */
export function pieces(change: Splice, most: number): Splice[] {
  const all: Splice[] = [];
  for (let at = 0; at === 0 || at < change.inserted.length; at += most) {
    all.push({ from: change.from + at, removed: at === 0 ? change.removed : 0, inserted: change.inserted.slice(at, at + most) });
  }

  return all;
}
