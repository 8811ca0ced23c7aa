import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grown } from '../src/_growing.ts';

test('a growing block is made of what stands and what follows it', () => {
  const messages = ['0:<p>Rev</p>', '6:enue: 5</p>', '13:0</p>'];
  assert.equal(messages.reduce(grown, ''), '<p>Revenue: 50</p>');
});

test('words that hold colons and digits are words', () => assert.equal(grown('<p>', '3:12:30</p>'), '<p>12:30</p>'));

test('a message that keeps nothing begins anew', () => assert.equal(grown('<p>old</p>', '0:<ul></ul>'), '<ul></ul>'));
