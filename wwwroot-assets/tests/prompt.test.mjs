import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parts, retyped } from '../src/_marked.ts';
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

test('what is typed into one piece of a line is that piece alone, whatever stands around it', () => {
  assert.deepEqual(retyped('Be {{tone}} to him.', 'Be {{tone}} to them.'), { place: 2, from: 4, removed: 2, inserted: 'the' });
  assert.deepEqual(retyped('Be {{tone}}.', 'Be {{tones}}.'), { place: 1, from: 6, removed: 0, inserted: 's' });
  for (const [before, after] of [['a {{b}} c', 'ax {{b}} c'], ['{{a}}{{b}}', '{{a}}{{bc}}'], ['one two', 'one']]) {
    const change = retyped(before, after);
    const pieces = parts(before).map(part => part.text);
    pieces[change.place] = apply(pieces[change.place], change);
    assert.equal(pieces.join(''), after);
    assert.deepEqual(pieces, parts(after).map(part => part.text));
  }
});

test('a line whose pieces are others is drawn anew', () => {
  for (const [before, after] of [['a {{b}', 'a {{b}}'], ['', 'a'], ['a', ''], ['{{a}} b', 'a b'], ['x {{a}} y', 'z {{a}} w'], ['same', 'same']]) {
    assert.equal(retyped(before, after), null);
  }
});
