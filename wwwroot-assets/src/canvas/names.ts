// What can be named between the braces of a template, by what was typed of it.

export interface TemplateName {
  Name: string;
  Type: string;
  From: string;
}

/**
 * Names that fit what stands before the caret inside of braces; null where it is not inside any.
 * @param bare True for a condition, which needs no braces.
 */
export function suggest(text: string, caret: number, names: TemplateName[], bare = false): { from: number; names: TemplateName[] } | null {
  const before = text.slice(0, caret);
  const open = Math.max(before.lastIndexOf('{{'), before.lastIndexOf('{%'));
  const shut = Math.max(before.lastIndexOf('}}'), before.lastIndexOf('%}'));
  if (!bare && (open < 0 || shut > open)) {
    return null;
  }

  const typed = /[\w.-]*$/.exec(before)![0];
  const wanted = typed.toLowerCase();
  if (bare && typed === '') {
    return null;
  }

  const seen = new Set<string>();
  const fitting = names.filter(one => one.Name.toLowerCase().includes(wanted) && one.Name !== typed && !seen.has(one.Name) && seen.add(one.Name));
  fitting.sort((a, b) => Number(b.Name.toLowerCase().startsWith(wanted)) - Number(a.Name.toLowerCase().startsWith(wanted)));
  return { from: caret - typed.length, names: fitting.slice(0, 8) };
}

/**
 * What is written for a name that was chosen: itself, and the braces that close a value that nothing closes yet, spaced as they were opened.
 * @param from Where what was typed of it begins.
 */
export function complete(text: string, caret: number, from: number, name: string): string {
  const opened = /\{\{(\s*)$/.exec(text.slice(0, from));
  const after = text.slice(caret);
  const shut = after.indexOf('}}');
  const next = after.indexOf('{{');
  return opened === null || (shut >= 0 && (next < 0 || shut < next)) ? name : `${name}${opened[1]}}}`;
}
