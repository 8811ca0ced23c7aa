import assert from 'node:assert/strict';
import { test } from 'node:test';
import { around } from '../src/_focus.ts';

test('what moved up into an emptied place is nearest to it, then what follows, then what stands before, from near to far', () => {
  assert.deepEqual(around(1, 4), [1, 2, 3, 0]);
  assert.deepEqual(around(2, 2), [1, 0]);
  assert.deepEqual(around(0, 0), []);
});
