// What is pasted, on its way to .NET.
import { isTooLong } from '../_circuit';

/** The text where it may be a part of a flow; its beginning where it is anything else; how long it is where it is too long to be sent. */
export function pasted(text: string): { text: string } | { characters: number } {
  if (!/^\s*\{/.test(text)) {
    return { text: text.slice(0, 100) };
  }

  return isTooLong(text) ? { characters: text.length } : { text };
}
