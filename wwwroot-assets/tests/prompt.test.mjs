import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parts, pieceOf, retyped } from '../src/_marked.ts';
import { pieces, splice } from '../src/_splice.ts';

const apply = (text, { from, removed, inserted }) => text.slice(0, from) + inserted + text.slice(from + removed);

test('a change is the piece that changed, and makes the one text out of the other', () => {
  assert.deepEqual(splice('Answer in French.', 'Answer in German.'), { from: 10, removed: 6, inserted: 'German' });
  for (const [before, after] of [['', 'a'], ['a', ''], ['aaa', 'aaaa'], ['abcabc', 'abc'], ['one two', 'one three two'], ['x', 'y']]) {
    assert.equal(apply(before, splice(before, after)), after);
  }
});

test('the same text is no change', () => assert.equal(splice('a', 'a'), null));

test('a long insertion goes in pieces, one after the other', () => {
  const [before, after] = ['head tail', `head ${'x'.repeat(25)}tail`];
  const all = pieces(splice(before, after), 10);
  assert.equal(all.length, 3);
  assert.equal(all.reduce(apply, before), after);
});

test('a removal is one piece', () => assert.equal(pieces(splice('abc', 'ac'), 10).length, 1));

test('variables are marked, four braces are not', () => {
  assert.deepEqual(parts('In {{ language }}, {{{{not}} and {{x}}.').filter(part => part.isVariable).map(part => part.text), ['{{ language }}', '{{x}}']);
  assert.equal(parts('a {{b}} c').map(part => part.text).join(''), 'a {{b}} c');
  assert.deepEqual(parts('{{1x}} {{}} {{a b}}').filter(part => part.isVariable), []);
});

const lengths = line => parts(line).map(part => ({ length: part.text.length, isVariable: part.isVariable }));

test('what is typed beside variables changes one piece of its line, and no other', () => {
  for (const [before, after, place] of [
    ['Be {{tone}} to him.', 'Be {{tone}} to them.', 2], ['a {{b}} c', 'ax {{b}} c', 0], ['a {{b}} c', 'a {{b}}x c', 2], ['one two', 'one', 0], ['a { b', 'a { bc', 0], ['} a {', '} ab {', 0], ['{{a}}{{b}} c', '{{a}}{{b}} cd', 2],
  ]) {
    const change = retyped(before, after);
    const piece = pieceOf(lengths(before), change);
    assert.equal(piece.place, place, after);
    const pieces = parts(before).map(part => part.text);
    pieces[place] = apply(pieces[place], { ...change, from: change.from - piece.begin });
    assert.deepEqual(pieces, parts(after).map(part => part.text));
  }
});

test('what may make a variable another is drawn anew', () => {
  for (const [before, after] of [['a {{b}', 'a {{b}}'], ['', 'a'], ['a', ''], ['{{a}} b', 'a b'], ['Be {{tone}}.', 'Be {{tones}}.'], ['{{1}}', '{{x1}}'], ['{{  }}', '{{ a }}'], ['same', 'same']]) {
    assert.equal(retyped(before, after), null, after);
  }

  // No piece is there yet for the first, and the second takes a whole one away.
  for (const [before, after] of [['{{a}}', '{{a}}b'], ['x{{a}}', '{{a}}']]) {
    assert.equal(pieceOf(lengths(before), retyped(before, after)), null, after);
  }
});
