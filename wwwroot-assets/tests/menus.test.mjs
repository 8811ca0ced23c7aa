import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryAt } from '../src/_menus.ts';

test('arrows walk through a menu and around its ends', () => {
  assert.deepEqual(['ArrowDown', 'ArrowUp', 'Home', 'End'].map(key => entryAt(key, 1, 3)), [2, 0, 0, 2]);
  assert.deepEqual(['ArrowDown', 'ArrowUp'].map(key => entryAt(key, 2, 3)), [0, 1]);
  assert.equal(entryAt('ArrowUp', 0, 3), 2);
});

test('from the button the first arrow goes to the first entry, or to the last', () => {
  assert.deepEqual(['ArrowDown', 'ArrowUp'].map(key => entryAt(key, -1, 3)), [0, 2]);
});

test('other keys, and a menu without entries, go nowhere', () => {
  assert.equal(entryAt('a', 0, 3), null);
  assert.equal(entryAt('ArrowDown', -1, 0), null);
});
