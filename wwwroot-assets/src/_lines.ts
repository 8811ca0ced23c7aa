/** Numbers of the lines of a text, from 1. */
export function lineNumbers(text: string): number[] {
  const numbers = [1];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    numbers.push(numbers.length + 1);
  }

  return numbers;
}
