import assert from 'node:assert/strict';
import { test } from 'node:test';
import { step, unsure } from '../src/_alternatives.ts';
import { lineNumbers } from '../src/_lines.ts';

test('arrows lead from token to token and stop at the ends', () => {
  assert.equal(step('ArrowRight', -1, 3), 0);
  assert.equal(step('ArrowRight', 2, 3), 2);
  assert.equal(step('ArrowLeft', 0, 3), 0);
  assert.equal(step('End', 0, 3), 2);
  assert.equal(step('Home', 2, 3), 0);
  assert.equal(step('a', 1, 3), null);
});

test('pages lead to what the model was unsure of, and stay where there is nothing', () => {
  const sure = [.9, .4, .99, .2];
  assert.equal(unsure(sure, -1, 1, .5), 1);
  assert.equal(unsure(sure, 1, 1, .5), 3);
  assert.equal(unsure(sure, 3, 1, .5), 3);
  assert.equal(unsure(sure, 3, -1, .5), 1);
});

test('each line has its number, the empty last one too', () => {
  assert.deepEqual(lineNumbers(''), [1]);
  assert.deepEqual(lineNumbers('a\n\nb\n'), [1, 2, 3, 4]);
});
